/** `npm start` and its end, and what other programs rely on in the data folder. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { run } from '../command.ts'
import { noise } from '../pictures.ts'
import { startPlatform } from '../platform.ts'
import { ROOT } from '../repository.ts'
import { signForm } from '../sign-request.ts'

const CLI = join(ROOT, 'packages/cli/src/main.js')
const folder = (): Promise<string> => mkdtemp(join(tmpdir(), 'countersign-start-'))

const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL')
  } catch {
    // Nothing of it is left.
  }
}

test('npm start prints what it takes, and ends cleanly on SIGTERM to npm', async (t: TestContext) => {
  const data = await folder()
  const environment = { COUNTERSIGN_DATA: data, COUNTERSIGN_PORT: '0', COUNTERSIGN_PKI_PORT: '0' }
  const npm = spawn('npm', ['start'], { cwd: ROOT, env: { ...process.env, ...environment }, detached: true })
  let printed = ''
  for (const stream of [npm.stdout, npm.stderr]) stream.on('data', (piece) => (printed += piece))
  const exited = once(npm, 'exit')
  try {
    const account = join(data, 'quickstart', 'account.json')
    for (let waited = 0; !existsSync(account) && waited < 60_000; waited += 50) await delay(50)
    const { base_url: base, pki_url: pki, admin_password: password } = JSON.parse(readFileSync(account, 'utf8'))
    const port = Number(new URL(base).port)
    for (let waited = 0; !printed.includes('curl') && waited < 5000; waited += 50) await delay(50)
    for (const text of [base, pki, password, 'curl'])
      t.assert.ok(printed.includes(text), `${text} is not in:\n${printed}`)

    npm.kill('SIGTERM')
    await exited
    for (let waited = 0; (await isOpen(port)) && waited < 5000; waited += 50) await delay(50)
    t.assert.equal(await isOpen(port), false, 'the platform outlived npm')
  } finally {
    // The whole group: if npm's end did not reach the platform, this does.
    if (npm.pid !== undefined) killGroup(npm.pid)
    await rm(data, { recursive: true, force: true })
  }
})

test('the quickstart folder is as the running contract says', async (t: TestContext) => {
  const platform = await startPlatform({ isNew: true })
  try {
    const { account } = platform
    for (const name of [
      'base_url',
      'clientauth_url',
      'pki_url',
      'account_id',
      'admin_email',
      'admin_password',
    ] as const) {
      t.assert.equal(typeof account[name], 'string', name)
    }
    for (const name of ['admin_api_key', 'service_user_id', 'service_api_key', 'client_p12_password'] as const) {
      t.assert.ok(account[name].length > 8, name)
    }
    for (const url of [account.base_url, account.clientauth_url, account.pki_url]) t.assert.doesNotMatch(url, /\/$/)
    t.assert.match(account.base_url, /^https:\/\/countersign\.localhost:\d+$/)
    t.assert.match(account.clientauth_url, /^https:\/\/clientauth\.countersign\.localhost:\d+$/)
    t.assert.match(account.pki_url, /^http:\/\/127\.0\.0\.1:\d+$/)
    for (const name of ['account.json', 'client.p12', 'cert.pem', 'key.pem', 'chain.pem']) {
      t.assert.equal(statSync(platform.quickstart(name)).mode & 0o777, 0o600, name)
    }
    for (const name of readdirSync(platform.data, { withFileTypes: true })) {
      if (name.isFile()) t.assert.equal(statSync(join(platform.data, name.name)).mode & 0o077, 0, name.name)
    }
  } finally {
    await platform.remove()
  }
})

test('a second start takes the same ports again, and keeps everything', async (t: TestContext) => {
  const data = await folder()
  try {
    const first = await startPlatform({ data, isNew: true })
    t.assert.equal(await first.stop(), 0)
    const second = await startPlatform({ data })
    t.assert.deepEqual(second.account, first.account)
    t.assert.equal(second.ca, first.ca)
    t.assert.doesNotMatch(second.output(), new RegExp(first.account.admin_password), 'the password is shown but once')
    t.assert.equal(await second.stop(), 0)
  } finally {
    await rm(data, { recursive: true, force: true })
  }
})

test('quickstart remove deletes the folder for good', async (t: TestContext) => {
  const data = await folder()
  try {
    const first = await startPlatform({ data })
    await first.stop()
    t.assert.equal((await run(process.execPath, [CLI, 'quickstart', 'remove', '--data', data])).status, 0)
    t.assert.equal(existsSync(join(data, 'quickstart')), false)
    const port = new URL(first.account.base_url).port
    const again = spawn(process.execPath, [CLI, 'serve', '--data', data, '--port', '0', '--pki-port', '0'], {
      stdio: 'ignore',
    })
    for (let waited = 0; !(await isOpen(Number(port))) && waited < 10_000; waited += 50) await delay(50)
    await delay(1000)
    t.assert.equal(existsSync(join(data, 'quickstart')), false, 'it came back')
    const exited = once(again, 'exit')
    again.kill('SIGTERM')
    t.assert.deepEqual(await exited, [0, null])
  } finally {
    await rm(data, { recursive: true, force: true })
  }
})

test('a stop lets a signing end first', async (t: TestContext) => {
  const platform = await startPlatform()
  try {
    const picture = await noise('image/jpeg', 2000, 1500)
    // Over a connection that is there: a connection that is still being made is not yet a request.
    t.assert.equal((await platform.request('clientauth', '/health')).status, 200)
    const signing = platform.sign(signForm(platform, picture), { accept: 'image/jpeg' })
    await delay(60)
    platform.process.kill('SIGTERM')
    t.assert.equal((await signing).status, 200)
    const [status] =
      platform.process.exitCode === null ? await once(platform.process, 'exit') : [platform.process.exitCode]
    t.assert.equal(status, 0)
  } finally {
    await platform.remove()
  }
})

test('every fault of the configuration is named at once', async (t: TestContext) => {
  const env = {
    ...process.env,
    COUNTERSIGN_PORT: 'seven',
    COUNTERSIGN_MAX_UPLOAD: 'much',
    COUNTERSIGN_C2PA_STRICT: 'maybe',
  }
  const { status, stderr } = await run(process.execPath, [CLI, 'serve'], { env })
  t.assert.notEqual(status, 0)
  for (const name of ['COUNTERSIGN_PORT', 'COUNTERSIGN_MAX_UPLOAD', 'COUNTERSIGN_C2PA_STRICT']) {
    t.assert.ok(stderr.includes(name), `${name} is not in: ${stderr}`)
  }
})
