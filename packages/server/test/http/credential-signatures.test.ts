import { createHash } from 'node:crypto'
import { after, before, type TestContext, test } from 'node:test'
import { CREDENTIALS, type CredentialPlatform, fileOf, refusal, startCredentialPlatform } from './test-credentials.ts'
import { json } from './test-platform.ts'

let platform: CredentialPlatform

before(async () => {
  platform = await startCredentialPlatform()
})
after(() => platform.stop())

test('what a credential signed is listed, searched and exported', async (t: TestContext) => {
  const { credential, pin } = await platform.issueToUser()
  const fields = { credentialID: credential.nickname, PIN: pin }
  const files: Buffer[] = []
  for (let count = 0; count < 3; count++) files.push(fileOf(await platform.signBy(fields)))
  const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
  type Listed = { output_hash: string; input_hash: string; manifest_label: string; address: string; user_name: string }
  const path = `${CREDENTIALS}/${credential.nickname}/signature`
  const own = platform.account.service_api_key
  const listed = async (query = '', key = own) => json<Listed[]>(await platform.call(key, 'GET', `${path}${query}`))
  const all = await listed()
  t.assert.deepEqual(
    all.map(({ output_hash }) => output_hash),
    files.map(hash).reverse(),
  )
  t.assert.deepEqual([all[0]!.input_hash, all[0]!.address], [hash(platform.jpeg), '127.0.0.1'])
  t.assert.equal(all[0]!.user_name, 'Quickstart Service')
  t.assert.deepEqual(await listed(`?hash=${hash(files[1]!).toUpperCase()}`), [all[1]])
  t.assert.deepEqual(await listed(`?manifest_label=${all[2]!.manifest_label}`), [all[2]])
  t.assert.deepEqual(await listed('?from=2020-01-01&to=2020-12-31'), [])
  const page = await platform.call(own, 'GET', `${path}?limit=2`)
  t.assert.deepEqual(json(page), all.slice(0, 2))
  t.assert.match(page.headers.link!, /limit=2&offset=2>; rel="next"$/)
  t.assert.equal((await platform.call(own, 'GET', `${path}?offset=2`)).headers['x-total-count'], '3')
  for (const query of ['?hash=12', '?from=2026-02-30', '?mainfest_label=x', '?limit=0'])
    t.assert.deepEqual(refusal(await platform.call(own, 'GET', `${path}${query}`)), [400, 'invalid_request'], query)

  const table = await platform.call(platform.admin, 'GET', `${path}/export?hash=${hash(files[0]!)}`)
  t.assert.equal(table.headers['content-type'], 'text/csv; charset=utf-8; header=present')
  const [head, line, ...more] = table.body.toString().split('\r\n')
  t.assert.match(head!, /^id,created_at,user_id,user_name,address,output_hash,/)
  t.assert.ok(line!.includes(hash(files[0]!)) && line!.includes(all[2]!.manifest_label))
  t.assert.deepEqual(more, [''])
  const accepting = { door: 'api', headers: { 'x-api-key': own, accept: 'text/csv' } } as const
  t.assert.equal((await platform.ask(path, accepting)).body.toString().split('\r\n').length, 5)
})

test('of a credential that several use each sees what is theirs, and administrators see all', async (t: TestContext) => {
  const { nickname } = await platform.issue()
  t.assert.equal(await platform.sentence({ credentialID: nickname }), 'signed')
  const signer = await platform.somebody(['CTM_SIGNER'])
  const path = `${CREDENTIALS}/${nickname}/signature`
  const count = async (key: string, query = '') =>
    json<object[]>(await platform.call(key, 'GET', `${path}${query}`)).length
  t.assert.equal(await count(platform.admin), 1)
  t.assert.equal(await count(platform.account.service_api_key), 1)
  t.assert.equal(await count(signer.key), 0)
  t.assert.equal(await count(signer.key, `?user_id=${platform.account.service_user_id}`), 0)
  const { credential } = await platform.issueToUser()
  t.assert.deepEqual(refusal(await platform.call(signer.key, 'GET', `${CREDENTIALS}/${credential.id}/signature`)), [
    404,
    'credential_not_found',
  ])
})
