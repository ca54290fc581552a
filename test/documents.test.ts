/** What our documents say is true: their shell lines work, in their order, and their links lead somewhere. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, normalize } from 'node:path'
import { type TestContext, test } from 'node:test'
import { missing, run } from './command.ts'
import { type Platform, startPlatform } from './platform.ts'
import { ROOT, readText, repositoryFiles } from './repository.ts'

const documents = repositoryFiles().filter((path) => path.endsWith('.md') && !path.startsWith('test/vectors/'))

/** Lines that other tests run: that would be this test again, or take as long as all of them. */
const ELSEWHERE = /^(npm start|npm test( -- \S+)?|npm run (check|bench).*)$/

/** The lines of every block marked as shell. */
function shellOf(path: string): string {
  const blocks = [...readText(path).matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, lines = '']) => lines)
  return blocks
    .join('\n')
    .split('\n')
    .filter((line) => !ELSEWHERE.test(line))
    .join('\n')
    .trim()
}

/** A folder as the reader's: the repository, with the data folder of a platform in it. */
function readersFolder(platform: Platform): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-documents-'))
  for (const name of readdirSync(ROOT)) {
    if (name !== 'data' && name !== '.git') symlinkSync(join(ROOT, name), join(folder, name))
  }
  symlinkSync(platform.data, join(folder, 'data'))
  return folder
}

/** A folder with an npx that does what npm's does here, in a hundredth of its time. README.md shows that npm's does it. */
function ownNpx(folder: string): string {
  const bin = join(folder, '.npx')
  mkdirSync(bin)
  writeFileSync(join(bin, 'npx'), '#!/bin/sh\nexec "$@"\n', { mode: 0o755 })
  return bin
}

for (const path of documents.filter((document) => shellOf(document) !== '')) {
  test(`the lines of ${path} work`, { skip: missing('curl') }, async (t: TestContext) => {
    const platform = await startPlatform()
    const folder = readersFolder(platform)
    t.after(async () => {
      await platform.remove()
      rmSync(folder, { recursive: true, force: true })
    })
    const lines = shellOf(path)
      .replaceAll('8443', new URL(platform.account.base_url).port)
      .replaceAll('8080', new URL(platform.account.pki_url).port)
    const available = lines.split('\n').filter((line) => !(line.startsWith('sqlite3 ') && missing('sqlite3')))
    const paths = [...(path === 'README.md' ? [] : [ownNpx(folder)]), join(ROOT, 'node_modules', '.bin')]
    const env = { ...process.env, PATH: [...paths, process.env.PATH].join(delimiter) }
    const { status, stdout, stderr } = await run('sh', ['-e', '-c', available.join('\n')], { cwd: folder, env })
    t.assert.equal(status, 0, `${stdout}\n${stderr}`)
    if (path === 'README.md') {
      t.assert.match(stdout, /^Countersign +Trusted, signed by /m)
      t.assert.match(stdout, /^c2pa-rs +Trusted, signed by /m)
      t.assert.match(stdout, /^Trusted$/m)
    }
  })
}

test('every link between our documents leads to a file', (t: TestContext) => {
  const dead = documents.flatMap((path) =>
    [...readText(path).matchAll(/\]\(([^)#\s]+)(#[^)]*)?\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !/^(https?|mailto):/.test(target))
      .filter((target) => !existsSync(join(ROOT, normalize(join(dirname(path), target)))))
      .map((target) => `${path} links to ${target}, which is not there`),
  )
  t.assert.deepEqual(dead, [])
})

test('what our JavaScript examples import is there', async (t: TestContext) => {
  for (const path of documents) {
    for (const [, names = '', from = ''] of readText(path).matchAll(
      /^import \{ ([^}]+) \} from '(@countersign\/\w+)'$/gm,
    )) {
      const exported = Object.keys(await import(from))
      const absent = names.split(', ').filter((name) => !exported.includes(name))
      t.assert.deepEqual(absent, [], `${path} imports what ${from} does not have`)
    }
  }
})

test('the settings in operating.md are those that there are', async (t: TestContext) => {
  const { SETTINGS } = await import('../packages/server/src/config.ts')
  const text = readText('docs/operating.md')
  const there = SETTINGS.map(({ name }) => `COUNTERSIGN_${name}`)
  const named = new Set(text.match(/COUNTERSIGN_[A-Z0-9_]+/g)?.map((name) => name.replace(/_FILE$/, '')))
  t.assert.deepEqual([...named].sort(), there.sort())
})

test('every dependency has its row in dependencies.md', (t: TestContext) => {
  const text = readText('docs/dependencies.md')
  const manifests = repositoryFiles().filter((path) => /(^|\/)package\.json$/.test(path))
  const names = manifests.flatMap((path) => {
    const { dependencies, devDependencies, optionalDependencies } = JSON.parse(readText(path))
    return Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies })
  })
  const absent = [...new Set(names)].filter(
    (name) => !name.startsWith('@countersign/') && !text.includes(`\`${name}\``),
  )
  t.assert.deepEqual(absent, [])
})
