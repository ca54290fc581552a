/** Starting: the first time, again, in several processes, and when something is wrong. */
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createLog, type RunningServer, startServer } from '../src/index.ts'
import { readConfig, StartError } from '../src/settings.ts'
import { FREE_PORTS, spawnServe, until } from './serve-process.ts'
import { temporaryFolder } from './test-world.ts'

const FILES = ['account.json', 'cert.pem', 'chain.pem', 'client.p12', 'key.pem', 'signing-chain.pem']

function configOf(dataFolder: string, env: Readonly<Record<string, string>> = {}) {
  return readConfig({ env: { COUNTERSIGN_DATA: dataFolder, ...FREE_PORTS, ...env } })
}

async function start(dataFolder: string, env: Readonly<Record<string, string>> = {}): Promise<RunningServer> {
  return startServer(configOf(dataFolder, env), { log: createLog('silent') })
}

const read = (...path: string[]): string => readFileSync(join(...path), 'utf8')

test('the first start makes what the running contract says, for its owner only', async (t: TestContext) => {
  const data = join(temporaryFolder(t), 'made', 'here')
  const server = await start(data)
  t.after(() => server.stop())
  const account = JSON.parse(read(data, 'quickstart', 'account.json'))
  t.assert.deepEqual(Object.keys(account).sort(), [
    'account_id',
    'admin_api_key',
    'admin_email',
    'admin_password',
    'base_url',
    'client_p12_password',
    'clientauth_url',
    'credential_id',
    'credential_pin',
    'enrollment_profile_id',
    'pki_url',
    'service_api_key',
    'service_user_id',
  ])
  for (const url of ['base_url', 'clientauth_url', 'pki_url']) t.assert.doesNotMatch(account[url], /\/$/)
  t.assert.equal(account.base_url, server.urls.publicUrl)
  for (const file of FILES) t.assert.ok(existsSync(join(data, 'quickstart', file)), file)
  t.assert.equal(existsSync(join(data, 'quickstart.new')), false)
  const modes = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name)
      t.assert.equal(statSync(path).mode & 0o777, entry.isDirectory() ? 0o700 : 0o600, path)
      if (entry.isDirectory()) modes(path)
    }
  }
  modes(data)
  t.assert.equal(statSync(data).mode & 0o777, 0o700)
  t.assert.equal(server.isFirstStart, true)
  t.assert.equal(server.account?.admin_password, account.admin_password)
})

test('a stop says when it is complete', async (t: TestContext) => {
  const lines: string[] = []
  const log = createLog('info', { write: (line) => void lines.push(JSON.parse(line).msg) })
  const server = await startServer(configOf(temporaryFolder(t)), { log })
  t.assert.ok(!lines.includes('stopped'))
  await server.stop()
  t.assert.equal(lines.at(-1), 'stopped')
})

test('the next start is the same platform on the same ports, and says ready anew', async (t: TestContext) => {
  const data = temporaryFolder(t)
  const first = await start(data)
  const before = Object.fromEntries(FILES.map((file) => [file, read(data, 'quickstart', file)]))
  const root = read(data, 'ca.pem')
  const written = statSync(join(data, 'quickstart', 'account.json')).mtimeMs
  await first.stop()
  await delay(5)
  const second = await start(data)
  t.after(() => second.stop())
  t.assert.equal(second.isFirstStart, false)
  t.assert.deepEqual(second.urls, first.urls)
  t.assert.deepEqual(Object.fromEntries(FILES.map((file) => [file, read(data, 'quickstart', file)])), before)
  t.assert.equal(read(data, 'ca.pem'), root)
  t.assert.ok(statSync(join(data, 'quickstart', 'account.json')).mtimeMs > written)
})

test('a second platform on the folder is refused, and the first stays ready', async (t: TestContext) => {
  const data = temporaryFolder(t)
  const server = await start(data)
  t.after(() => server.stop())
  const before = read(data, 'quickstart', 'account.json')
  await t.assert.rejects(start(data), { name: 'StartError', message: /Another Countersign runs on the data folder/ })
  t.assert.equal(read(data, 'quickstart', 'account.json'), before)
})

test('a quickstart folder that was removed stays away', async (t: TestContext) => {
  const data = temporaryFolder(t)
  await (await start(data)).stop()
  rmSync(join(data, 'quickstart'), { recursive: true })
  const server = await start(data)
  t.after(() => server.stop())
  t.assert.equal(server.account, undefined)
  t.assert.equal(existsSync(join(data, 'quickstart')), false)
})

test('a data folder that can not be is a sentence', async (t: TestContext) => {
  const file = join(temporaryFolder(t), 'file')
  writeFileSync(file, '')
  await t.assert.rejects(start(join(file, 'data')), {
    name: 'StartError',
    message: /^The data folder .*COUNTERSIGN_DATA/,
  })
  // Linux' /proc is a folder in which nothing can be made, and says of it that it is not there.
  if (existsSync('/proc/self')) await t.assert.rejects(start('/proc/countersign/data'), { name: 'StartError' })
  await t.assert.rejects(start('/\0'), { name: 'StartError' })
})

test('a start that can not be says why: a port in use, another master key, none', async (t: TestContext) => {
  const data = temporaryFolder(t)
  const blocker = createServer().listen(0, '127.0.0.1')
  await once(blocker, 'listening')
  const { port } = blocker.address() as { port: number }
  await t.assert.rejects(start(data, { COUNTERSIGN_PORT: String(port) }), {
    name: 'StartError',
    message: new RegExp(`Port ${port} on 127.0.0.1 is in use.*COUNTERSIGN_PORT`),
  })
  blocker.close()
  t.assert.deepEqual(readdirSync(data), ['lock'])

  const server = await start(data)
  await server.stop()
  const other = Buffer.alloc(32, 9).toString('base64')
  await t.assert.rejects(start(data, { COUNTERSIGN_MASTER_KEY: other }), /COUNTERSIGN_MASTER_KEY is not the key/)
  t.assert.equal(existsSync(join(data, 'quickstart', 'account.json')), false)
  const key = read(data, 'master.key')
  writeFileSync(join(data, 'master.key'), `${other}\n`)
  await t.assert.rejects(
    start(data),
    (error: unknown) => error instanceof StartError && /master\.key/.test(error.message),
  )
  rmSync(join(data, 'master.key'))
  await t.assert.rejects(start(data), { code: 'missing_master_key' })

  const taken = createServer().listen(Number(new URL(server.urls.publicUrl).port), '127.0.0.1')
  await once(taken, 'listening')
  await t.assert.rejects(start(data), /in use\. It was taken at the first start and is kept in .*ports\.json/)
  taken.close()
  writeFileSync(join(data, 'master.key'), key)
  const again = await start(data)
  await again.stop()
})

test('several workers share the ports, and one that dies is replaced', { timeout: 60_000 }, async (t: TestContext) => {
  const data = temporaryFolder(t)
  const child = spawnServe(data, { COUNTERSIGN_WORKERS: '2' })
  const exited = once(child, 'exit')
  t.after(() => child.kill('SIGKILL'))
  const account = join(data, 'quickstart', 'account.json')
  await until(() => existsSync(account))
  const { pki_url: pkiUrl } = JSON.parse(readFileSync(account, 'utf8'))
  const fetchRoot = async () => (await fetch(`${pkiUrl}/ca/root.cer`)).status
  t.assert.equal(await fetchRoot(), 200)
  // Where the kernel tells who its children are, one of them dies.
  const children = `/proc/${child.pid}/task/${child.pid}/children`
  if (existsSync(children)) process.kill(Number(readFileSync(children, 'utf8').split(' ')[0]), 'SIGKILL')
  await delay(50)
  t.assert.equal(await fetchRoot(), 200)
  child.kill('SIGTERM')
  t.assert.deepEqual(await exited, [0, null])
})
