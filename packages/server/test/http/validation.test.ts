import { after, before, type TestContext, test } from 'node:test'
import { json, startTestPlatform, type TestPlatform } from './test-platform.ts'

let platform: TestPlatform
before(async () => {
  platform = await startTestPlatform()
})
after(() => platform.stop())

const API = '/account/api/v1'
async function call(method: string, path: string, body?: unknown) {
  const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body))
  const headers = {
    'x-api-key': platform.account.admin_api_key,
    ...(bytes && { 'content-type': 'application/json', 'content-length': bytes.length }),
  }
  return platform.ask(path, { door: 'api', method, headers, ...(bytes && { body: bytes }) })
}

test('JSON is what it says it is: nothing in a body is read as something else', async (t: TestContext) => {
  const { store } = platform.world
  const { service_user_id: userId } = platform.account
  const [key] = await store.apiKeys.list(userId)
  const [certificate] = await store.clientAuthCertificates.list(userId)
  const enable = [
    `api-key/${key!.id}/enable`,
    `user/${userId}/enable`,
    `client-auth-certificate/${certificate!.id}/enable`,
  ]
  for (const [method, path, bodies] of [
    ...enable.map(
      (path) =>
        ['PUT', path, [null, 0, 1, '', 'false', 'true', [], [false], {}].map((enabled) => ({ enabled }))] as const,
    ),
    [
      'POST',
      `api-key/${key!.id}/rotate`,
      [{ overlap_hours: '1' }, { overlap_hours: true }, { overlap_hours: [1] }, ''],
    ],
    ['POST', 'api-key', [{ name: 5 }, { name: null }, { name: ['x'] }, { name: 'x', allowed_networks: '10.0.0.0/8' }]],
    ['PUT', `api-key/${key!.id}`, [{ name: true }, { end_date: 2100 }, { scopes: 'SIGN_CTM_CONTENT' }, { scopes: '' }]],
    ['PUT', `user/${userId}`, [{ friendly_name: 5 }, { description: null }, { roles: 'CTM_SIGNER' }]],
    [
      'POST',
      'user',
      [
        { friendly_name: 'x', roles: 'CTM_SIGNER' },
        { friendly_name: 1, roles: ['CTM_SIGNER'] },
      ],
    ],
    [
      'POST',
      'client-auth-certificate',
      [
        { csr: 1, name: 'x' },
        { csr: 'x', name: 1 },
        { csr: 'x', name: 'x', exp: 1 },
      ],
    ],
    ['POST', 'client-auth-certificate/generate', [{ name: 'x', encryption: 128 }, { name: 1 }]],
  ] as const)
    for (const body of bodies) {
      const answer = await call(method, `${API}/${path}`, body)
      t.assert.equal(answer.status, 400, `${path} ${JSON.stringify(body)}`)
      t.assert.equal(json(answer).errors[0]!.code, 'invalid_request')
    }
  t.assert.deepEqual(await store.apiKeys.list(userId), [key])
  t.assert.deepEqual(await store.clientAuthCertificates.list(userId), [certificate])
  t.assert.equal((await store.users.find(userId))?.status, 'active')
  const anchors = '/documentmanager/api/c2pa/v1/trust-anchors'
  for (const body of [
    { purpose: ['signers'], certificates: 'x' },
    { purpose: 'signers', certificates: 1 },
  ])
    t.assert.equal((await call('POST', anchors, body)).status, 400)
})

test('addresses are text, and are read as what is asked for', async (t: TestContext) => {
  for (const query of ['enabled=true', 'enabled=true&limit=1', 'limit=5&offset=0'])
    t.assert.ok(json<unknown[]>(await call('GET', `${API}/api-key?${query}`)).length > 0, query)
  t.assert.deepEqual(json(await call('GET', `${API}/api-key?enabled=false`)), [])
  for (const query of ['limit=x', 'limit=1.5', 'enabled=maybe'])
    t.assert.equal((await call('GET', `${API}/api-key?${query}`)).status, 400, query)
})

test('what does not fit is said of the field that was meant, once', async (t: TestContext) => {
  const { enrollment_profile_id } = platform.account
  const certificate = (body: object) => call('POST', '/iot/api/v1/certificate', { enrollment_profile_id, ...body })
  const attribute = (value: unknown) => ({ certificate_profile_attributes: [{ id: 'subject.common_name', value }] })
  for (const [answer, sentence] of [
    [await certificate({ server_side_key_gen: 'true' }), 'server_side_key_gen: must be boolean or null'],
    [
      await certificate({ certificate_profile_attributes: {} }),
      'certificate_profile_attributes: must be array or null',
    ],
    [await certificate(attribute(5)), 'certificate_profile_attributes[0].value: must be string or array'],
    [await certificate(attribute(['x', 5])), 'certificate_profile_attributes[0].value[1]: must be string'],
    [await certificate(attribute(undefined)), 'certificate_profile_attributes[0].value: is missing'],
    [await call('POST', '/iot/api/v1/division', {}), 'name: is missing'],
    [await call('POST', '/iot/api/v1/division', []), 'The body is to be a JSON object.'],
    [await call('POST', '/iot/api/v1/division'), 'The body is to be a JSON object.'],
    [
      await call('POST', '/iot/api/v1/enrollment-profile', {
        name: 'x',
        division_id: 'x',
        certificate_profile_id: 'x',
        usage_limit: '5',
      }),
      'usage_limit: must be integer or null',
    ],
  ] as const)
    t.assert.deepEqual([answer.status, json(answer).errors[0]?.message], [400, sentence])
})
