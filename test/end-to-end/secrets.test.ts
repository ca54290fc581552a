/** Every secret that the platform hands out or is given is looked for in all that it keeps, writes and tells others. */
import { createPrivateKey, randomBytes, randomUUID } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { deliverDueMails } from '../../packages/server/src/domain/deliver-mail.ts'
import { hotp, totpStep } from '../../packages/server/src/domain/totp.ts'
import { warnOfEndings } from '../../packages/server/src/domain/warn-of-endings.ts'
import { outboxDelivery } from '../../packages/server/src/mail/outbox.ts'
import { openConfiguredStore, openWorld } from '../../packages/server/src/platform.ts'
import { readConfig } from '../../packages/server/src/settings.ts'
import { freshDatabase } from '../../packages/server/test/store/postgres.ts'
import { missing, run } from '../command.ts'
import { type Answer, type Platform, type PlatformRequest, startPlatform } from '../platform.ts'
import { leaks, type Secret } from '../secret-search.ts'

const API = '/account/api/v1'

/** What a name may be told to everybody as: found wherever names are, or the search finds nothing at all. */
const CANARY = `canary-${randomUUID()}`

/** Takes note of a secret: its text, or its bytes. */
type Keep = (name: string, secret: string | Buffer) => void

type Asking = {
  readonly platform: Platform
  readonly keep: Keep
  /** As the administrator, with JSON; whatever comes back. */
  send(method: string, path: string, body?: object, options?: PlatformRequest): Promise<Answer>
  /** The same; throws unless it is a success. */
  ask<T>(method: string, path: string, body?: object, options?: PlatformRequest): Promise<T>
}

/** What hands secrets out or takes them, each by what it is about. What is new gets a step of its own here. */
const STEPS: Readonly<Record<string, (asking: Asking) => Promise<void>>> = {
  async 'the quickstart'({ platform: { account, quickstart }, keep }) {
    for (const name of ['admin_password', 'admin_api_key', 'service_api_key', 'client_p12_password'] as const)
      keep(name, account[name])
    keep('the key in key.pem', privateValueOf(readFileSync(quickstart('key.pem'), 'utf8')))
  },

  async 'API keys'({ ask, keep }) {
    const made = await ask<{ id: string; api_key: string }>('POST', `${API}/api-key`, { name: `${CANARY} key` })
    keep('an API key', made.api_key)
    const rotated = await ask<{ api_key: string }>('POST', `${API}/api-key/${made.id}/rotate`)
    keep('a rotated API key', rotated.api_key)
    const headers = { 'x-api-key': made.api_key }
    await ask('GET', `${API}/user/me`, undefined, { headers })
    await ask('PUT', `${API}/api-key/${made.id}/enable`, { enabled: false })
    await ask('DELETE', `${API}/api-key/${made.id}`)
    // What is warned of, by mail and by webhook.
    const end_date = new Date(Date.now() + 10 * 86_400_000).toISOString()
    keep(
      'an API key that ends',
      (await ask<{ api_key: string }>('POST', `${API}/api-key`, { name: `${CANARY} end`, end_date })).api_key,
    )
  },

  async 'credentials that do not count, in every place'({ send, keep, platform }) {
    const wrong = `wrong-${randomBytes(24).toString('hex')}`
    keep('a wrong credential', wrong)
    for (const headers of [
      { 'x-api-key': wrong },
      { authorization: `Bearer ${wrong}` },
      { authorization: `Basic ${Buffer.from(`user:${wrong}`).toString('base64')}` },
      { cookie: `session=${wrong}` },
    ])
      await send('GET', `${API}/user/me`, undefined, { headers: { 'x-api-key': '', ...headers } })
    await send('GET', `${API}/user/me?api_key=${wrong}&token=${wrong}`)
    for (const field of ['password', 'api_key', 'secret', 'token', 'pin', 'name'])
      await send('POST', `${API}/api-key`, { [field]: [wrong] })
    await send('GET', `${API}/user/me`, undefined, { headers: { 'x-api-key': platform.account.admin_password } })
  },

  async 'service users'({ ask, keep }) {
    type Made = { api_keys?: { api_key?: string }[]; api_key?: string }
    const roles = ['CTM_SIGNER']
    const made = await ask<Made>('POST', `${API}/user`, { friendly_name: `${CANARY} user`, roles })
    keep("a service user's API key", /"(?:api_key|token)":"([^"]{40,})"/.exec(JSON.stringify(made))?.[1] ?? '')
  },

  async 'certificates by request, and keys that somebody sends by mistake'({ send, keep, platform }) {
    const key = readFileSync(platform.quickstart('key.pem'), 'utf8')
    const refused = await send('POST', `${API}/client-auth-certificate`, { csr: key, name: 'By mistake' })
    if (refused.status !== 400) throw new Error(`a private key as csr was answered with ${refused.status}`)
    keep('the line of a key sent by mistake', key.split('\n')[2] ?? '')
  },

  async 'certificates with their key'({ ask, send, keep, platform }) {
    type Made = { id: string; password: string; download_url: string }
    const headers = { 'x-api-key': platform.account.service_api_key }
    const generate = (name: string) =>
      ask<Made>('POST', `${API}/client-auth-certificate/generate`, { name }, { headers })
    const fetched = await generate('Fetched')
    keep('the password of a P12', fetched.password)
    const path = new URL(fetched.download_url).pathname
    const { status, body } = await send('GET', path, undefined, { headers })
    if (status !== 200) throw new Error(`the P12 was answered with ${status}`)
    keep('a P12', body.subarray(200, 264))
    if (!missing('openssl')) {
      const file = join(platform.data, 'quickstart', 'fetched.p12')
      writeFileSync(file, body)
      const pass = ['-passin', `pass:${fetched.password}`]
      const { stdout } = await run('openssl', ['pkcs12', '-in', file, '-nocerts', '-nodes', ...pass])
      keep('the key of a P12', privateValueOf(stdout))
    }
    keep('the password of a P12 that waits', (await generate('Waits')).password)
  },

  'people who sign in': signInAsPerson,

  async 'content credentials'({ ask, send, keep }) {
    const [password, pin, next] = ['a P12', 'a PIN', 'a next PIN'].map((name) => {
      const text = `typed-${randomUUID()}`
      keep(`what somebody typed for ${name}`, text)
      return text
    }) as [string, string, string]
    const path = '/documentmanager/api/v2/credential'
    const pkcs12 = Buffer.from(`no P12 but ${password}`).toString('base64')
    const refused = await send('POST', `${path}/import`, { nickname: 'Imported', pkcs12, password })
    if (refused.status !== 400) throw new Error(`what is no P12 was answered with ${refused.status}`)
    for (const { id } of await ask<{ id: string }[]>('GET', path))
      await send('PUT', `${path}/${id}/pin`, { pin, new_pin: next })
  },

  async 'remote signing'({ platform: { account, request }, keep }) {
    keep('a PIN', account.credential_pin)
    const headers = { 'content-type': 'application/json' }
    const csc = async (method: string, body: object): Promise<{ SAD?: string }> => {
      const bytes = Buffer.from(JSON.stringify({ credentialID: account.credential_id, ...body }))
      const path = `/documentmanager/csc/v1/${method}`
      return (await request('clientauth', path, { method: 'POST', headers, body: bytes })).json()
    }
    const [first, second] = [randomBytes(32), randomBytes(32)].map((hash) => hash.toString('base64'))
    const wrong = `wrong-${randomUUID()}`
    keep('a wrong PIN', wrong)
    await csc('credentials/authorize', { numSignatures: 1, hash: [first], PIN: wrong })
    await csc('credentials/authorize', { numSignatures: 1, hash: [first], authData: [{ id: 'PIN', value: [wrong] }] })
    const PIN = account.credential_pin
    const { SAD = '' } = await csc('credentials/authorize', { numSignatures: 3, hash: [first], PIN })
    const next = await csc('credentials/extendTransaction', { SAD, hash: [second] })
    for (const [name, sad = ''] of Object.entries({ 'an SAD': SAD, 'the next SAD': next.SAD })) {
      keep(name, sad)
      keep(`the bytes of ${name}`, Buffer.from(sad, 'base64'))
      if (sad.length !== 44) throw new Error(`${name} is not one`)
    }
    await csc('signatures/signHash', { SAD: next.SAD, hash: [second], signAlgo: '1.2.840.10045.4.3.2' })
    // One that was used, and ones in places where they don't belong.
    for (const body of [{ SAD: next.SAD }, { SAD: [SAD] }, { signAlgo: SAD }, { credentialID: SAD }])
      await csc('signatures/signHash', { SAD, hash: [second], signAlgo: '1.2.840.10045.4.3.2', ...body })
  },

  async 'certificates of devices'({ ask, send, keep, platform }) {
    const path = '/iot/api/v1/certificate'
    const pkcs12_password = randomBytes(9).toString('hex')
    keep('what was given as the password of a P12 of a device', pkcs12_password)
    const wish = {
      enrollment_profile_id: platform.account.enrollment_profile_id,
      certificate_profile_attributes: [{ id: 'subject.common_name', value: `${CANARY.slice(0, 40)} device` }],
      server_side_key_gen: true,
    }
    const enroll = (more: object) => ask<{ private_key: string }>('POST', path, { ...wish, ...more })
    for (const key_type of ['p_256', 'rsa_2048', 'ed_25519'])
      keep(
        `the key of a device, ${key_type}`,
        privateValueOf((await enroll({ private_key_format: 'pem', key_type })).private_key),
      )
    const { private_key } = await enroll({ private_key_format: 'pkcs_12', pkcs12_password })
    keep('the P12 of a device', Buffer.from(private_key, 'base64').subarray(200, 264))
    const typed = `not fit: ${randomUUID()}`
    keep('a password for the P12 of a device that is not fit', typed)
    const refused = await send('POST', path, { ...wish, private_key_format: 'pkcs_12', pkcs12_password: typed })
    if (refused.status !== 400) throw new Error(`a password that is not fit was answered with ${refused.status}`)
  },

  async 'certificates that somebody approves, and keys that tell a request from others'({ ask, keep, platform }) {
    const profiles = '/iot/api/v1/enrollment-profile'
    type Profile = { id: string; division: { id: string }; certificate_profile: { id: string } }
    const first = await ask<Profile>('GET', `${profiles}/${platform.account.enrollment_profile_id}`)
    const { id: enrollment_profile_id } = await ask<Profile>('POST', profiles, {
      name: 'Approved',
      division_id: first.division.id,
      certificate_profile_id: first.certificate_profile.id,
      approval: 'manual',
    })
    const idempotencyKey = randomUUID()
    keep('an Idempotency-Key', idempotencyKey)
    const headers = { 'x-api-key': platform.account.service_api_key }
    const passwords = [randomBytes(9).toString('hex'), randomBytes(9).toString('hex')]
    for (const password of passwords) keep('the password of a P12 that is picked up, or was to be', password)
    const wish = { private_key_format: 'pkcs_12', pkcs12_password: passwords[0] }
    const { certificate_request_id } = await ask<{ certificate_request_id: string }>(
      'POST',
      '/iot/api/v1/certificate',
      {
        ...wish,
        enrollment_profile_id,
        server_side_key_gen: true,
        certificate_profile_attributes: [{ id: 'subject.common_name', value: 'approved' }],
      },
      { headers: { ...headers, 'idempotency-key': idempotencyKey } },
    )
    const path = `/iot/api/v1/certificate-request/${certificate_request_id}`
    await ask('PUT', `${path}/approve`)
    const body = { private_key_format: 'pkcs_12', pkcs12_password: passwords[1] }
    const { private_key } = await ask<{ private_key: string }>('POST', `${path}/pickup`, body, { headers })
    keep('the P12 that is picked up', Buffer.from(private_key, 'base64').subarray(200, 264))
  },

  async 'enrollment over secure transport'({ ask, keep, platform: { account, request } }) {
    const { enrollment_profile_id: profile } = account
    const path = `/iot/api/v1/enrollment-profile/${profile}/passcode`
    const { passcode } = await ask<{ passcode: string }>('POST', path, { name: `${CANARY.slice(0, 40)} line` })
    keep('a passcode', passcode)
    const wrong = randomBytes(16).toString('hex')
    keep('a wrong passcode', wrong)
    const csr =
      'MIGSMEYCAQAwEzERMA8GA1UEAwwIZW5yb2xsZWQwKjAFBgMrZXADIQDANE5LMAgK4SkVHblV3ll++Ta3c7DSozyeertY3RXhZ6AAMAUGAytlcANBAPsAOoq/Z8k1mZn7QrV4PnFjpoI47hMpdkxijmiifkh0rllOoHMxqmXA6O86MOS2JmIPKPUerjh4hozQCjOS2Ac='
    for (const [password, expected] of [
      [wrong, 401],
      [passcode, 200],
    ] as const) {
      const answer = await request('api', `/.well-known/est/${profile}/serverkeygen`, {
        method: 'POST',
        headers: {
          'content-type': 'application/pkcs10',
          authorization: `Basic ${Buffer.from(`line:${password}`).toString('base64')}`,
        },
        body: Buffer.from(csr),
      })
      if (answer.status !== expected) throw new Error(`EST answered ${answer.status}: ${answer.body}`)
      const [, base64 = ''] = /pkcs8\r\n.*\r\n\r\n([^-]+)/.exec(String(answer.body)) ?? []
      if (expected === 200)
        keep(
          'a key made over EST',
          privateValueOf(`-----BEGIN PRIVATE KEY-----\n${base64.trim()}\n-----END PRIVATE KEY-----\n`),
        )
    }
  },

  async 'a passcode in place of a key'({ ask, keep, platform: { account, request } }) {
    const path = `/iot/api/v1/enrollment-profile/${account.enrollment_profile_id}/passcode`
    const made = await ask<{ id: string; passcode: string }>('POST', path, { name: 'Line 2', usage_limit: 1 })
    keep('a passcode of the API', made.passcode)
    const wrong = '2'.repeat(8) + randomBytes(12).toString('hex')
    keep('a wrong passcode of the API', wrong)
    const csr = 'none'
    for (const [headers, expected] of [
      [{ 'x-passcode': wrong }, 401],
      [{ 'x-passcode': `${made.passcode}x` }, 401],
      [{ 'x-passcode': made.passcode }, 400],
      [{ 'x-passcode': made.passcode, 'x-api-key': account.admin_api_key }, 400],
      [{ 'x-api-key': made.passcode }, 401],
    ] as const) {
      const body = Buffer.from(JSON.stringify({ csr }))
      const sent = { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body }
      const { status } = await request('api', '/iot/api/v1/certificate', sent)
      if (status !== expected) throw new Error(`a passcode was answered with ${status} in place of ${expected}`)
    }
    await ask('PUT', `${path}/${made.id}`, { status: 'DISABLED' })
    await ask('DELETE', `${path}/${made.id}`)
  },

  async webhooks({ ask, keep }) {
    const events = ['api_key.created', 'api_key.ending', 'user.created', 'client_auth_certificate.issued']
    const made = await ask<{ id: string; secret: string }>('POST', `${API}/webhook`, {
      url: `https://${CANARY}.invalid/`,
      events,
    })
    const rotated = await ask<{ secret: string }>('POST', `${API}/webhook/${made.id}/rotate`)
    await ask('POST', `${API}/webhook/${made.id}/test`)
    for (const [name, { secret }] of Object.entries({ 'a webhook': made, 'a rotated webhook': rotated })) {
      keep(`the secret of ${name}`, secret)
      keep(`the bytes of the secret of ${name}`, Buffer.from(secret.slice('whsec_'.length), 'base64'))
    }
    await ask('POST', `${API}/api-key`, { name: `${CANARY} told` })
  },
}

/** What people type and are shown. The tokens of mails stand in the outbox, which is a delivery. */
async function signInAsPerson({ platform: { account, request }, keep }: Asking): Promise<void> {
  const { admin_email: email, admin_password: password } = account
  const typed = (name: string): string => {
    const text = `${name} ${randomUUID()}`
    keep(name, text)
    return text
  }
  // Without the key of the administrator: a cookie does not go along with one.
  const ask = async (method: string, path: string, body?: object, browser: Browser = {}): Promise<Answer> => {
    const { cookie, csrf = '' } = browser
    const headers = {
      'x-csrf-token': csrf,
      ...(cookie && { cookie }),
      ...(body && { 'content-type': 'application/json' }),
    }
    const bytes = body && Buffer.from(JSON.stringify(body))
    return request('api', `${API}${path}`, { method, headers, ...(bytes && { body: bytes }) })
  }
  const browserOf = ({ headers, body, status }: Answer): Browser => {
    if (status > 201) throw new Error(`${status} ${body}`)
    const cookie = String(headers['set-cookie']).split(';')[0] as string
    const csrf = (JSON.parse(body.toString()) as { csrf_token: string }).csrf_token
    keep('the token of a session', cookie.split('=')[1] as string)
    keep('the CSRF token of a session', csrf)
    return { cookie, csrf }
  }
  await ask('POST', '/session', { email, password: typed('a wrong password') })
  await ask('POST', '/session', { email, password: [typed('a password in an array')] })
  await ask('POST', '/session', { email: typed('a password in the field of the address'), password: 'wrong' })
  await ask('POST', '/password', { token: typed('a wrong token'), password: typed('a password for a wrong token') })
  const first = browserOf(await ask('POST', '/session', { email, password }))
  await ask('DELETE', '/user/me/session', undefined, { cookie: `__Host-countersign=${typed('a wrong cookie')}` })
  const change = { current_password: password, new_password: typed('a new password') }
  const second = browserOf(await ask('PUT', '/user/me/password', change, first))
  const enrolled = await ask('POST', '/user/me/totp', { password: change.new_password }, second)
  const { secret } = JSON.parse(enrolled.body.toString()) as { secret: string }
  keep('the secret of a second factor', secret)
  const bits = Array.from(secret, (letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  ).join('')
  const bytes = Buffer.from((bits.match(/.{8}/g) as string[]).map((byte) => Number.parseInt(byte, 2)))
  keep('the bytes of the secret of a second factor', bytes)
  const totp = hotp(bytes, totpStep(new Date()))
  const confirmed = await ask('POST', '/user/me/totp/confirm', { totp }, second)
  const codes = (JSON.parse(confirmed.body.toString()) as { recovery_codes: string[] }).recovery_codes
  for (const code of codes) {
    keep('a recovery code', code)
    keep('a recovery code without its dashes', code.replaceAll('-', ''))
  }
  const proof = { password: change.new_password, recovery_code: codes[0] }
  browserOf(await ask('POST', '/session', { email, ...proof }))
  await ask('POST', '/password/reset', { email })
  await ask('DELETE', '/session', undefined, second)
}

type Browser = { readonly cookie?: string; readonly csrf?: string }

/** What the operator gives it: secrets too, and of the other database and mail. */
type Operator = { readonly environment: Record<string, string>; readonly secrets: readonly [string, string | Buffer][] }

type Database = {
  /** Makes its keys so old that a warning of their end is due. */
  age(): Promise<void>
  dump(): Promise<Map<string, Buffer>>
  /** Waits for what the platform does by itself. */
  settle?(platform: Platform): Promise<void>
}

async function tellAll(
  t: TestContext,
  data: string,
  operator: Operator,
  database: Database,
): Promise<{ secrets: Secret[]; places: Map<string, Buffer> }> {
  const secrets: Secret[] = []
  const keep: Keep = (name, secret) => {
    const bytes = Buffer.from(secret as string)
    if (bytes.length < 12) throw new Error(`${name} has ${bytes.length} bytes: that is nothing to look for`)
    secrets.push({ name, bytes })
  }
  for (const [name, secret] of operator.secrets) keep(name, secret)
  const environment = { COUNTERSIGN_LOG_LEVEL: 'trace', ...operator.environment }
  const first = await startPlatform({ data, environment })
  t.after(() => first.stop())
  // The log has the paths that there are not.
  await asking(first).send('GET', `/nothing/${CANARY}`)
  for (const step of Object.values(STEPS)) await step({ ...asking(first), platform: first, keep })
  await database.settle?.(first)
  await first.stop()
  await database.age()
  await warn(data, environment)

  const second = await startPlatform({ data, environment })
  t.after(() => second.stop())
  const { send, ask } = asking(second)
  const places = new Map<string, Buffer>()
  const { paths } = (await send('GET', '/openapi.json')).json<{ paths: Record<string, Record<string, unknown>> }>()
  for (const [path, methods] of Object.entries(paths))
    if ('get' in methods && !path.includes('{')) places.set(`GET ${path}`, (await send('GET', path)).body)
  for (const { id } of await ask<{ id: string }[]>('GET', `${API}/webhook`))
    places.set('the deliveries', (await send('GET', `${API}/webhook/${id}/delivery`)).body)
  const csv = { headers: { accept: 'text/csv' } }
  places.set('the audit log as CSV', (await send('GET', `${API}/audit-log`, undefined, csv)).body)
  for (const [name, content] of await database.dump()) places.set(name, content)
  for (const [name, content] of filesOf(data)) places.set(name, content)
  await second.stop()
  for (const [name, content] of filesOf(data)) places.set(`${name} after the end`, content)
  // What a first start prints is meant to be read by who started it.
  const printed = first.output().replace(/^.*Password .*$/m, '')
  places.set('what it printed', Buffer.from(printed + second.output()))
  return { secrets, places }
}

/** What an hourly job does, at once: queues the warnings, and where mail goes to the outbox puts them there. */
async function warn(data: string, environment: Record<string, string>): Promise<void> {
  const config = readConfig({ env: { ...environment, COUNTERSIGN_DATA: data } })
  const store = await openConfiguredStore(config)
  const now = () => new Date()
  const world = await openWorld(config, { store, now, pkiUrl: '', onRevocation: () => undefined })
  if ((await warnOfEndings(world)) === 0) throw new Error('nobody was warned')
  if (!config.smtpUrl) {
    const delivery = outboxDelivery({ folder: join(data, 'outbox'), from: config.mailFrom, domain: config.domain })
    await deliverDueMails(world, delivery, (_mail, error) => {
      throw error
    })
  }
  await store.close()
}

function asking(platform: Platform): Pick<Asking, 'send' | 'ask'> {
  const send: Asking['send'] = (method, path, body, { headers, ...options } = {}) =>
    platform.request('api', path, {
      method,
      ...options,
      headers: {
        'x-api-key': platform.account.admin_api_key,
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body && { body: Buffer.from(JSON.stringify(body)) }),
    })
  return {
    send,
    async ask<T>(...args: Parameters<Asking['send']>): Promise<T> {
      const answer = await send(...args)
      if (answer.status >= 300) throw new Error(`${args[0]} ${args[1]}: ${answer.status} ${answer.body}`)
      return (answer.body.length > 0 ? answer.json<T>() : undefined) as T
    },
  }
}

/** What is secret of a private key, PEM: its public part is in certificates. */
function privateValueOf(pem: string): Buffer {
  const { d = '' } = createPrivateKey(pem).export({ format: 'jwk' })
  return Buffer.from(d, 'base64url').subarray(0, 64)
}

/** All files of a data folder but the deliveries: `quickstart/` is meant to be read, and the master key to be there. */
function filesOf(data: string): Map<string, Buffer> {
  const files = readdirSync(data, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile())
  return new Map(
    files
      .map(({ parentPath, name }) => join(parentPath, name))
      .filter((path) => !path.startsWith(join(data, 'quickstart')) && path !== join(data, 'master.key'))
      .map((path) => [path.slice(data.length + 1), readFileSync(path)]),
  )
}

async function dataFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-secrets-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Where the canary has to be found, each in some place whose name begins so. */
function unfound(expected: readonly string[], places: Map<string, Buffer>): string[] {
  const found = leaks([{ name: 'it', bytes: Buffer.from(CANARY) }], places)
  return expected.filter((place) => !found.some((sentence) => sentence.startsWith(`it is in ${place}`)))
}

const KEYS_ARE_OLD = 'update api_keys set created_at = 0'

describe('everywhere', { concurrency: 2 }, () => {
  test('no secret is in the SQLite file, the log, the outbox, the audit log or any answer', async (t: TestContext) => {
    const data = await dataFolder(t)
    const age = async (): Promise<void> => {
      const database = new DatabaseSync(join(data, 'countersign.db'))
      database.exec(KEYS_ARE_OLD)
      database.close()
    }
    const operator = { environment: {}, secrets: [] }
    const { secrets, places } = await tellAll(t, data, operator, { age, dump: async () => new Map() })
    t.assert.ok(secrets.length >= 15, String(secrets.length))
    t.assert.deepEqual(
      unfound(
        [
          'countersign.db',
          'outbox/',
          'GET /account/api/v1/audit-log',
          'the audit log as CSV',
          'the deliveries',
          'what it printed',
        ],
        places,
      ),
      [],
    )
    t.assert.ok(places.has('GET /metrics'))
    t.assert.deepEqual(leaks(secrets, places), [])
  })

  test('no secret is in the tables of PostgreSQL, nor those of database, mail server and master key in the log', async (t: TestContext) => {
    const url = await freshDatabase()
    if (!url) return t.skip('there is no PostgreSQL')
    const data = await dataFolder(t)
    const [databasePassword, mailPassword] = [randomUUID(), randomUUID()]
    const masterKey = randomBytes(32)
    const withPassword = new URL(url)
    withPassword.password = databasePassword
    const query = async <T extends pg.QueryResultRow>(sql: string): Promise<T[]> => {
      const client = new pg.Client({ connectionString: url })
      await client.connect()
      const { rows } = await client.query<T>(sql)
      await client.end()
      return rows
    }
    const dump = async (): Promise<Map<string, Buffer>> => {
      const tables = await query<{ name: string }>(
        "select tablename as name from pg_tables where schemaname = 'public'",
      )
      const places = new Map<string, Buffer>()
      for (const { name } of tables) {
        const values = (await query(`select * from "${name}"`)).flatMap((row) => Object.values(row))
        places.set(
          `the table ${name}`,
          Buffer.concat(values.map((value) => (Buffer.isBuffer(value) ? value : Buffer.from(`${value}\n`)))),
        )
      }
      return places
    }
    const { secrets, places } = await tellAll(
      t,
      data,
      {
        environment: {
          COUNTERSIGN_DATABASE_URL: withPassword.href,
          COUNTERSIGN_SMTP_URL: `smtp://mailer:${mailPassword}@127.0.0.1:1`,
          COUNTERSIGN_MASTER_KEY: masterKey.toString('base64'),
        },
        secrets: [
          ['the password of the database', databasePassword],
          ['the password of the mail server', mailPassword],
          ['the master key', masterKey],
        ],
      },
      {
        age: async () => void (await query(KEYS_ARE_OLD)),
        dump,
        async settle(platform) {
          for (let tries = 0; tries < 300 && !platform.output().includes('a mail was not delivered'); tries++)
            await delay(50)
        },
      },
    )
    t.assert.deepEqual(
      unfound(
        [
          'the table api_keys',
          'the table audit_events',
          'the table webhook_deliveries',
          'GET /account/api/v1/audit-log',
        ],
        places,
      ),
      [],
    )
    t.assert.ok(places.get('the table mails')?.length)
    t.assert.match(`${places.get('what it printed')}`, /a mail was not delivered/)
    t.assert.deepEqual(leaks(secrets, places), [])
  })
})

test('what is there is found, however it is written and wherever it begins', (t: TestContext) => {
  for (const bytes of [randomBytes(16), randomBytes(32), Buffer.from(`Secret/${randomUUID()}+`)]) {
    const text = bytes.toString('utf8')
    for (let before = 0; before < 3; before++) {
      const among = Buffer.concat([randomBytes(before + 30), bytes, randomBytes(30)])
      for (const written of [
        among,
        among.toString('hex'),
        among.toString('hex').toUpperCase(),
        among.toString('base64'),
        among.toString('base64url'),
        ...(Buffer.from(text).equals(bytes) ? [`?a=${encodeURIComponent(text)}&`, JSON.stringify({ text })] : []),
      ]) {
        const place = Buffer.from(written as string)
        t.assert.equal(leaks([{ name: 'it', bytes }], new Map([['there', place]])).length > 0, true, `${written}`)
        t.assert.deepEqual(leaks([{ name: 'it', bytes: randomBytes(32) }], new Map([['there', place]])), [])
      }
    }
    const cut = Buffer.concat([bytes.subarray(0, bytes.length - 4), Buffer.from('next page'), bytes.subarray(-4)])
    if (bytes.length >= 32) t.assert.ok(leaks([{ name: 'it', bytes }], new Map([['there', cut]])).length > 0)
  }
})
