/** `countersign client-cert`, as people and scripts use it, against a platform. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { missing, type Outcome, run } from '../command.ts'
import { countersign, wordsOf } from '../countersign.ts'
import { type Platform, startPlatform } from '../platform.ts'

const DAY = 86_400_000
const PASSWORD = 'Correct-Horse-9'
const HINT = /^Using data\/quickstart, trusting data\/ca\.pem\n/

let platform: Platform
let folder: string
const printed: string[] = []

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-client-cert-'))
  mkdirSync(join(folder, 'data'))
  platform = await startPlatform({ data: join(folder, 'data') })
  write('password.txt', `${PASSWORD}\n`)
  write('admin.key', platform.account.admin_api_key)
})
after(async () => {
  await platform.remove()
  rmSync(folder, { recursive: true, force: true })
})

const at = (path: string): string => join(folder, path)
const write = (path: string, content: string | Uint8Array): void => writeFileSync(at(path), content)
const text = (path: string): string => readFileSync(at(path), 'utf8')

async function clientCert(args: string, env: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  const outcome = await countersign(['client-cert', ...wordsOf(args)], {
    cwd: folder,
    env,
  })
  printed.push(outcome.stdout, outcome.stderr)
  return outcome
}

async function json<T = Record<string, unknown>>(args: string, env?: Readonly<Record<string, string>>): Promise<T> {
  const { stdout, stderr, status } = await clientCert(`${args} --json`, env)
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as T
}

type Made = { readonly id: string; readonly name: string; readonly serial_number: string; readonly enabled: boolean }

test('create makes a key here, for its owner only, and a certificate that is accepted', async (t: TestContext) => {
  const { status, stdout, stderr } = await clientCert('create --name CI --out ci')
  t.assert.equal(status, 0, stderr)
  t.assert.match(stderr, HINT)
  t.assert.match(stdout, /^✓ CI {2}until \d{4}-\d\d-\d\d, in 36\d days {2}[0-9a-f-]{36}\n/)
  t.assert.deepEqual(readdirSync(at('ci')).sort(), ['cert.pem', 'chain.pem', 'key.pem'])
  t.assert.equal(statSync(at('ci/key.pem')).mode & 0o777, 0o600)
  t.assert.equal(statSync(at('ci')).mode & 0o777, 0o700)
  const certificate = new X509Certificate(text('ci/cert.pem'))
  t.assert.ok(certificate.checkPrivateKey(createPrivateKey(text('ci/key.pem'))))
  t.assert.equal(certificate.publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1')
  t.assert.equal(certificate.subject, 'CN=CI')
  const chain = text('ci/chain.pem').split(/(?<=-----END CERTIFICATE-----\n)/)
  t.assert.equal(chain[0], text('ci/cert.pem'))
  t.assert.ok(certificate.verify(new X509Certificate(chain[1] ?? '').publicKey))
  const records = await json<Made[]>('list --cert ci/cert.pem --key ci/key.pem')
  t.assert.equal(records.find(({ name }) => name === 'CI')?.serial_number, certificate.serialNumber)
})

test('the end, the kind of key and one file for both may be chosen', async (t: TestContext) => {
  const end = new Date(Date.now() + 20 * DAY).toISOString().slice(0, 10)
  const types = { 'P-384': 'secp384r1', Ed25519: 'ed25519', 'RSA-2048': 'rsa' }
  const make = async ([type, expected]: readonly [string, string]): Promise<void> => {
    const file = `${type}.pem`
    const made = await json<{ end_date: string }>(
      `create --name ${type} --out ${file} --key-type ${type} --until ${end}`,
    )
    t.assert.equal(made.end_date, `${end}T23:59:59Z`)
    t.assert.equal(statSync(at(file)).mode & 0o777, 0o600)
    const certificate = new X509Certificate(text(file))
    const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey
    t.assert.ok([asymmetricKeyType, asymmetricKeyDetails?.namedCurve].includes(expected))
    t.assert.equal((await clientCert(`list --cert ${file}`)).status, 0)
  }
  await Promise.all(Object.entries(types).map(make))
})

test('a PKCS#12 file is one that OpenSSL reads and the platform accepts', async (t: TestContext) => {
  const { status, stderr } = await clientCert('create --name Signer --out signer.p12 --password-file password.txt')
  t.assert.equal(status, 0, stderr)
  t.assert.equal(statSync(at('signer.p12')).mode & 0o777, 0o600)
  const listed = await clientCert('list --p12 signer.p12 --p12-password-file password.txt')
  t.assert.equal(listed.status, 0, listed.stderr)
  if (missing('openssl')) return t.diagnostic(String(missing('openssl')))
  const read = await run('openssl', ['pkcs12', '-in', at('signer.p12'), '-noout', '-passin', `pass:${PASSWORD}`])
  t.assert.equal(read.status, 0, read.stderr)
})

test('nothing that is there is overwritten, and nothing is issued in vain', async (t: TestContext) => {
  await json('create --name Kept --out kept')
  const before = text('kept/key.pem')
  const again = await clientCert('create --name Kept~again --out kept')
  t.assert.equal(again.status, 1)
  t.assert.match(again.stderr, /kept\/cert\.pem is there already|kept\/key\.pem is there already/)
  t.assert.match((await clientCert('create --name Taken --out kept/key.pem')).stderr, /key\.pem is there already/)
  t.assert.equal(text('kept/key.pem'), before)
  const taken = await clientCert('create --name Kept --out other')
  t.assert.equal(taken.status, 1)
  t.assert.match(taken.stderr, /this name already/)
  t.assert.throws(() => statSync(at('other')))
  const names = (await json<Made[]>('list')).map(({ name }) => name)
  t.assert.ok(!names.includes('Kept again') && !names.includes('Taken'))
  await json('create --name Kept~again --out kept --force')
  t.assert.notEqual(text('kept/key.pem'), before)
  t.assert.ok(
    new X509Certificate(text('kept/cert.pem')).checkPrivateKey(createPrivateKey(text('kept/key.pem'))),
    'replaced whole',
  )
})

test('disable, enable and delete go by name or id, and keep people from locking themselves out', async (t: TestContext) => {
  const { id } = await json<Made>('create --name Ours --out ours')
  const own = '--cert ours/cert.pem --key ours/key.pem'
  const refused = await clientCert(`disable Ours ${own}`)
  t.assert.equal(refused.status, 1)
  t.assert.match(refused.stderr, /Ours is the certificate that you are using/)
  t.assert.match((await clientCert('disable Ours')).stdout, /^✓ Ours counts no longer/)
  t.assert.match((await clientCert('list')).stdout, /^○ Ours +disabled, until /m)
  const locked = await clientCert(`list ${own}`)
  t.assert.equal(locked.status, 1)
  t.assert.match(
    locked.stderr,
    /https:\/\/clientauth\.countersign\.localhost:\d+ does not accept the certificate with the serial number [0-9A-F]+, though it lasts until \d{4}-\d\d-\d\d: it was disabled or deleted/,
  )
  t.assert.equal((await json<Made>(`enable ${id}`)).enabled, true)
  t.assert.equal((await clientCert(`list ${own}`)).status, 0)
  t.assert.match((await clientCert('delete Ours')).stdout, /^✓ Ours is revoked and gone/)
  t.assert.match(
    (await clientCert('disable Ours')).stderr,
    /No certificate is called "Ours": countersign client-cert list/,
  )
  t.assert.match((await clientCert(`enable ${id}`)).stderr, /There is no such client authentication certificate/)
  t.assert.match((await clientCert('delete quickstart')).stderr, /you are using/)
})

test('an administrator sees and ends those of others by an API key', async (t: TestContext) => {
  const admin = { COUNTERSIGN_QUICKSTART: at('data/quickstart'), COUNTERSIGN_API_KEY_FILE: at('admin.key') }
  await json('create --name Lost --out lost')
  const records = await json<Made[]>(`list --user ${platform.account.service_user_id}`, admin)
  t.assert.ok(records.some(({ name }) => name === 'Lost'))
  const [service] = [platform.account.service_user_id]
  t.assert.match((await clientCert(`disable Lost --user ${service}`, admin)).stdout, /^✓ Lost counts no longer/)
  t.assert.match((await clientCert('list', admin)).stdout, /^No client authentication certificates\.\n$/)
  const wrong = await clientCert('list', { ...admin, COUNTERSIGN_API_KEY_FILE: at('password.txt') })
  t.assert.match(wrong.stderr, /does not accept the API key: it is another platform's, or was disabled/)
  t.assert.match((await clientCert('rotate', admin)).stderr, /^.*\nWhich certificate\? Name --cert and --key/)
})

test('nothing that was printed holds a secret', (t: TestContext) => {
  const all = printed.join('\n')
  const { account } = platform
  const keys = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /(key|signer|P-384|Ed25519|RSA-2048|stranger)\S*\.pem$/.test(path))
    .flatMap((path) => text(path).match(/-----BEGIN PRIVATE KEY-----\n(.{20})/)?.[1] ?? [])
  t.assert.ok(keys.length > 5)
  for (const secret of [PASSWORD, account.admin_api_key, account.service_api_key, account.client_p12_password, ...keys])
    t.assert.ok(!all.includes(secret))
  t.assert.doesNotMatch(all, /PRIVATE KEY/)
})
