/** `countersign trust` as people use it, with lists from a server of the test's own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createTestAuthority } from '../../server/test/http/test-authority.ts'
import { makePlatformDatabase } from '../../server/test/platform-database.ts'

const MAIN = fileURLToPath(new URL('../src/main.js', import.meta.url))
const VECTORS = fileURLToPath(new URL('../../../test/vectors/c2pa', import.meta.url))

let folder: string
let server: Server
let base: string
/** What the server answers, by path. */
const answers = new Map<string, { status?: number; body?: string; location?: string }>()
const pem = new Map<string, string>()

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-trust-'))
  const authority = await createTestAuthority('Server CA')
  const { certificate, privateKey } = await authority.issue('localhost', ['localhost'])
  writeFileSync(join(folder, 'server-ca.pem'), authority.certificate)
  server = createServer({ cert: certificate, key: privateKey }, ({ url = '' }, response) => {
    const { status = 200, body = '', location } = answers.get(url) ?? { status: 404 }
    response.writeHead(status, location === undefined ? {} : { location }).end(body)
  })
  server.listen(0, 'localhost')
  await once(server, 'listening')
  base = `https://localhost:${(server.address() as AddressInfo).port}`
  await makePlatformDatabase(folder)
  for (const name of ['A', 'B', 'C', 'T']) pem.set(name, `${(await createTestAuthority(name)).certificate}\n`)
})
after(() => {
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

const listOf = (...names: string[]): string => names.map((name) => pem.get(name)).join('')

function dataFolder(name: string): string {
  const data = join(folder, name)
  mkdirSync(data)
  copyFileSync(join(folder, 'countersign.db'), join(data, 'countersign.db'))
  return data
}

async function countersign(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('COUNTERSIGN_')))
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: VECTORS,
    env: { ...clean, NODE_EXTRA_CA_CERTS: join(folder, 'server-ca.pem') },
    timeout: 20_000,
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (piece) => {
    stdout += piece
  })
  child.stderr.on('data', (piece) => {
    stderr += piece
  })
  const [status] = await once(child, 'close')
  return { status, stdout, stderr }
}

const trust = (data: string, ...args: string[]) => countersign('trust', ...args, '--data', data)

test('anchors are added for a purpose, listed and removed', async (t: TestContext) => {
  const data = dataFolder('by-hand')
  const file = join(folder, 'a.pem')
  writeFileSync(file, listOf('A'))
  const added = await trust(data, 'add', file, '--for', 'signers')
  t.assert.equal(added.status, 0, added.stderr)
  t.assert.match(added.stdout, /^\+ CN=A {2}[0-9a-f-]{36}\n$/)
  t.assert.match((await trust(data, 'add', file, '--for', 'signers')).stdout, /^= CN=A .*there already\n$/)
  const list = await trust(data, 'list')
  t.assert.match(
    list.stdout,
    /^Signers: 1, .*\n {2}[0-9a-f-]{36} {2}until \d{4}-\d\d-\d\d {2}added {2}CN=A\nTime stamps: 0, .*\n$/,
  )
  const [id = ''] = /[0-9a-f-]{36}/.exec(list.stdout) ?? []
  t.assert.equal((await trust(data, 'remove', id)).stdout, '- CN=A  for signers\n')
  const gone = await trust(data, 'remove', id)
  t.assert.deepEqual([gone.status, gone.stderr], [1, 'There is no such trust anchor.\n'])
  const wrong = [
    ['add', file],
    ['add', file, '--for', 'everything'],
    ['add', join(folder, 'nowhere'), '--for', 'signers'],
    ['add', join(VECTORS, 'ok-es256.jpg'), '--for', 'signers'],
  ]
  for (const { status, stderr } of await Promise.all(wrong.map((args) => trust(data, ...args)))) {
    t.assert.equal(status, 1)
    t.assert.doesNotMatch(stderr, /unforeseen|\bat .*\.ts:\d/)
  }
})

test('update fetches both lists over HTTPS, and says what came and went', async (t: TestContext) => {
  const data = dataFolder('update')
  answers.set('/lists/C2PA-TRUST-LIST.pem', { body: listOf('A', 'B') })
  answers.set('/lists/C2PA-TSA-TRUST-LIST.pem', { body: listOf('T') })
  const first = await trust(data, 'update', '--from', `${base}/lists`)
  t.assert.equal(first.status, 0, first.stderr)
  t.assert.equal(first.stdout, 'Signers: 0 before, 2 now\n  + CN=A\n  + CN=B\nTime stamps: 0 before, 1 now\n  + CN=T\n')
  answers.set('/lists/C2PA-TRUST-LIST.pem', { body: listOf('B', 'C') })
  const second = await trust(data, 'update', '--from', `${base}/lists/`)
  t.assert.equal(
    second.stdout,
    'Signers: 2 before, 2 now\n  + CN=C\n  - CN=A\nTime stamps: 1 before, 1 now, nothing changed\n',
  )
  const one = await trust(data, 'update', '--from', `${base}/lists/C2PA-TRUST-LIST.pem`, '--for', 'time-stamps')
  t.assert.equal(one.stdout, 'Time stamps: 1 before, 2 now\n  + CN=B\n  + CN=C\n  - CN=T\n')
  const audit = await countersign('audit', 'verify', '--data', data)
  t.assert.match(audit.stdout, /Not sealed yet: 8 events/)
})

test('update takes a folder, and one list with its purpose', async (t: TestContext) => {
  const data = dataFolder('folder')
  const lists = dataFolder('lists')
  writeFileSync(join(lists, 'C2PA-TRUST-LIST.pem'), listOf('A'))
  writeFileSync(join(lists, 'C2PA-TSA-TRUST-LIST.pem'), listOf('T'))
  t.assert.match((await trust(data, 'update', '--from', lists)).stdout, /\+ CN=A\n.*\n {2}\+ CN=T\n$/)
  const file = join(lists, 'C2PA-TRUST-LIST.pem')
  t.assert.match((await trust(data, 'update', '--from', file)).stderr, /is one list: say by --for/)
  t.assert.match((await trust(data, 'update', '--from', file, '--for', 'signers')).stdout, /nothing changed/)
})

test('what is no list, leads elsewhere, is plain, too large or not there changes nothing', async (t: TestContext) => {
  const data = dataFolder('refused')
  const good = { body: listOf('T') }
  const large = { body: 'x'.repeat(1_100_000) }
  const elsewhere = { status: 302, location: 'https://example.com/list.pem' }
  const cases = [
    ['empty', { body: '' }, /There is no certificate in PEM/],
    ['html', { body: '<html>\u001b[2J' }, /There is no certificate in PEM/],
    ['large', large, /was not fetched: it is longer than 1048576 bytes/],
    ['moved', elsewhere, /was not fetched: it leads elsewhere, to https:\/\/example\.com\/list\.pem/],
    ['broken', { status: 500 }, /was not fetched: it answered 500/],
    ['leaf', { body: (await (await createTestAuthority('X')).issue('leaf')).certificate }, /is of no authority/],
  ] as const
  // All at once: each is a process that has to start.
  const outcomes = await Promise.all(
    cases.map(([name, answer]) => {
      answers.set(`/${name}/C2PA-TRUST-LIST.pem`, answer)
      answers.set(`/${name}/C2PA-TSA-TRUST-LIST.pem`, good)
      return trust(data, 'update', '--from', `${base}/${name}`)
    }),
  )
  for (const [index, [name, , sentence]] of cases.entries()) {
    const { status, stderr, stdout } = outcomes[index]!
    t.assert.notEqual(status, 0, name)
    t.assert.equal(stdout, '')
    t.assert.match(stderr, sentence)
  }
  const plain = await trust(data, 'update', '--from', base.replace('https', 'http'))
  t.assert.match(plain.stderr, /a URL has to begin with https:\/\//)
  t.assert.match((await trust(data, 'list')).stdout, /^Signers: 0.*\nTime stamps: 0.*\n$/)
})
