import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ConfigError, flagOf, readConfig, SETTINGS, unknownVariables } from '../src/config.ts'

function faultsOf(sources: Parameters<typeof readConfig>[0]): readonly string[] {
  try {
    readConfig(sources)
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
  return []
}

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'countersign-config-'))
  t.after(() => rmSync(path, { recursive: true }))
  return path
}

const key = Buffer.alloc(32, 7).toString('base64')

test('without anything set, the defaults of the running contract hold', (t) => {
  t.assert.deepEqual(readConfig({ env: {} }), {
    dataFolder: resolve('data'),
    databaseUrl: undefined,
    domain: 'countersign.localhost',
    host: '127.0.0.1',
    port: 8443,
    pkiPort: 8080,
    publicUrl: undefined,
    clientAuthUrl: undefined,
    pkiUrl: undefined,
    masterKey: undefined,
    maxUploadBytes: 20 * 1024 * 1024,
    verificationsAMinute: 60,
    requestsAMinute: 300_000,
    failuresAMinute: 600,
    isVerifiedOnline: false,
    isC2paStrict: false,
    workers: 1,
    timeStampUrl: undefined,
    smtpUrl: undefined,
    mailFrom: 'countersign@countersign.localhost',
    logLevel: 'info',
  })
})

test('every variable is read', (t) => {
  const config = readConfig({
    env: {
      COUNTERSIGN_DATA: '/srv/countersign',
      COUNTERSIGN_DATABASE_URL: 'postgres://u:p@db/countersign',
      COUNTERSIGN_DOMAIN: 'Trust.Example.com',
      COUNTERSIGN_HOST: '[::]',
      COUNTERSIGN_PORT: '443',
      COUNTERSIGN_PKI_PORT: '0',
      COUNTERSIGN_PUBLIC_URL: 'https://trust.example.com/',
      COUNTERSIGN_CLIENTAUTH_URL: 'https://clientauth.trust.example.com',
      COUNTERSIGN_PKI_URL: 'http://pki.example.com/',
      COUNTERSIGN_MASTER_KEY: key,
      COUNTERSIGN_MAX_UPLOAD: '1.5 MiB',
      COUNTERSIGN_VERIFY_RATE: '0',
      COUNTERSIGN_REQUEST_RATE: '1200',
      COUNTERSIGN_FAILURE_RATE: '30',
      COUNTERSIGN_VERIFY_ONLINE: 'on',
      COUNTERSIGN_C2PA_STRICT: 'TRUE',
      COUNTERSIGN_WORKERS: '4',
      COUNTERSIGN_TSA_URL: 'http://timestamp.example.com/tsa',
      COUNTERSIGN_SMTP_URL: 'smtps://u:p@mail.example.com',
      COUNTERSIGN_MAIL_FROM: 'trust+platform@example.com',
      COUNTERSIGN_LOG_LEVEL: 'Debug',
    },
  })
  t.assert.equal(Object.keys(config).length, SETTINGS.length)
  t.assert.equal(config.domain, 'trust.example.com')
  t.assert.equal(config.host, '::')
  t.assert.equal(config.publicUrl, 'https://trust.example.com')
  t.assert.equal(config.pkiUrl, 'http://pki.example.com')
  t.assert.deepEqual(config.masterKey, new Uint8Array(32).fill(7))
  t.assert.equal(config.maxUploadBytes, 1.5 * 1024 * 1024)
  t.assert.equal(config.verificationsAMinute, 0)
  t.assert.equal(config.requestsAMinute, 1200)
  t.assert.equal(config.failuresAMinute, 30)
  t.assert.equal(config.isVerifiedOnline, true)
  t.assert.equal(config.isC2paStrict, true)
  t.assert.equal(config.logLevel, 'debug')
})

test('a flag wins over its variable, and an empty value is none', (t) => {
  const config = readConfig({
    env: { COUNTERSIGN_PORT: '1000', COUNTERSIGN_DOMAIN: '', COUNTERSIGN_LOG_LEVEL: 'warn' },
    flags: { port: '2000', 'pki-port': '3000' },
  })
  t.assert.equal(config.port, 2000)
  t.assert.equal(config.pkiPort, 3000)
  t.assert.equal(config.domain, 'countersign.localhost')
  t.assert.equal(config.logLevel, 'warn')
})

const wrong: [variable: string, value: string, said: RegExp][] = [
  ['DATABASE_URL', 'mysql://x', /postgres:\/\//],
  ['DOMAIN', '10.0.0.1', /DNS name/],
  ['DOMAIN', 'a b', /DNS name/],
  ['HOST', 'no/host', /address/],
  ['PORT', '65536', /0 to 65535/],
  ['PORT', '8443x', /0 to 65535/],
  ['PKI_PORT', '-1', /0 to 65535/],
  ['PUBLIC_URL', 'trust.example.com', /URL/],
  ['CLIENTAUTH_URL', 'https://u:p@h', /without query or user/],
  ['PKI_URL', 'https://pki.example.com', /http:\/\//],
  ['MASTER_KEY', 'c2hvcnQ=', /32 bytes in base64/],
  ['MASTER_KEY', `${key}!`, /32 bytes in base64/],
  ['MAX_UPLOAD', '20 apples', /20MB/],
  ['MAX_UPLOAD', '0', /20MB/],
  ['MAX_UPLOAD', '3GB', /2GB/],
  ['C2PA_STRICT', 'maybe', /true or false/],
  ['WORKERS', '0', /1 to 256/],
  ['TSA_URL', 'ftp://x', /URL/],
  ['SMTP_URL', 'https://x', /smtps/],
  ['MAIL_FROM', 'Countersign <a@example.com>', /mail address/],
  ['MAIL_FROM', 'a@example.com, b@example.com', /mail address/],
  ['LOG_LEVEL', 'loud', /one of trace/],
]
for (const [name, value, said] of wrong)
  test(`COUNTERSIGN_${name}=${value} is refused by name, with what would be right`, (t) => {
    const [fault, ...more] = faultsOf({ env: { [`COUNTERSIGN_${name}`]: value } })
    t.assert.deepEqual(more, [])
    t.assert.match(fault ?? '', new RegExp(`^COUNTERSIGN_${name} `))
    t.assert.match(fault ?? '', said)
  })

test('every fault is reported at once', (t) => {
  const env = Object.fromEntries(wrong.map(([name, value]) => [`COUNTERSIGN_${name}`, value]))
  t.assert.equal(faultsOf({ env }).length, new Set(wrong.map(([name]) => name)).size)
})

test('a secret in the wrong form is not repeated in what is said of it', (t) => {
  const env = { COUNTERSIGN_MASTER_KEY: 'hunter2hunter2', COUNTERSIGN_SMTP_URL: 'imap://u:hunter2@h' }
  t.assert.doesNotMatch(faultsOf({ env }).join(), /hunter2/)
})

test('secrets are read from the files that are named, without their last line break', (t) => {
  const path = join(folder(t), 'key')
  writeFileSync(path, `${key}\n`)
  const expected = new Uint8Array(32).fill(7)
  t.assert.deepEqual(readConfig({ env: { COUNTERSIGN_MASTER_KEY_FILE: path } }).masterKey, expected)
  t.assert.deepEqual(readConfig({ env: {}, flags: { 'master-key-file': path } }).masterKey, expected)
})

test('a missing file, a secret given twice and a secret on the command line are refused', (t) => {
  const missing = join(folder(t), 'none')
  t.assert.match(faultsOf({ env: { COUNTERSIGN_MASTER_KEY_FILE: missing } })[0] ?? '', /can't be read \(ENOENT\)/)
  t.assert.match(
    faultsOf({ env: { COUNTERSIGN_MASTER_KEY: key, COUNTERSIGN_MASTER_KEY_FILE: missing } })[0] ?? '',
    /both set/,
  )
  t.assert.match(faultsOf({ env: {}, flags: { 'master-key': key } })[0] ?? '', /--master-key-file/)
})

test('the two ports differ, unless both are to be free ones', (t) => {
  t.assert.match(faultsOf({ env: { COUNTERSIGN_PORT: '8080' } })[0] ?? '', /a port each/)
  t.assert.deepEqual(faultsOf({ env: { COUNTERSIGN_PORT: '0', COUNTERSIGN_PKI_PORT: '0' } }), [])
})

test('flags have the names of their variables', (t) => {
  t.assert.equal(flagOf('PKI_PORT'), '--pki-port')
})

test('a variable that is none is named, with the one that was meant, and stops nothing', (t: TestContext) => {
  const env = {
    COUNTERSIGN_PROT: '1',
    COUNTERSIGN_MASTERKEY_FILE: '/run/secrets/key',
    COUNTERSIGN_COLOUR_OF_THE_LOGO: 'green',
    [`COUNTERSIGN_${'X'.repeat(100_000)}`]: 'long',
    COUNTERSIGN_EMPTY: ' ',
    COUNTERSIGNED: 'of somebody else',
  }
  t.assert.deepEqual(faultsOf({ env }), [])
  const faults = unknownVariables(env)
  t.assert.equal(faults.length, 4)
  t.assert.equal(faults[0], 'COUNTERSIGN_PROT is no setting: is COUNTERSIGN_PORT meant?')
  t.assert.equal(faults[1], 'COUNTERSIGN_MASTERKEY_FILE is no setting: is COUNTERSIGN_MASTER_KEY_FILE meant?')
  t.assert.match(faults[2]!, /^COUNTERSIGN_COLOUR_OF_THE_LOGO is no setting \(.*--help/)
  t.assert.ok(faults[3]!.length < 200)
  for (const { name, isSecret } of SETTINGS) {
    t.assert.deepEqual(unknownVariables({ [`COUNTERSIGN_${name}`]: 'x' }), [])
    t.assert.equal(unknownVariables({ [`COUNTERSIGN_${name}_FILE`]: '/x' }).length, isSecret ? 0 : 1)
  }
})
