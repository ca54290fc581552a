import { createHash, createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { after, before, type TestContext, test } from 'node:test'
import { decodePemBlock, encodeBase64, encodePem } from '@countersign/codec'
import {
  attribute,
  Certificate,
  CertificateList,
  createSigner,
  extendedKeyUsage,
  extensions,
  type Name,
  name,
  oids,
  type Signer,
  signCertificationRequest,
  subjectAlternativeName,
} from '@countersign/pki'
import { publishRevocationList } from '../../src/domain/revocation-list.ts'
import { eventsOf } from '../store/events-of.ts'
import { type Answer, type AskOptions, json, startTestPlatform, type TestPlatform } from './test-platform.ts'

const PATH = '/account/api/v1/client-auth-certificate'
const ME = '/account/api/v1/user/me'
const DAY = 86_400_000
const UNAUTHENTICATED = { errors: [{ code: 'AUTHORIZATION_ERROR', message: 'No authentication data provided' }] }

let platform: TestPlatform
before(async () => {
  platform = await startTestPlatform()
})
after(() => platform.stop())

type Made = {
  readonly id: string
  readonly user_id: string
  readonly name: string
  readonly common_name: string
  readonly x509_cert: string
  readonly ca_cert: string
  readonly end_date: string
  readonly start_date: string
  readonly enabled: boolean
  readonly serial_number: string
  readonly public_key: string
}

type Pair = { readonly privateKey: string; readonly signer: Signer }

async function pair(type: 'P-256' | 'P-384' | 'P-521' | 'Ed25519' | number = 'P-256'): Promise<Pair> {
  const { privateKey } =
    typeof type === 'number'
      ? generateKeyPairSync('rsa', { modulusLength: type })
      : type === 'Ed25519'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('ec', { namedCurve: type })
  const algorithms = { 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512', Ed25519: 'EdDSA' } as const
  const algorithm = typeof type === 'number' ? 'RS256' : algorithms[type]
  const bytes = new Uint8Array(privateKey.export({ type: 'pkcs8', format: 'der' }))
  return { privateKey: encodePem('PRIVATE KEY', bytes), signer: await createSigner(algorithm, bytes) }
}

async function csr(
  keys?: Pair,
  subject: Name = name({ CN: 'Demo API Service User', O: 'Your Organization', C: 'US' }),
): Promise<string> {
  return encodePem('CERTIFICATE REQUEST', await signCertificationRequest({ subject }, (keys ?? (await pair())).signer))
}

const key = (text = platform.account.service_api_key): AskOptions => ({ door: 'api', headers: { 'x-api-key': text } })

function send(path: string, method: string, body: object, options: AskOptions = key()): Promise<Answer> {
  const headers = { ...(options.headers as Record<string, string>), 'content-type': 'application/json' }
  return platform.ask(path, { ...options, method, headers, body: Buffer.from(JSON.stringify(body)) })
}

const post = (body: object, options?: AskOptions): Promise<Answer> => send(PATH, 'POST', body, options)

async function make(wish: object, given?: Pair): Promise<Made & { readonly keys: Pair }> {
  const keys = given ?? (await pair())
  const answer = await post({ csr: await csr(keys), ...wish })
  if (answer.status !== 201) throw new Error(`${answer.status} ${answer.body}`)
  return { ...json<Made>(answer), keys }
}

const me = (made: Made & { readonly keys: Pair }): Promise<Answer> =>
  platform.ask(ME, { cert: made.x509_cert, key: made.keys.privateKey, agent: false })

async function revoked({ x509_cert }: Made) {
  const fingerprint = createHash('sha256').update(decodePemBlock(x509_cert, 'CERTIFICATE')).digest()
  return platform.world.store.certificates.findByFingerprint(new Uint8Array(fingerprint))
}

/** Everything that a refused request could leave behind. */
async function stored(): Promise<string> {
  const { clientAuthCertificates, certificates, auditEvents, users } = platform.world.store
  const all = await users.list(platform.account.account_id)
  const kept = await Promise.all(all.map(({ id }) => clientAuthCertificates.listWithCertificates(id)))
  const reserved = await certificates.listReserved(new Date(Date.now() + DAY), 100)
  const events = await eventsOf(auditEvents, platform.account.account_id, 1_000)
  const ids = [...kept.flat().map(({ clientAuthCertificate }) => clientAuthCertificate), ...reserved].map(
    ({ id }) => id,
  )
  return JSON.stringify([ids, events.filter(({ status }) => status === 'success').map(({ id }) => id)])
}

async function refused(t: TestContext, answer: Promise<Answer>, status: number, says: RegExp): Promise<void> {
  const { status: found, body } = await answer
  t.assert.equal(found, status, body.toString())
  t.assert.match((JSON.parse(body.toString()) as typeof UNAUTHENTICATED).errors[0]?.message ?? '', says)
}

test('a certificate for every kind of key, with every field of the reference, that counts at once', async (t: TestContext) => {
  for (const type of [2048, 'P-256', 'P-384', 'P-521', 'Ed25519'] as const) {
    const keys = await pair(type)
    const made = await make({ name: `For ${type}` }, keys)
    t.assert.deepEqual(Object.keys(made).sort(), [
      'ca_cert',
      'common_name',
      'enabled',
      'end_date',
      'id',
      'keys',
      'name',
      'public_key',
      'serial_number',
      'start_date',
      'user_id',
      'x509_cert',
    ])
    const certificate = Certificate.decode(decodePemBlock(made.x509_cert, 'CERTIFICATE'))
    t.assert.equal(made.public_key, encodeBase64(keys.signer.publicKey))
    t.assert.match(made.serial_number, /^([0-9A-F]{2})+$/)
    t.assert.equal(BigInt(`0x${made.serial_number}`), certificate.serialNumber)
    t.assert.equal(made.end_date, certificate.notAfter.toISOString().replace('.000', ''))
    t.assert.equal(made.start_date, certificate.notBefore.toISOString().replace('.000', ''))
    t.assert.equal((certificate.notAfter.getTime() - certificate.notBefore.getTime() + 1000) / DAY, 365)
    t.assert.deepEqual([made.user_id, made.enabled], [platform.account.service_user_id, true])
    t.assert.equal(made.common_name, 'Demo API Service User')
    t.assert.deepEqual(extendedKeyUsage(certificate), [oids.clientAuth])
    t.assert.equal(json<{ id: string }>(await me(made)).id, platform.account.service_user_id)
  }
})

test('of a request only key and subject are taken', async (t: TestContext) => {
  const keys = await pair()
  const request = await signCertificationRequest(
    {
      subject: name({ CN: 'Sneaky' }),
      extensions: [
        extensions.basicConstraints({ cA: true }),
        extensions.extendedKeyUsage([oids.serverAuth]),
        extensions.subjectAlternativeName([{ type: 'dNSName', value: 'bank.example' }]),
      ],
    },
    keys.signer,
  )
  const made = await make({ csr: encodePem('NEW CERTIFICATE REQUEST', request), name: 'Sneaky' }, keys)
  const certificate = Certificate.decode(decodePemBlock(made.x509_cert, 'CERTIFICATE'))
  t.assert.deepEqual(extendedKeyUsage(certificate), [oids.clientAuth])
  t.assert.equal(subjectAlternativeName(certificate), undefined)
})

test('requests that are none, weak, forged or hostile are refused, and nothing is stored', async (t: TestContext) => {
  const before = await stored()
  const good = await csr()
  const der = decodePemBlock(good, 'CERTIFICATE REQUEST')
  const forged = new Uint8Array(der)
  forged[forged.length - 1] = (forged[forged.length - 1] as number) ^ 1
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['none', 'hello', /csr: it is no PKCS #10/],
    ['empty', '', /csr: it is no PKCS #10/],
    ['two', good + good, /csr: it holds 2 requests/],
    ['certificate', platform.certificate, /csr: it holds 0 requests/],
    ['forged', encodePem('CERTIFICATE REQUEST', forged), /csr: its signature/],
    ['cut', encodePem('CERTIFICATE REQUEST', der.subarray(0, -1)), /csr: it is no PKCS #10/],
    ['RSA 1024', await csr(await pair(1024)), /csr: its key is not accepted/],
    ['no CN', await csr(undefined, name({ O: 'Nobody' })), /csr: .*common name/],
    ['empty', await csr(undefined, []), /csr: .*common name/],
    ['long CN', await csr(undefined, name({ CN: 'x'.repeat(65) })), /too long/],
    ['huge', await csr(undefined, name({ CN: 'x', title: 'x'.repeat(3000) })), /csr: its subject is too long/],
    ['many', await csr(undefined, name({ CN: 'x', OU: new Array(99).fill('x') })), /csr: its subject is too long/],
    ['line', await csr(undefined, name({ CN: 'a\nb' })), /csr: .*one line/],
    ['NUL', await csr(undefined, name({ CN: 'a\0b' })), /csr: .*one line/],
    ['turned', await csr(undefined, name({ CN: 'admin\u202Egnp.exe' })), /csr: .*one line/],
    ['UID', await csr(undefined, name({ CN: 'x', UID: '8b210e38-b8a9-41df-a96e-1ffe4512f6d1' })), /csr: the UID/],
    [
      'country',
      await csr(undefined, [[attribute(oids.commonName, 'x')], [attribute(oids.countryName, 'USA')]]),
      /country/,
    ],
  ]
  for (const [what, text, says] of cases) await refused(t, post({ csr: text, name: `Hostile ${what}` }), 400, says)
  for (let length = 0; length < der.length; length += 7)
    t.assert.equal((await post({ csr: encodeBase64(der.subarray(0, length)), name: 'Cut' })).status, 400)
  t.assert.equal(await stored(), before)
})

test('names are unique, and of letters, digits, spaces, dashes and underscores', async (t: TestContext) => {
  await make({ name: 'CI_CD - 1' })
  const before = await stored()
  for (const wrong of ['', ' ', ' x', 'x ', 'a/b', 'ä', 'a\n', '<b>', 'x'.repeat(101), "o'x", '\u202e'])
    await refused(t, post({ csr: await csr(), name: wrong }), 400, /name: /)
  await refused(t, post({ csr: await csr(), name: 'CI_CD - 1' }), 409, /this name already/)
  const rivals = await Promise.all(
    Array.from({ length: 6 }, async () => post({ csr: await csr(), name: 'quickstart' })),
  )
  t.assert.deepEqual(new Set(rivals.map(({ status }) => status)), new Set([409]))
  await refused(t, post({ name: 'x' }), 400, /csr/)
  await refused(t, post({ csr: await csr() }), 400, /name/)
  t.assert.equal(await stored(), before)
})

test('an end may be chosen, within 397 days and before all that it depends on', async (t: TestContext) => {
  const at = (days: number): string => `${new Date(Date.now() + days * DAY).toISOString().slice(0, 19)}Z`
  const chosen = at(30)
  t.assert.equal((await make({ name: 'end 30', exp: chosen })).end_date, chosen)
  t.assert.equal(
    (await make({ name: 'end day', exp: chosen.slice(0, 10) })).end_date,
    `${chosen.slice(0, 10)}T23:59:59Z`,
  )
  const longest = await make({ name: 'end 397', exp: at(397) })
  t.assert.ok(Date.parse(longest.end_date) - Date.parse(longest.start_date) < 397 * DAY)
  const before = await stored()
  for (const [exp, says] of [
    [at(398), /exp: at most \d{4}-\d\d-\d\dT[\d:]{8}Z, 397 days from now/],
    [at(-1), /exp: /],
    ['2027-02-30T00:00:00Z', /exp: write it as/],
    ['2027-02-30', /exp: write it as/],
    ['tomorrow', /exp: /],
    ['', /exp: /],
  ] as const)
    await refused(t, post({ csr: await csr(), name: 'too late', exp }), 400, says)
  t.assert.equal(await stored(), before)

  const { users, accounts, apiKeys } = platform.world.store
  const user = (await users.find(platform.account.service_user_id))!
  const account = (await accounts.find(user.accountId))!
  const apiKey = (await apiKeys.list(user.id))[0]!
  const soon = new Date(Math.floor(Date.now() / 1000) * 1000 + 10 * DAY)
  const text = `${soon.toISOString().slice(0, 19)}Z`
  for (const [whose, limit, undo] of [
    ['API key', () => apiKeys.update({ ...apiKey, endsAt: soon }), () => apiKeys.update(apiKey)],
    ['user', () => users.update({ ...user, endsAt: soon }), () => users.update(user)],
    [
      'account',
      () => accounts.update({ ...account, servicePeriod: { ...account.servicePeriod, to: soon } }),
      () => accounts.update(account),
    ],
  ] as const) {
    await limit()
    t.assert.equal((await make({ name: `capped by ${whose}` })).end_date, text)
    const late = post({ csr: await csr(), name: 'late', exp: at(11) })
    await refused(t, late, 400, new RegExp(`exp: at most ${text}, the end of the ${whose}`))
    await undo()
  }
})

test('disabling counts from the next request on, on the open connection too, and is undone', async (t: TestContext) => {
  const made = await make({ name: 'to be disabled' })
  const { x509_cert, ca_cert, keys, ...whole } = made
  const { Agent } = await import('node:https')
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => agent.destroy())
  const again = () => platform.ask(ME, { cert: x509_cert, key: keys.privateKey, agent })
  t.assert.equal((await again()).status, 200)
  const disabled = await send(`${PATH}/${made.id}/enable`, 'PUT', { enabled: false })
  t.assert.deepEqual([disabled.status, json(disabled)], [200, { ...whole, enabled: false }])
  const denied = await again()
  t.assert.deepEqual([denied.status, json(denied)], [403, UNAUTHENTICATED])
  const enabled = await send(`${PATH}/${made.id}/enable`, 'PUT', { enabled: true })
  t.assert.deepEqual(json(enabled), whole)
  t.assert.equal((await again()).status, 200)
  t.assert.equal((await send(`${PATH}/${made.id}/enable`, 'PUT', {})).status, 400)
})

test('the list is a bare array with filters and pages, and each can be got', async (t: TestContext) => {
  const made = await make({ name: 'Listed one' })
  await make({ name: 'Listed two' })
  await send(`${PATH}/${made.id}/enable`, 'PUT', { enabled: false })
  const list = async (query: string) => json<Made[]>(await platform.ask(`${PATH}${query}`, key()))
  t.assert.deepEqual(
    (await list('?name=LISTED')).map(({ name }) => name),
    ['Listed one', 'Listed two'],
  )
  t.assert.deepEqual(
    (await list('?name=listed&enabled=false')).map(({ id }) => id),
    [made.id],
  )
  t.assert.ok((await list('')).some(({ name }) => name === 'quickstart'))
  t.assert.equal('x509_cert' in (await list('?name=listed'))[0]!, false)
  const page = await platform.ask(`${PATH}?name=listed&limit=1`, key())
  t.assert.equal(json<Made[]>(page).length, 1)
  t.assert.equal(page.headers['x-total-count'], '2')
  t.assert.match(page.headers.link ?? '', /offset=1.*rel="next"/)
  const { keys: _, ...whole } = made
  t.assert.deepEqual(json(await platform.ask(`${PATH}/${made.id}`, key())), { ...whole, enabled: false })
})

test('a deleted certificate counts no longer, is on the revocation list, and frees its name', async (t: TestContext) => {
  const made = await make({ name: 'To be deleted' })
  t.assert.equal((await platform.ask(`${PATH}/${made.id}`, { ...key(), method: 'DELETE' })).status, 204)
  t.assert.deepEqual(json(await me(made)), UNAUTHENTICATED)
  t.assert.equal((await platform.ask(`${PATH}/${made.id}`, key())).status, 404)
  t.assert.equal((await platform.ask(`${PATH}/${made.id}`, { ...key(), method: 'DELETE' })).status, 404)
  t.assert.equal((await revoked(made))?.status, 'revoked')
  const authority = (await platform.world.store.authorities.findByPurpose('client-auth'))!
  const { revoked: listed } = CertificateList.decode((await publishRevocationList(platform.world, authority)).bytes)
  t.assert.equal(listed.get(BigInt(`0x${made.serial_number}`))?.reason, 'cessationOfOperation')
  await make({ name: 'To be deleted' })
})

test('a renewed certificate and the one before both count, under names of their own', async (t: TestContext) => {
  const first = await make({ name: 'Rotated' })
  const renew = async (id: string, method: string, wish: object = {}) => {
    const keys = await pair()
    const answer = await send(`${PATH}/${id}/renew`, method, { csr: await csr(keys), ...wish })
    t.assert.equal(answer.status, 201, answer.body.toString())
    return { ...json<Made>(answer), keys }
  }
  const second = await renew(first.id, 'POST')
  const third = await renew(second.id, 'PUT')
  const named = await renew(first.id, 'POST', { name: 'Rotated by name' })
  t.assert.deepEqual([second.name, third.name, named.name], ['Rotated 2', 'Rotated 3', 'Rotated by name'])
  for (const one of [first, second, third, named]) t.assert.equal((await me(one)).status, 200)
  await send(`${PATH}/${first.id}/enable`, 'PUT', { enabled: false })
  t.assert.equal((await me(first)).status, 403)
  t.assert.equal((await me(second)).status, 200)
})

test('programs that renew one certificate at the same moment all get another', async (t: TestContext) => {
  const { id } = await make({ name: 'Fleet' })
  const request = await csr(await pair())
  const answers = await Promise.all([1, 2, 3, 4, 5, 6].map(() => send(`${PATH}/${id}/renew`, 'POST', { csr: request })))
  t.assert.deepEqual(
    answers.map((answer) => json<Made>(answer).name).sort(),
    [2, 3, 4, 5, 6, 7].map((number) => `Fleet ${number}`),
  )
})

test('others see none of it, who manages users may end it, and keys that may less make none', async (t: TestContext) => {
  const made = await make({ name: 'Mine alone' })
  const { users, apiKeys, accounts } = platform.world.store
  const service = (await users.find(platform.account.service_user_id))!
  const admin = key(platform.account.admin_api_key)
  t.assert.equal((await platform.ask(`${PATH}/${made.id}`, admin)).status, 200)
  t.assert.equal((await platform.ask(`${PATH}?user_id=${service.id}`, admin)).status, 200)
  t.assert.equal((await platform.ask(`${PATH}?user_id=nobody`, admin)).status, 404)

  const other = { ...(await accounts.find(service.accountId))!, id: 'another', friendlyIdentifier: '2' }
  const stranger = { ...service, id: 'stranger', accountId: 'another' }
  const colleague = { ...service, id: 'colleague' }
  await accounts.add(other)
  for (const user of [stranger, colleague]) {
    await users.add(user)
    const text = createHash('sha256').update(user.id).digest('hex')
    const secret = `${text.slice(0, 26)}_${text}`
    const [first] = await apiKeys.list(service.id)
    await apiKeys.add({ ...first!, id: user.id, userId: user.id, hash: createHash('sha256').update(secret).digest() })
    const before = await stored()
    for (const [method, path, body] of [
      ['GET', '', undefined],
      ['PUT', '/enable', { enabled: false }],
      ['POST', '/renew', { csr: await csr() }],
      ['DELETE', '', undefined],
    ] as const) {
      const answer = body
        ? await send(`${PATH}/${made.id}${path}`, method, body, key(secret))
        : await platform.ask(`${PATH}/${made.id}${path}`, { ...key(secret), method })
      t.assert.equal(answer.status, 404, `${user.id} ${method} ${path}`)
    }
    t.assert.equal((await platform.ask(`${PATH}?user_id=${service.id}`, key(secret))).status, 404)
    t.assert.deepEqual(json(await platform.ask(PATH, key(secret))), [])
    t.assert.equal(await stored(), before)
  }

  const [apiKey] = await apiKeys.list(service.id)
  t.after(() => apiKeys.update(apiKey!))
  for (const limit of [
    { scopes: ['MANAGE_AM_CLIENT_AUTH_CERTIFICATE' as const] },
    { allowedNetworks: ['127.0.0.0/8'] },
  ]) {
    await apiKeys.update({ ...apiKey!, ...limit })
    await refused(t, post({ csr: await csr(), name: 'Escape' }), 403, /scopes or allowed networks/)
    t.assert.equal((await platform.ask(`${PATH}/${made.id}`, key())).status, 200)
  }
})

test('what is done is in the audit log, with who did it', async (t: TestContext) => {
  const made = await make({ name: 'Audited' })
  await send(`${PATH}/${made.id}/enable`, 'PUT', { enabled: false })
  await platform.ask(`${PATH}/${made.id}`, { ...key(), method: 'DELETE' })
  const events = await eventsOf(platform.world.store.auditEvents, platform.account.account_id, 1_000)
  const of = events.filter(({ resourceId }) => resourceId === made.id)
  t.assert.deepEqual(of.map(({ action }) => action).sort(), [
    'client_auth_certificate.create',
    'client_auth_certificate.delete',
    'client_auth_certificate.disable',
  ])
  t.assert.deepEqual(new Set(of.map(({ actorId }) => actorId)), new Set([platform.account.service_user_id]))
  t.assert.ok(createPrivateKey(made.keys.privateKey))
})
