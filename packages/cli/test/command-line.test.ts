/** The command line as people use it: as a process, by what it prints and by its exit status. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { SETTINGS } from '@countersign/server/settings'

const MAIN = fileURLToPath(new URL('../src/main.js', import.meta.url))

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'countersign-cli-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

function countersign(args: readonly string[], env: Readonly<Record<string, string>> = {}, cwd = tmpdir()) {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('COUNTERSIGN_')))
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: 'utf8',
    cwd,
    env: { ...clean, ...env },
    timeout: 20_000,
  })
  return { status, stdout, stderr }
}

test('an older Node is told which one is needed, and where it is', (t: TestContext) => {
  const older = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.20.2' } })"
  const { status, stderr } = countersign(['--version'], {
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(older)}`,
  })
  t.assert.equal(status, 1)
  t.assert.match(stderr, /^countersign needs Node 24, and this is 20\.20\.2\. .*PATH=\S+node_modules\S\.bin:\$PATH /)
})

test('--version says the version, and --help the commands', (t: TestContext) => {
  t.assert.match(countersign(['--version']).stdout, /^\d+\.\d+\.\d+\n$/)
  const { stdout, status } = countersign(['--help'])
  t.assert.equal(status, 0)
  for (const command of ['serve', 'quickstart', 'audit', 'trust', 'client-cert', 'verify'])
    t.assert.match(stdout, new RegExp(`^ {2}${command}\\b`, 'm'))
})

test('serve has a flag for each variable, and only the file flag for a secret', (t: TestContext) => {
  const { stdout } = countersign(['serve', '--help'])
  for (const { name, isSecret } of SETTINGS) {
    const flag = `--${name.toLowerCase().replaceAll('_', '-')}`
    t.assert.equal(new RegExp(`${flag}(?!-)\\b`).test(stdout), !isSecret, flag)
    t.assert.equal(stdout.includes(`${flag}-file`), isSecret, flag)
  }
})

test('every fault of the configuration is named at once, without a stack', (t: TestContext) => {
  const { status, stderr } = countersign(['serve', '--port', 'abc', '--c2pa-strict', 'perhaps'], {
    COUNTERSIGN_DOMAIN: 'not a name',
    COUNTERSIGN_MASTER_KEY: 'short',
  })
  t.assert.equal(status, 1)
  for (const named of ['--port is "abc"', '--c2pa-strict is "perhaps"', 'COUNTERSIGN_DOMAIN', 'COUNTERSIGN_MASTER_KEY'])
    t.assert.ok(stderr.includes(named), `${named} in\n${stderr}`)
  t.assert.doesNotMatch(stderr, /\bat .*\.ts:\d/)
})

test('an unknown command or flag points to the help', (t: TestContext) => {
  for (const args of [['serv'], ['serve', '--prot', '1'], ['serve', '--master-key', 'x']]) {
    const { status, stderr } = countersign(args)
    t.assert.equal(status, 1)
    t.assert.match(stderr, /--help/)
  }
})

test('a database that can not be opened is a sentence', (t: TestContext) => {
  const data = folder(t)
  writeFileSync(join(data, 'countersign.db'), 'this is no database, and long enough to be seen as none'.repeat(100))
  const { status, stderr } = countersign(['audit', 'verify', '--data', data])
  t.assert.equal(status, 1)
  t.assert.match(stderr, /^The database in .* can't be opened: /)
})

test('quickstart remove deletes the folder for good, and says so', (t: TestContext) => {
  const data = folder(t)
  mkdirSync(join(data, 'quickstart'))
  writeFileSync(join(data, 'quickstart', 'key.pem'), 'secret')
  const first = countersign(['quickstart', 'remove', '--data', data])
  t.assert.equal(first.status, 0)
  t.assert.match(first.stdout, /^Deleted .*quickstart/)
  t.assert.equal(existsSync(join(data, 'quickstart')), false)
  for (const gone of [data, join(data, 'nowhere')]) {
    const { status, stderr } = countersign(['quickstart', 'remove'], { COUNTERSIGN_DATA: gone })
    t.assert.equal(status, 1)
    t.assert.equal(stderr, `There is no ${join(gone, 'quickstart')}: nothing was deleted.\n`)
  }
})

test('where there is no platform nothing is checked, listed or made', (t: TestContext) => {
  const empty = folder(t)
  const hollow = folder(t)
  writeFileSync(join(hollow, 'countersign.db'), '')
  for (const data of [empty, hollow, join(empty, 'nowhere')])
    for (const command of [
      ['audit', 'verify'],
      ['trust', 'list'],
    ]) {
      const { status, stdout, stderr } = countersign([...command, '--data', data])
      t.assert.equal(status, 1)
      t.assert.equal(stdout, '')
      t.assert.equal(stderr, `There is no platform in ${data}: name its data folder by --data or COUNTERSIGN_DATA.\n`)
    }
  t.assert.deepEqual(readdirSync(empty), [])
  t.assert.deepEqual(readdirSync(hollow), ['countersign.db'])
})

test('what is mistyped points to the help of its command, and no help is wider than a terminal', (t: TestContext) => {
  for (const [args, words] of [
    [['client-cert', 'rotate', '--grace', '5'], 'countersign client-cert rotate'],
    [['trust', 'add', 'x.pem'], 'countersign trust add'],
    [['verify'], 'countersign verify'],
  ] as const)
    t.assert.ok(countersign(args).stderr.endsWith(`\n(${words} --help says what there is)\n`), words)
  for (const args of [[], ['client-cert'], ['credential'], ['trust'], ['sign'], ['verify'], ['serve']]) {
    const { stdout } = countersign([...args, '--help'])
    const options = stdout.split('\n').filter((line) => line.startsWith('  ') && !line.startsWith('  countersign '))
    t.assert.deepEqual(
      options.filter((line) => line.length > 80),
      [],
      args.join(' '),
    )
  }
})
