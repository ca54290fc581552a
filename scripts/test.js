// Runs every test, or those of the paths given: npm test -- packages/codec
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { environment, root } from './environment.js'

const paths = process.argv.slice(2)
const globs = (paths.length > 0 ? paths : ['packages', 'test']).map((path) =>
  path.endsWith('.ts') ? path : `${path.replace(/\/$/, '')}/**/*.test.ts`,
)

const folder = mkdtempSync(join(tmpdir(), 'countersign-test-'))
const counts = join(folder, 'counts')
// Some hundred processes load the same modules: what one has compiled serves the others, as it serves the command line.
const NODE_COMPILE_CACHE = join(root, 'node_modules', '.cache', 'countersign')
const { status } = spawnSync(
  'node',
  [
    '--test',
    `--test-concurrency=${Math.max(2, availableParallelism())}`,
    '--test-timeout=240000',
    `--test-global-setup=${fileURLToPath(new URL('../test/postgres-for-all.ts', import.meta.url))}`,
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    `--test-reporter=${fileURLToPath(new URL('count-reporter.js', import.meta.url))}`,
    `--test-reporter-destination=${counts}`,
    ...globs,
  ],
  { cwd: root, env: { ...environment, NODE_COMPILE_CACHE }, stdio: 'inherit', shell: process.platform === 'win32' },
)

try {
  console.log(readFileSync(counts, 'utf8').trim())
} catch {
  console.error('The tests did not run to their end.')
}
rmSync(folder, { recursive: true })
process.exit(status ?? 1)
