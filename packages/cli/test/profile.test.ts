import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ConfigError, unknownVariables } from '@countersign/server/settings'
import { readCredential, readProfile } from '../src/profile.ts'
import { withoutProfile } from '../src/profile-layer.ts'

const ACCOUNT = {
  base_url: 'https://countersign.localhost:8443',
  clientauth_url: 'https://clientauth.countersign.localhost:8443',
  service_api_key: 'not to be used by itself',
}

/** A folder with files of that content. */
function folder(t: TestContext, files: Readonly<Record<string, unknown>> = {}): string {
  const path = mkdtempSync(join(tmpdir(), 'countersign-profile-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true })
    writeFileSync(join(path, name), typeof content === 'string' ? content : JSON.stringify(content))
  }
  return path
}

type Places = {
  readonly env?: Readonly<Record<string, string>>
  readonly flags?: Readonly<Record<string, string>>
  readonly cwd: string
}

const read = ({ env = {}, flags = {}, cwd }: Places) =>
  readProfile({ env: { HOME: join(cwd, 'home'), ...env }, flags, cwd })

async function faultsOf(places: Places, reading: (places: Places) => Promise<unknown> = read): Promise<string> {
  const error = await reading(places).then(
    () => undefined,
    (cause: unknown) => cause,
  )
  if (error instanceof ConfigError) return error.faults.join('\n')
  throw new Error('it was read', { cause: error })
}

const PAIR = { 'base-url': 'https://a.example', cert: 'cert.pem', key: 'key.pem' }

test('flags name a platform and a certificate, by paths from here', async (t: TestContext) => {
  const cwd = folder(t)
  t.assert.deepEqual(await read({ cwd, flags: { ...PAIR, ca: '/etc/ca.pem' } }), {
    baseUrl: 'https://a.example',
    clientauthUrl: 'https://clientauth.a.example',
    ca: '/etc/ca.pem',
    certificate: { kind: 'pem', cert: join(cwd, 'cert.pem'), key: join(cwd, 'key.pem') },
    apiKey: undefined,
    quickstart: undefined,
  })
})

test('key and certificate may be in one file', async (t: TestContext) => {
  const cwd = folder(t)
  const { certificate } = await read({ cwd, flags: { 'base-url': 'https://a.example/', cert: 'both.pem' } })
  t.assert.deepEqual(certificate, { kind: 'pem', cert: join(cwd, 'both.pem'), key: join(cwd, 'both.pem') })
})

test('the environment says the same, with secrets of its own', async (t: TestContext) => {
  const cwd = folder(t, { 'pass.txt': 'se cret \n' })
  const env = {
    COUNTERSIGN_BASE_URL: 'https://a.example:8443',
    COUNTERSIGN_CLIENTAUTH_URL: 'https://mtls.example',
    COUNTERSIGN_P12: 'a.p12',
    COUNTERSIGN_P12_PASSWORD_FILE: 'pass.txt',
    COUNTERSIGN_API_KEY: 'key',
  }
  const profile = await read({ cwd, env })
  t.assert.equal(profile.clientauthUrl, 'https://mtls.example')
  t.assert.deepEqual(profile.certificate, { kind: 'pkcs12', file: join(cwd, 'a.p12'), password: 'se cret ' })
  t.assert.equal(profile.apiKey, 'key')
  const other = await read({ cwd, env: { ...env, COUNTERSIGN_CLIENTAUTH_URL: ' ' } })
  t.assert.equal(other.clientauthUrl, 'https://clientauth.a.example:8443')
})

test('a profile file is where profiles are, or is named; its paths begin beside it', async (t: TestContext) => {
  const profile = { base_url: 'https://file.example', cert: 'cert.pem', key: '../key.pem', api_key_file: 'api.key' }
  const cwd = folder(t, {
    'home/.config/countersign/profile.json': profile,
    'home/.config/countersign/api.key': 'of the file\r\n',
    'xdg/countersign/profile.json': { ...profile, base_url: 'https://xdg.example' },
    'xdg/countersign/api.key': 'of xdg',
    'named/p.json': { ...profile, base_url: 'https://named.example', api_key_file: '../xdg/countersign/api.key' },
  })
  const usual = await read({ cwd })
  t.assert.equal(usual.baseUrl, 'https://file.example')
  t.assert.equal(usual.apiKey, 'of the file')
  const config = join(cwd, 'home/.config')
  t.assert.deepEqual(usual.certificate, {
    kind: 'pem',
    cert: join(config, 'countersign/cert.pem'),
    key: join(config, 'key.pem'),
  })
  const xdg = { XDG_CONFIG_HOME: join(cwd, 'xdg') }
  t.assert.equal((await read({ cwd, env: xdg })).baseUrl, 'https://xdg.example')
  const named = { COUNTERSIGN_PROFILE: 'named/p.json' }
  t.assert.equal((await read({ cwd, env: { ...xdg, ...named } })).baseUrl, 'https://named.example')
  const env = { ...named, COUNTERSIGN_BASE_URL: 'https://env.example', COUNTERSIGN_API_KEY: 'of the environment' }
  t.assert.equal((await read({ cwd, env })).baseUrl, 'https://env.example')
  const flagged = await read({ cwd, env, flags: { profile: 'named/p.json' } })
  t.assert.deepEqual([flagged.baseUrl, flagged.apiKey], ['https://named.example', 'of xdg'])
})

test('what stands below the place that names the host does not count', async (t: TestContext) => {
  const cwd = folder(t, {
    'home/.config/countersign/profile.json': { base_url: 'https://file.example', ca: 'ca.pem', cert: 'cert.pem' },
    'data/quickstart/account.json': ACCOUNT,
  })
  const { ca, certificate, apiKey } = await read({ cwd, env: { COUNTERSIGN_BASE_URL: 'https://env.example' } })
  t.assert.deepEqual([ca, certificate, apiKey], [undefined, undefined, undefined])
  const above = await read({ cwd, env: { COUNTERSIGN_CERT: 'mine.pem' } })
  t.assert.equal(above.baseUrl, 'https://file.example')
  t.assert.deepEqual(above.certificate, { kind: 'pem', cert: join(cwd, 'mine.pem'), key: join(cwd, 'mine.pem') })
})

test('credentials come from one place: whoever names an API key means it', async (t: TestContext) => {
  const cwd = folder(t, {
    'home/.config/countersign/profile.json': { base_url: 'https://file.example', cert: 'cert.pem' },
    'api.key': 'key',
  })
  const { certificate, apiKey } = await read({ cwd, flags: { 'api-key-file': 'api.key' } })
  t.assert.deepEqual([certificate, apiKey], [undefined, 'key'])
})

test('without any of that it is the quickstart, and the root beside it', async (t: TestContext) => {
  const cwd = folder(t, {
    'data/quickstart/account.json': ACCOUNT,
    'other/quickstart/account.json': { ...ACCOUNT, base_url: 'https://other.localhost' },
    'third/account.json': { ...ACCOUNT, base_url: 'https://third.localhost' },
  })
  const quickstart = join(cwd, 'data/quickstart')
  t.assert.deepEqual(await read({ cwd }), {
    baseUrl: ACCOUNT.base_url,
    clientauthUrl: ACCOUNT.clientauth_url,
    ca: join(cwd, 'data/ca.pem'),
    certificate: { kind: 'pem', cert: join(quickstart, 'cert.pem'), key: join(quickstart, 'key.pem') },
    apiKey: undefined,
    quickstart,
  })
  const data = { COUNTERSIGN_DATA: 'other' }
  t.assert.equal((await read({ cwd, env: data })).baseUrl, 'https://other.localhost')
  const named = { ...data, COUNTERSIGN_QUICKSTART: join(cwd, 'third') }
  const third = await read({ cwd, env: named })
  t.assert.deepEqual([third.baseUrl, third.ca], ['https://third.localhost', join(cwd, 'ca.pem')])
})

test('an API key does not go to a platform that nobody named', async (t: TestContext) => {
  const cwd = folder(t, { 'data/quickstart/account.json': ACCOUNT, 'api.key': 'key' })
  t.assert.match(await faultsOf({ cwd, env: { COUNTERSIGN_API_KEY: 'key' } }), /nobody said which platform/)
  t.assert.match(await faultsOf({ cwd, flags: { 'api-key-file': 'api.key' } }), /^--api-key-file: .* by --base-url/)
  const env = { COUNTERSIGN_DATA: 'data', COUNTERSIGN_API_KEY: 'key' }
  t.assert.equal((await read({ cwd, env })).apiKey, 'key')
})

test('what makes no sense is named, without a secret', async (t: TestContext) => {
  const cwd = folder(t, {
    'api.key': 'hunter2',
    'empty.txt': '\n',
    'two.txt': 'hunter2\nhunter3\n',
    'list.json': [],
    'text.json': 'base_url: https://a.example',
    'secret.json': { base_url: 'https://a.example', api_key: 'hunter2', basurl: 1, ca: 7 },
    'torn/account.json': { base_url: 'https://a.example' },
  })
  const url = { 'base-url': 'https://a.example' }
  for (const [flags, env, fault] of [
    [{}, {}, /^no platform is named: give --base-url /],
    [{ 'base-url': 'http://a.example' }, {}, /^--base-url is "http:\/\/a.example": it takes a URL as https:/],
    [{ 'base-url': 'https://a.example/path' }, {}, /--base-url/],
    [{ 'base-url': 'https://user:hunter2@a.example' }, {}, /--base-url/],
    [{ ...url, 'clientauth-url': 'b.example' }, {}, /--clientauth-url is "b.example"/],
    [{ ...url, key: 'key.pem' }, {}, /--key is the key of a certificate: name that by --cert/],
    [{ ...url, cert: 'cert.pem', p12: 'a.p12' }, {}, /--p12 and --cert are two certificates/],
    [{ ...url, p12: 'a.p12' }, {}, /--p12 has a password: .* --p12-password-file/],
    [{ ...url, 'api-key-file': 'none.txt' }, {}, /--api-key-file: .*none.txt can't be read \(ENOENT\)/],
    [{ ...url, 'api-key-file': 'empty.txt' }, {}, /empty.txt is to hold one line/],
    [{ ...url, 'api-key-file': 'two.txt' }, {}, /two.txt is to hold one line/],
    [
      {},
      { COUNTERSIGN_BASE_URL: 'https://a.example', COUNTERSIGN_API_KEY: 'a', COUNTERSIGN_API_KEY_FILE: 'api.key' },
      /^COUNTERSIGN_API_KEY and COUNTERSIGN_API_KEY_FILE are two: give one$/,
    ],
    [{}, { COUNTERSIGN_PROFILE: 'none.json' }, /there is no profile file .*none.json/],
    [{ profile: 'list.json' }, {}, /list.json is no profile: it takes a JSON object/],
    [{ profile: 'text.json' }, {}, /text.json is no profile/],
    [{ profile: 'secret.json' }, {}, /api_key in .* is a secret: .*\n"basurl" in .* is nothing .*\nca in .* a text/s],
    [{}, { COUNTERSIGN_QUICKSTART: 'nowhere' }, /nowhere\/account.json: is the platform running\?/],
    [{}, { COUNTERSIGN_QUICKSTART: 'torn' }, /torn\/account.json is to have base_url and clientauth_url/],
  ] as const) {
    const said = await faultsOf({ cwd, flags, env })
    t.assert.match(said, fault)
    t.assert.doesNotMatch(said, /hunter/)
  }
})

const credential = ({ env = {}, flags = {}, cwd }: Places) =>
  readCredential({ env: { HOME: join(cwd, 'home'), ...env }, flags, cwd })

test('the credential comes with its PIN: of the quickstart, a file, the environment or flags', async (t: TestContext) => {
  const cwd = folder(t, {
    'data/quickstart/account.json': { ...ACCOUNT, credential_id: 'quick', credential_pin: 'quick pin' },
    'old/account.json': ACCOUNT,
    'home/pin.txt': 'file pin\n',
    'mine.pin': 'my pin\n',
    'named/p.json': { base_url: 'https://a.example', credential_id: 'filed', credential_pin_file: '../home/pin.txt' },
  })
  const quick = await credential({ cwd })
  t.assert.deepEqual([quick?.id, quick?.pin], ['quick', 'quick pin'])
  t.assert.match(quick?.pinFrom ?? '', /^credential_pin in .*account\.json$/)
  t.assert.equal(await credential({ cwd, env: { COUNTERSIGN_QUICKSTART: 'old' } }), undefined)
  const flags = { profile: 'named/p.json' }
  const filed = await credential({ cwd, flags })
  t.assert.deepEqual([filed?.id, filed?.pin], ['filed', 'file pin'])
  const mine = await credential({ cwd, flags: { ...flags, 'credential-pin-file': 'mine.pin' } })
  t.assert.deepEqual([mine?.id, mine?.pin], ['filed', 'my pin'])
  const env = {
    COUNTERSIGN_BASE_URL: 'https://a.example',
    COUNTERSIGN_CREDENTIAL_ID: 'e',
    COUNTERSIGN_CREDENTIAL_PIN: 'p',
  }
  t.assert.deepEqual(await credential({ cwd, env }), { id: 'e', pin: 'p', pinFrom: 'COUNTERSIGN_CREDENTIAL_PIN' })
})

test('a PIN is not used for another credential, nor sent where nobody said', async (t: TestContext) => {
  const cwd = folder(t, {
    'data/quickstart/account.json': { ...ACCOUNT, credential_id: 'quick', credential_pin: 'quick pin' },
    'my.pin': 'hunter2',
    'secret.json': { base_url: 'https://a.example', credential_pin: 'hunter2' },
  })
  const other = await credential({ cwd, flags: { 'credential-id': 'other' } })
  t.assert.deepEqual(other, { id: 'other', pin: undefined, pinFrom: undefined })
  const elsewhere = await credential({ cwd, flags: { 'base-url': 'https://a.example', 'credential-id': 'quick' } })
  t.assert.equal(elsewhere?.pin, undefined)
  const env = { COUNTERSIGN_CREDENTIAL_PIN: 'hunter2' }
  for (const [places, fault] of [
    [
      { flags: { 'credential-pin-file': 'my.pin' } },
      /^--credential-pin-file: nobody said which platform the PIN is for/,
    ],
    [{ env }, /^COUNTERSIGN_CREDENTIAL_PIN: nobody said .* by COUNTERSIGN_BASE_URL/],
    [
      { env: { ...env, COUNTERSIGN_BASE_URL: 'https://a.example' } },
      /PIN: name the credential, too, by COUNTERSIGN_CREDENTIAL_ID/,
    ],
    [{ flags: { profile: 'secret.json' } }, /credential_pin in .* is a secret: .* credential_pin_file/],
    [
      { env: { ...env, COUNTERSIGN_CREDENTIAL_PIN_FILE: 'my.pin', COUNTERSIGN_CREDENTIAL_ID: 'a' } },
      /are two: give one/,
    ],
  ] as const) {
    const said = await faultsOf({ cwd, ...places }, credential)
    t.assert.match(said, fault)
    t.assert.doesNotMatch(said, /hunter/)
  }
  const flags = { 'credential-id': 'mine' }
  const mine = await credential({ cwd, env: { ...env, COUNTERSIGN_DATA: 'data' }, flags })
  t.assert.equal(mine?.pin, 'hunter2')
  const whose = { ...env, COUNTERSIGN_DATA: 'data', COUNTERSIGN_CREDENTIAL_ID: 'whose' }
  t.assert.equal((await credential({ cwd, env: whose, flags }))?.pin, undefined)
  const named = await credential({ cwd, env: { ...env, COUNTERSIGN_DATA: 'data' } })
  t.assert.deepEqual([named?.id, named?.pin], ['quick', 'hunter2'])
})

test('serve does not warn of variables that are meant for other commands', (t: TestContext) => {
  const env = {
    COUNTERSIGN_QUICKSTART: 'q',
    COUNTERSIGN_API_KEY_FILE: 'k',
    COUNTERSIGN_PROFILE: 'p',
    COUNTERSIGN_PROT: '1',
  }
  t.assert.match(unknownVariables(withoutProfile(env)).join(), /^COUNTERSIGN_PROT is no setting[^,]*$/)
})
