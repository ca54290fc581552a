// Runs every test, or those of the paths given: npm test -- packages/codec
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { environment, root } from './environment.js'

/** Files of one folder share a process: what they load takes longer than most of them. */
const MOST_IN_A_BATCH = 12
/** Those that start processes themselves gain nothing by it, and take longest: they come first, each in its own. */
const WHOLE = join(root, 'test')

const folder = mkdtempSync(join(tmpdir(), 'countersign-test-'))
const counts = join(folder, 'counts')
const paths = process.argv.slice(2)
const batches = batchesOf((paths.length > 0 ? paths : ['test', 'packages']).flatMap(testFiles)).map(writeBatch)
// Some processes load the same modules: what one has compiled serves the others, as it serves the command line.
const NODE_COMPILE_CACHE = join(root, 'node_modules', '.cache', 'countersign')
const { status } = spawnSync(
  'node',
  [
    '--test',
    `--test-concurrency=${Math.max(2, availableParallelism())}`,
    '--test-timeout=900000',
    `--test-global-setup=${fileURLToPath(new URL('../test/before-all.ts', import.meta.url))}`,
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    `--test-reporter=${fileURLToPath(new URL('count-reporter.js', import.meta.url))}`,
    `--test-reporter-destination=${counts}`,
    ...batches.map(({ file }) => file),
  ],
  {
    cwd: root,
    env: { ...environment, NODE_COMPILE_CACHE, TEST_RUN_FOLDER: folder },
    stdio: 'inherit',
    shell: process.platform === 'win32',
  },
)

const cutOff = batches.filter(({ mark }) => existsSync(mark))
for (const { mark } of cutOff)
  console.error(`A process ended, or was ended, in the midst of ${readFileSync(mark, 'utf8')}`)
try {
  console.log(readFileSync(counts, 'utf8').trim())
} catch {
  console.error('The tests did not run to their end.')
}
rmSync(folder, { recursive: true })
process.exit(status || (cutOff.length > 0 ? 1 : 0))

/**
 * The test files at a path, absolute.
 * @param {string} path
 * @returns {string[]}
 */
function testFiles(path) {
  const place = resolve(root, path)
  if (path.endsWith('.ts')) return [place]
  return readdirSync(place, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(place, name))
    .sort()
}

/**
 * What shares a process.
 * @param {readonly string[]} files
 */
function batchesOf(files) {
  return [...Map.groupBy(files, dirname).values()].flatMap((inFolder) => {
    const isAlone = inFolder[0]?.startsWith(WHOLE)
    const count = Math.ceil(inFolder.length / (isAlone ? 1 : MOST_IN_A_BATCH))
    return Array.from({ length: count }, (_, index) => inFolder.filter((_file, at) => at % count === index))
  })
}

/**
 * The file that the runner is given for a batch, and its mark.
 * @param {readonly string[]} files
 * @param {number} index
 */
function writeBatch(files, index) {
  const batch = join(folder, `${String(index).padStart(3, '0')}.test.mjs`)
  const mark = `${batch}.mark`
  const module = new URL('test-batch.js', import.meta.url).href
  const given = JSON.stringify({ root, mark })
  writeFileSync(batch, `import { runBatch } from '${module}'\nrunBatch(${JSON.stringify(files)}, ${given})\n`)
  return { file: batch, mark }
}
