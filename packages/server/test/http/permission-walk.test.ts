/** Every operation of the OpenAPI document, asked by everybody who may not: by strangers, by the weak, and by another account's administrator. */
import { Agent } from 'node:https'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, type TestContext, test } from 'node:test'
import { type ApiKey, newApiKey } from '../../src/domain/api-key.ts'
import { PERMISSIONS, type Permission } from '../../src/domain/permission.ts'
import { PLATFORM_ROLES, permissionsOfRoles, ROLES } from '../../src/domain/role.ts'
import type { User } from '../../src/domain/user.ts'
import { createApp } from '../../src/http/app.ts'
import { createLog } from '../../src/http/log.ts'
import { account, user } from '../store/noun.ts'
import {
  askFor,
  byKey,
  certificationRequest,
  isOpen,
  type Operation,
  operationsOf,
  takes,
  UNKNOWN_ID,
  WISHES,
} from './operations.ts'
import { type Answer, type AskOptions, json, startTestPlatform, type TestPlatform } from './test-platform.ts'

/** Asked elsewhere: they take forms, files and lists of certificates, and concern nobody's objects. */
const ELSEWHERE = ['signImage', 'importCredential', 'listTrustAnchors', 'addTrustAnchors', 'removeTrustAnchor']

/** The methods of the Cloud Signature Consortium's API: a certificate alone asks for them, in csc-misuse.test.ts others too. */
const CSC_METHODS = [
  'info',
  ...['credentials/list', 'credentials/info', 'credentials/authorize', 'credentials/extendTransaction'],
  ...['signatures/signHash', 'signatures/timestamp'],
]
const isElsewhere = ({ operationId, path }: Operation): boolean =>
  ELSEWHERE.includes(operationId) ||
  CSC_METHODS.some((method) => /^\/documentmanager\/csc\/v[12]\//.test(path) && path.endsWith(`/${method}`))

/** What everybody who is known may ask; each here on purpose. */
const KNOWN = ['getCurrentUser', 'cscV1Info', 'cscV2Info']

/** What is served beside the document; each here on purpose. */
const UNDOCUMENTED = [
  'GET /openapi.json',
  'GET /docs',
  'GET /docs/*',
  'GET /docs/json',
  'GET /docs/yaml',
  'GET /docs/static/index.html',
  'GET /docs/static/swagger-initializer.js',
  // No JSON, and known in ways of their own: est.test.ts asks them.
  ...['cacerts', 'csrattrs'].map((operation) => `GET /.well-known/est/{profile}/${operation}`),
  ...['simpleenroll', 'simplereenroll', 'serverkeygen'].map(
    (operation) => `POST /.well-known/est/{profile}/${operation}`,
  ),
  ...['', '/{profile}'].flatMap((rest) => [`GET /.well-known/est${rest}`, `POST /.well-known/est${rest}`]),
  // Leniencies: the document names POST.
  'PUT /account/api/v1/client-auth-certificate/{id}/renew',
  'PUT /documentmanager/api/v2/credential/{id}/renew',
  'PUT /iot/api/v1/certificate/{id}/renew',
  // As version 2 of it.
  ...['GET', 'POST'].map((method) => `${method} /iot/api/v1/device`),
  ...['GET', 'PUT', 'DELETE'].map((method) => `${method} /iot/api/v1/device/{id}`),
  ...['enable', 'disable'].map((verb) => `PUT /iot/api/v1/device/{id}/${verb}`),
  // As version 1.
  ...CSC_METHODS.map((method) => `POST /documentmanager/csc/v0/${method}`),
]

let time = Date.now()
let platform: TestPlatform
let operations: readonly Operation[]
/** Those that a key or a certificate asks for. */
let guarded: readonly Operation[]
const agents: Agent[] = []

before(async () => {
  const rates = { COUNTERSIGN_FAILURE_RATE: '0', COUNTERSIGN_REQUEST_RATE: '0' }
  platform = await startTestPlatform(rates, () => new Date(time))
  operations = await operationsOf(platform)
  guarded = operations.filter((one) => takes(one, 'mutualTLS'))
})
after(async () => {
  for (const agent of agents) agent.destroy()
  await platform.stop()
})

const ALL = [...PERMISSIONS]
const codeOf = (answer: Answer): string => {
  const { errors, error } = json<{ errors?: { code: string }[]; error?: string }>(answer)
  return errors?.[0]?.code ?? error ?? ''
}
const what = ({ operationId, method, path }: Operation, who = ''): string => `${operationId}: ${method} ${path} ${who}`

/** A user of the platform's account, or of another, with a key. */
async function caller(
  changes: Partial<User> = {},
  keyChanges: Partial<ApiKey> = {},
  accountId = platform.account.account_id,
): Promise<{ readonly user: User; readonly key: string }> {
  const { users, apiKeys } = platform.world.store
  const made = user(accountId, { permissions: ALL, ...changes })
  await users.add(made)
  const { apiKey, text } = newApiKey(new Date(time), { userId: made.id, name: 'walk' })
  await apiKeys.add({ ...apiKey, ...keyChanges })
  return { user: made, key: text }
}

/** A certificate that a key's user asks for; over connections of its own. */
async function certificateOf(key: string, name: string): Promise<AskOptions & { readonly id: string }> {
  const request = await certificationRequest()
  const answer = await askFor(
    platform,
    { method: 'POST', path: '/account/api/v1/client-auth-certificate' },
    byKey(key),
    { body: { csr: request.csr, name } },
  )
  if (answer.status !== 201) throw new Error(answer.body.toString())
  const { id, x509_cert } = json<{ id: string; x509_cert: string }>(answer)
  const agent = new Agent({ keepAlive: true })
  agents.push(agent)
  return { cert: x509_cert, key: request.key, agent, id }
}

async function otherAccount(changes: Partial<Parameters<typeof account>[0]> = {}): Promise<string> {
  const other = account(changes)
  await platform.world.store.accounts.add(other)
  return other.id
}

/** What is written about requests, and what jobs write whenever they come around. */
const BY_ITSELF =
  /^(audit_events|audit_head|sqlite_.*|revocation_lists(_in_parts)?|revocation_changes|ending_warnings|expiry_sweeps|pooled_keys)$/
/** What jobs change and take away: what is queued counts, not what becomes of it. */
const QUEUES = ['mails', 'webhook_deliveries']
const queued = new Set<unknown>()

/** All that requests may have left. */
function content(): string {
  const database = new DatabaseSync(join(platform.folder, 'countersign.db'), { readOnly: true })
  const tables = database.prepare("select name from sqlite_master where type = 'table' order by name").all()
  const text = tables
    .map(({ name }) => String(name))
    .filter((name) => !BY_ITSELF.test(name) && !QUEUES.includes(name))
    .map((name) => {
      const rows = database.prepare(`select * from "${name}"`).all()
      // A delivery that fails is noted with its webhook.
      return JSON.stringify([name, rows.map(({ failing_since: _, ...row }) => row)])
    })
  for (const name of QUEUES) for (const { id } of database.prepare(`select id from "${name}"`).all()) queued.add(id)
  database.close()
  return [...text, queued.size].join('\n')
}

function isDocumented(t: TestContext, operation: Operation, { status }: Answer, who?: string): void {
  t.assert.ok(
    String(status) in operation.responses,
    `${what(operation, who)} answers ${status}, which it does not list`,
  )
}

test('every operation is walked, and names the permission it needs', (t: TestContext) => {
  const unwalked = guarded.filter((one) => !(one.operationId in WISHES) && !isElsewhere(one))
  t.assert.deepEqual(
    unwalked.map((one) => what(one)),
    [],
    'operations.ts has to say how to ask for them',
  )
  const known = guarded.filter((one) => one['x-permission'] === undefined).map(({ operationId }) => operationId)
  t.assert.deepEqual(known.sort(), [...KNOWN].sort())
  const ids = operations.map(({ operationId }) => operationId)
  t.assert.deepEqual(
    Object.keys(WISHES).filter((id) => !ids.includes(id)),
    [],
  )
})

test('nothing is served that the document does not have, but what is named here', async (t: TestContext) => {
  const urls = { api: 'https://countersign.localhost', clientauth: 'https://clientauth.countersign.localhost' }
  const app = await createApp({
    world: platform.world as never,
    urls,
    hosts: { api: [], clientauth: [] },
    maxUploadBytes: 1,
    verificationsAMinute: 0,
    requestRates: { requestsAMinute: 0, failuresAMinute: 0 },
    version: '',
    log: createLog('silent'),
  })
  const served = routesOf(app.fastify.printRoutes({ commonPrefix: false }))
  await app.close()
  t.assert.ok(served.length > 40)
  const documented = operations.map(({ method, path }) => `${method} ${path}`)
  t.assert.deepEqual(served.filter((route) => !documented.includes(route)).sort(), [...UNDOCUMENTED].sort())
  t.assert.deepEqual(
    documented.filter((route) => !served.includes(route)),
    [],
  )
})

/** Of Fastify's tree, one line for each node; HEAD is GET without its body. */
function routesOf(tree: string): string[] {
  const above: string[] = []
  return tree.split('\n').flatMap((line) => {
    const [, indent = '', part = '', methods = ''] = /^([│ ]*)[├└]── (\S+)(?: \(([^)]*)\))?/.exec(line) ?? []
    if (part === '') return []
    const depth = indent.length / 4
    above.splice(depth, above.length, part)
    const path = above
      .join('')
      .replace(/([^/])\*$/, '$1/*')
      .replaceAll(/:(\w+)/g, '{$1}')
    return methods
      .split(', ')
      .filter((method) => method !== '' && method !== 'HEAD' && path !== '/')
      .map((method) => `${method} ${path}`)
  })
}

test('who does not count hears one sentence at every door, whatever is wrong', async (t: TestContext) => {
  const past = new Date(time - 1000)
  const inactive = await otherAccount({ active: false })
  const keys: Record<string, string> = {
    none: '',
    'no key at all': 'x',
    'an unknown key': `${'0'.repeat(26)}_${'0'.repeat(64)}`,
    'a disabled key': (await caller({}, { enabled: false })).key,
    'an ended key': (await caller({}, { endsAt: past })).key,
    'a key from elsewhere': (await caller({}, { allowedNetworks: ['192.0.2.0/24'] })).key,
    'a disabled user': (await caller({ status: 'disabled' })).key,
    'an ended user': (await caller({ endsAt: past })).key,
    'an account that is not active': (await caller({}, {}, inactive)).key,
  }
  const { users, clientAuthCertificates } = platform.world.store
  const whole = await caller()
  const disabled = await certificateOf(whole.key, 'disabled')
  await clientAuthCertificates.setEnabled(disabled.id, false)
  const deleted = await certificateOf(whole.key, 'deleted')
  const remove = { method: 'DELETE', path: `/account/api/v1/client-auth-certificate/${deleted.id}` }
  t.assert.equal((await askFor(platform, remove, byKey(whole.key))).status, 204)
  const gone = await caller()
  const ofDisabled = await certificateOf(gone.key, 'of a disabled user')
  await users.update({ ...gone.user, status: 'disabled' })
  const good = await certificateOf(whole.key, 'good')
  const certificates: Record<string, AskOptions> = {
    none: { cert: '', key: '' },
    disabled,
    deleted,
    'of a disabled user': ofDisabled,
    'with the key of another user': { ...good, headers: { 'x-api-key': (await caller()).key } },
    'with a bad key': { ...good, headers: { 'x-api-key': 'x' } },
  }

  const before = content()
  for (const operation of guarded) {
    for (const [who, key] of Object.entries(keys)) {
      const answer = await askFor(platform, operation, byKey(key))
      const expected = takes(operation, 'apiKey') ? [401, 'invalid_api_key'] : [403, 'AUTHORIZATION_ERROR']
      t.assert.deepEqual([answer.status, codeOf(answer)], expected, what(operation, who))
      if (takes(operation, 'apiKey')) isDocumented(t, operation, answer, who)
    }
  }
  for (const operation of operations) {
    for (const [who, options] of Object.entries(certificates)) {
      const answer = await askFor(platform, operation, options)
      const expected = who === 'with a bad key' ? [401, 'invalid_api_key'] : [403, 'AUTHORIZATION_ERROR']
      t.assert.deepEqual([answer.status, codeOf(answer)], expected, what(operation, who))
      if (takes(operation, 'mutualTLS')) isDocumented(t, operation, answer, who)
    }
  }
  t.assert.equal(content(), before)
})

test('who lacks the one permission may not, and who has it alone is not held up', async (t: TestContext) => {
  const { users } = platform.world.store
  const changing = await caller()
  const tls = await certificateOf(changing.key, 'changing')
  const scoped = new Map<Permission | undefined, string>()
  for (const permission of PERMISSIONS) {
    const { key } = await caller({}, { scopes: ALL.filter((one) => one !== permission) })
    scoped.set(permission, key)
  }
  const before = content()
  for (const operation of guarded.filter((one) => one['x-permission'] !== undefined)) {
    const permission = operation['x-permission'] as Permission
    await users.update({ ...changing.user, permissions: ALL.filter((one) => one !== permission) })
    const refused = [await askFor(platform, operation, tls)]
    if (takes(operation, 'apiKey')) {
      refused.push(await askFor(platform, operation, byKey(changing.key)))
      refused.push(await askFor(platform, operation, byKey(scoped.get(permission)!)))
    }
    for (const answer of refused) {
      t.assert.deepEqual([answer.status, codeOf(answer)], [403, 'access_denied'], what(operation))
      t.assert.match(answer.body.toString(), new RegExp(`needs the permission ${permission}"`))
      isDocumented(t, operation, answer)
    }
    if (isElsewhere(operation)) continue
    await users.update({ ...changing.user, permissions: [permission] })
    const answer = await askFor(platform, operation, byKey(changing.key))
    t.assert.ok(![401, 403].includes(answer.status), `${what(operation)} ${answer.status} ${answer.body}`)
    isDocumented(t, operation, answer)
  }
  await users.update(changing.user)
  t.assert.equal(content(), before)
})

test("to another account's administrator what is there is as what is not", async (t: TestContext) => {
  const roles = ROLES.map(({ name }) => name).filter((role) => !PLATFORM_ROLES.includes(role))
  const permissions = permissionsOfRoles(roles)
  const foreign = await caller({ roles, permissions }, {}, await otherAccount())
  const tls = await certificateOf(foreign.key, 'foreign')
  const owner = { platform, key: platform.account.admin_api_key }
  const administrator = (await platform.world.store.users.list(platform.account.account_id)).find(
    ({ email }) => email === platform.account.admin_email,
  )!

  for (const operation of guarded) {
    const { object, body, isDeclined } = WISHES[operation.operationId] ?? {}
    if (isElsewhere(operation)) continue
    const named = object ? await object(owner) : {}
    const ask = async (by: AskOptions, names: typeof named) =>
      askFor(platform, operation, by, { named: names, body: await body?.(names) })
    if (object) {
      const isHeld = permissions.includes(operation['x-permission'] as Permission)
      const before = content()
      for (const by of [byKey(foreign.key), tls]) {
        const [there, absent] = [await ask(by, named), await ask(by, {})]
        t.assert.deepEqual(
          [there.status, there.body.toString()],
          [absent.status, absent.body.toString()],
          what(operation, 'says whether it is there'),
        )
        t.assert.equal(there.status, isHeld ? 404 : 403, what(operation))
        isDocumented(t, operation, there)
      }
      t.assert.equal(content(), before, what(operation))
    } else if (operation.method === 'GET') {
      const listed = (await ask(byKey(foreign.key), {})).body.toString()
      for (const id of [administrator.id, platform.account.account_id, platform.account.service_user_id])
        t.assert.ok(!listed.includes(id), what(operation))
    }
    // And it is no wonder: its own administrator does the very same.
    const done = await ask(byKey(owner.key), named)
    const unknown = isDeclined && (await ask(byKey(owner.key), {})).body.toString()
    const isFound = isDeclined ? done.body.toString() !== unknown : done.status >= 200 && done.status < 300
    t.assert.ok(isFound, `${what(operation)} ${done.status} ${done.body}`)
    isDocumented(t, operation, done)
    const malformed = await askFor(platform, operation, byKey(owner.key), { named, body: [] as never })
    isDocumented(t, operation, malformed, 'with a list as its body')
  }
})

test('when all certificates and keys have ended, nothing is left that answers but what is open', async (t: TestContext) => {
  const { key } = await caller({}, { endsAt: new Date(time + 86_400_000) })
  const tls = await certificateOf(platform.account.service_api_key, 'to end')
  const began = time
  time += 398 * 86_400_000
  t.after(() => {
    time = began
  })
  for (const operation of operations) {
    const by = await askFor(platform, operation, tls)
    t.assert.deepEqual([by.status, codeOf(by)], [403, 'AUTHORIZATION_ERROR'], what(operation))
    if (!takes(operation, 'apiKey')) continue
    t.assert.equal((await askFor(platform, operation, byKey(key))).status, 401, what(operation))
  }
})

test('a path that is none says so to who is known, and to nobody else on the mutual-TLS host', async (t: TestContext) => {
  const nothing = { method: 'GET', path: `/account/api/v1/nothing/${UNKNOWN_ID}` }
  t.assert.equal((await askFor(platform, nothing, { door: 'api' })).status, 404)
  t.assert.equal((await askFor(platform, nothing, { cert: '', key: '', agent: false })).status, 403)
  t.assert.equal((await askFor(platform, nothing, {})).status, 404)
  t.assert.ok(operations.filter(isOpen).length > 3)
})
