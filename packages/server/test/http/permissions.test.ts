/** Every operation of the OpenAPI document, asked by strangers and by those who may nothing: deny is what happens by default. */
import { after, before, type TestContext, test } from 'node:test'
import { signedInPerson } from './test-person.ts'
import { type Answer, json, startTestPlatform, type TestPlatform } from './test-platform.ts'

/** What is for everybody; each here on purpose. */
const OPEN = [
  ...['getHealth', 'getReadiness', 'getVersion', 'getMetrics', 'verifyFile'],
  // Who signs in is not known before.
  ...['signIn', 'setPassword', 'resetPassword'],
  'getLogo',
]

/** What everybody who is known may ask; each here on purpose. */
const KNOWN = ['getCurrentUser', 'cscV1Info', 'cscV2Info']

type Operation = {
  readonly operationId: string
  readonly method: string
  readonly path: string
  readonly security: readonly Readonly<Record<string, unknown>>[]
}

let platform: TestPlatform
let operations: readonly Operation[]

before(async () => {
  platform = await startTestPlatform()
  const { paths } = json<{ paths: Record<string, Record<string, Omit<Operation, 'path' | 'method'>>> }>(
    await platform.ask('/openapi.json', { door: 'api' }),
  )
  operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      method: method.toUpperCase(),
      path: path.replaceAll(/\{\w+\}/g, '019ab2c4-4a52-7d02-8f5e-4c1a9b7b2f10'),
    })),
  )
})
after(() => platform.stop())

const isOpen = ({ security }: Operation): boolean => security.length === 0
const takes = ({ security }: Operation, scheme: string): boolean => security.some((one) => scheme in one)
const codeOf = (answer: Answer): string => {
  const { errors, error } = json<{ errors?: { code: string }[]; error?: string }>(answer)
  return errors?.[0]?.code ?? error ?? ''
}

test('what is open is known to be', (t: TestContext) => {
  t.assert.deepEqual(
    operations
      .filter(isOpen)
      .map(({ operationId }) => operationId)
      .sort(),
    [...OPEN].sort(),
  )
})

test('without a credential only the open operations answer, and on the mutual-TLS host none does', async (t: TestContext) => {
  for (const operation of operations) {
    const { method, path } = operation
    const answer = await platform.ask(path, { door: 'api', method })
    if (isOpen(operation)) t.assert.ok(![401, 403].includes(answer.status), `${method} ${path}`)
    else t.assert.equal(answer.status, takes(operation, 'session') ? 401 : 403, `${method} ${path}`)
    const strange = await platform.ask(path, { method, cert: '', key: '', agent: false })
    t.assert.deepEqual([strange.status, codeOf(strange)], [403, 'AUTHORIZATION_ERROR'], `${method} ${path}`)
  }
})

test('who has no permission may nothing that is not open, by certificate and by API key', async (t: TestContext) => {
  const { users } = platform.world.store
  const user = (await users.find(platform.account.service_user_id))!
  await users.update({ ...user, permissions: [] })
  t.after(() => users.update(user))
  for (const operation of operations.filter((one) => !isOpen(one) && !KNOWN.includes(one.operationId))) {
    const { method, path } = operation
    const byCertificate = await platform.ask(path, { method })
    t.assert.deepEqual([byCertificate.status, codeOf(byCertificate)], [403, 'access_denied'], `${method} ${path}`)
    if (!takes(operation, 'session')) continue
    const headers = { 'x-api-key': platform.account.service_api_key }
    const byKey = await platform.ask(path, { door: 'api', method, headers })
    t.assert.deepEqual([byKey.status, codeOf(byKey)], [403, 'access_denied'], `${method} ${path}`)
  }
})

test('a person who is signed in and has no role may nothing that is not open either', async (t: TestContext) => {
  const person = await signedInPerson(platform, [])
  for (const operation of operations.filter((one) => takes(one, 'apiKey') && !KNOWN.includes(one.operationId))) {
    const { method, path } = operation
    const answer = await person.ask(path, { method })
    t.assert.deepEqual([answer.status, codeOf(answer)], [403, 'access_denied'], `${method} ${path}`)
  }
  for (const operation of operations.filter((one) => !isOpen(one) && !takes(one, 'session'))) {
    const { method, path } = operation
    const answer = await person.ask(path, { method })
    t.assert.deepEqual([answer.status, codeOf(answer)], [403, 'AUTHORIZATION_ERROR'], `${method} ${path}`)
  }
})

test('who may see the trust list may not change it', async (t: TestContext) => {
  const { users } = platform.world.store
  const user = (await users.find(platform.account.service_user_id))!
  await users.update({ ...user, permissions: ['VIEW_CTM_TRUST_LIST'] })
  t.after(() => users.update(user))
  const path = '/documentmanager/api/c2pa/v1/trust-anchors'
  t.assert.equal((await platform.ask(path)).status, 200)
  t.assert.equal((await platform.ask(path, { method: 'POST' })).status, 403)
  t.assert.equal((await platform.ask(`${path}/1`, { method: 'DELETE' })).status, 403)
})
