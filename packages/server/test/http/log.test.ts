import { after, before, type TestContext, test } from 'node:test'
import { createLog } from '../../src/http/log.ts'
import { json, startTestPlatform, type TestPlatform } from './test-platform.ts'

/** What of the API has a name as secrets have, and is none; each here on purpose. */
const NO_SECRETS = [
  ...['application_code', 'code', 'encoded_signed_content'],
  ...['auth', 'authData', 'authInfo', 'authMode', 'authType', 'authentication_certificate_id'],
  ...['api_key_id', 'admin_api_key_id', 'key', 'idempotency-key', 'public_key'],
  ...['key_generation', 'key_generation_option', 'key_type', 'key_type_option', 'key_types', 'key_usages'],
  ...['allow_key_reuse', 'extended_key_usages', 'previous_key_end_date', 'server_side_key_gen'],
  ...['private_key_format', 'private_key_syntax', 'passcode_id', 'passcode_length'],
  ...['credentialID', 'credentialIDs', 'credentialInfo', 'credentialInfos', 'credential_id'],
  ...['password_change_advised', 'pin_attempts_left', 'pin_status', 'previous_secret_end_date'],
  ...['pageToken', 'nextPageToken', 'recovery_codes_left', 'totp_enabled'],
]

const LOOKS_SECRET =
  /pass|secret|token|key|^new_pin|pin$|pin_|otp|^sad$|cookie|csrf|code|^auth|credential|p12|pkcs12|recovery|^uri$/i

let platform: TestPlatform
before(async () => {
  platform = await startTestPlatform()
})
after(() => platform.stop())

/** Names of fields, parameters and headers, wherever they stand in the document. */
function namesIn(part: unknown, names: Set<string>): void {
  if (typeof part !== 'object' || part === null) return
  const { properties, name, in: place } = part as Record<string, unknown>
  if (typeof properties === 'object') for (const field of Object.keys(properties ?? {})) names.add(field)
  if (typeof name === 'string' && typeof place === 'string') names.add(place === 'cookie' ? 'cookie' : name)
  for (const [member, value] of Object.entries(part))
    if (member !== 'example' && member !== 'examples') namesIn(value, names)
}

const SECRET = 'hunter2'
/** The line of what is logged. */
function lineOf(fields: object): string {
  const lines: string[] = []
  createLog('info', { write: (line) => void lines.push(line) })
    .child({ reqId: 'r' })
    .info(fields, 'told')
  return lines.join('')
}

test('no field or header of the API that holds a secret is logged, however deep it lies', async (t: TestContext) => {
  const names = new Set<string>()
  namesIn(json<object>(await platform.ask('/openapi.json', { door: 'api' })), names)
  const secrets = [...names].filter((name) => LOOKS_SECRET.test(name) && !NO_SECRETS.includes(name))
  for (const name of ['x-passcode', 'private_key', 'pkcs12_password', 'SAD']) t.assert.ok(secrets.includes(name), name)
  for (const name of [...secrets, 'authorization', 'set-cookie', 'privateKey', ...Object.keys(quickstartSecrets())]) {
    const secret = { [name]: SECRET }
    const failure = Object.assign(new Error('failed'), { request: secret })
    for (const fields of [secret, { a: secret }, { a: [{ b: secret }] }, { err: failure }, { a: { cause: failure } }])
      t.assert.doesNotMatch(lineOf(fields), /hunter2/, name)
  }
  // What is told of here is in the document, or it would say nothing.
  t.assert.deepEqual(
    NO_SECRETS.filter((name) => !(names.has(name) && LOOKS_SECRET.test(name))),
    [],
  )
})

/** What of the quickstart's file opens something. */
const quickstartSecrets = (): object =>
  Object.fromEntries(Object.entries(platform.account).filter(([name]) => /password|api_key|pin$/.test(name)))

test('everything else is logged as it is', (t: TestContext) => {
  const failure = Object.assign(new RangeError('too far'), { code: 'E_FAR' })
  const at = new Date()
  const line = JSON.parse(lineOf({ status: 200, at, list: [1, { two: null }], err: failure }))
  t.assert.deepEqual([line.reqId, line.status, line.at, line.msg], ['r', 200, at.toISOString(), 'told'])
  t.assert.deepEqual(line.list, [1, { two: null }])
  t.assert.deepEqual([line.err.type, line.err.message, line.err.code], ['RangeError', 'too far', 'E_FAR'])
  t.assert.match(line.err.stack, /RangeError: too far\n/)
  const round: Record<string, unknown> = {}
  round.again = round
  t.assert.match(lineOf(round), /\[deep\]/)
})

test('what is thrown with much on it is told in part, and bytes by their number', (t: TestContext) => {
  const failure = Object.assign(new Error('failed'), { read: new Uint8Array(1e6), rest: Buffer.alloc(9) })
  const { err } = JSON.parse(lineOf({ err: failure }))
  t.assert.deepEqual([err.read, err.rest], ['[1000000 bytes]', '[9 bytes]'])
  const wide: Record<string, unknown> = {}
  for (let n = 0; n < 20; n++) wide[`member${n}`] = n % 2 ? wide : [wide, wide]
  const list = Array.from({ length: 1e5 }, (_, n) => n)
  for (const fields of [wide, { list }, { wide, list }]) {
    const line = lineOf(fields)
    t.assert.equal(line.length < 50_000, true, `${line.length}`)
  }
})
