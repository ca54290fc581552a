import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { after, before, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { noise } from '../../../../test/pictures.ts'
import { type Content, forge, manifestLabel } from '../../../c2pa/test/verify/forge.ts'
import {
  type Answer,
  type AskOptions,
  json,
  MULTIPART,
  multipart,
  type SignFields,
  startTestPlatform,
  type TestPlatform,
} from './test-platform.ts'

const VERIFY = '/documentmanager/api/c2pa/v1/verify'
const ANCHORS = '/documentmanager/api/c2pa/v1/trust-anchors'
const VECTORS = new URL('../../../../test/vectors/c2pa/', import.meta.url)
const vector = (name: string): Buffer => readFileSync(new URL(name, VECTORS))

let platform: TestPlatform
let plain: Buffer
let signed: Buffer

before(async () => {
  platform = await startTestPlatform({ COUNTERSIGN_MAX_UPLOAD: '2MB', COUNTERSIGN_VERIFY_RATE: '1000' })
  plain = await noise('image/jpeg', 64, 48)
  const answer = await platform.sign(
    {
      hashAlgo: 'SHA256',
      signAlgo: '1.2.840.10045.4.3.2',
      signAlgoParams: 'MTIzNDQ=',
      accountId: platform.account.account_id,
      image: { name: 'picture.jpg', bytes: plain },
      schemaField: 'author',
    },
    { headers: { accept: 'image/jpeg' } },
  )
  signed = answer.body
})
after(() => platform.stop())

type ReportJson = {
  readonly active_manifest?: string
  readonly validation_state: string
  readonly validation_status?: readonly { readonly code: string }[]
}

function post(to: TestPlatform, fields: SignFields, { query = '', ...options }: AskOptions & { query?: string } = {}) {
  return to.ask(VERIFY + query, {
    door: 'api',
    body: multipart(fields),
    headers: { 'content-type': MULTIPART },
    ...options,
  })
}

const file = (bytes: Uint8Array) => ({ name: 'picture.jpg', bytes })
const codes = (answer: Answer): string[] => json<ReportJson>(answer).validation_status?.map(({ code }) => code) ?? []

test('what the platform signed is Trusted, on both hosts, without an account on the one', async (t: TestContext) => {
  for (const door of ['api', 'clientauth'] as const) {
    const answer = await post(platform, { image: file(signed) }, { door })
    t.assert.equal(answer.status, 200)
    t.assert.match(answer.headers['content-type'] ?? '', /^application\/json/)
    const report = json<ReportJson>(answer)
    t.assert.equal(report.validation_state, 'Trusted')
    t.assert.match(report.active_manifest ?? '', /^urn:c2pa:/)
  }
  const refused = await post(platform, { image: file(signed) }, { door: 'clientauth', cert: '', key: '', agent: false })
  t.assert.equal(refused.status, 403)
})

test('the file may be in the field image, file or asset, and other fields are passed over', async (t: TestContext) => {
  for (const field of ['image', 'file', 'asset', 'File']) {
    const answer = await post(platform, { title: 'x', [field]: file(signed), note: { name: 'a.txt', bytes: plain } })
    t.assert.equal(json<ReportJson>(answer).validation_state, 'Trusted', field)
  }
})

test('whatever the file is there is a report that says so', async (t: TestContext) => {
  const changed = Buffer.from(signed)
  changed[changed.length - 20]! ^= 1
  for (const [bytes, expected] of [
    [plain, ['claim.missing']],
    [changed, ['assertion.dataHash.mismatch']],
    [Buffer.from('hello'), ['general.error']],
    [Buffer.alloc(0), ['general.error']],
    [signed.subarray(0, 3_000), ['general.error']],
  ] as const) {
    const answer = await post(platform, { image: file(bytes) })
    t.assert.equal(answer.status, 200)
    t.assert.equal(json<ReportJson>(answer).validation_state, 'Invalid')
    t.assert.deepEqual(codes(answer), expected)
  }
})

test('format=crjson answers crJSON', async (t: TestContext) => {
  const answer = await post(platform, { image: file(signed) }, { query: '?format=crjson' })
  t.assert.equal(answer.status, 200)
  const document = json<{ '@context': unknown; manifests: { label: string }[] }>(answer)
  t.assert.ok(document['@context'])
  t.assert.equal(document.manifests.length, 1)
})

test('a request that can not be met says why', async (t: TestContext) => {
  const form = { image: file(signed) }
  for (const [answer, status, sentence] of [
    [
      await post(platform, {}),
      400,
      /^Invalid parameter image\. A file is needed in this field, or in one called file or asset\.$/,
    ],
    [await post(platform, { image: 'text' }), 400, /^Invalid parameter image\. It is to be a file/],
    [
      await post(platform, { image: file(signed), asset: file(signed) }),
      400,
      /^Invalid parameter asset\. There are two/,
    ],
    [
      await post(platform, form, { query: '?format=xml' }),
      400,
      /^Invalid parameter format\. It is reader or crjson\.$/,
    ],
    [await post(platform, form, { query: '?format=crjson&format=reader' }), 400, /parameter format/],
    [await post(platform, form, { headers: { 'content-type': 'image/jpeg' } }), 415, /form, multipart\/form-data\.$/],
    [await post(platform, form, { headers: { 'content-type': 'multipart/form-data' } }), 400, /boundary is missing/],
    [await post(platform, { asset: file(Buffer.alloc(3_000_000)) }), 413, /^Invalid parameter \w+\. .* 2 MB\.$/],
  ] as const) {
    t.assert.equal(answer.status, status)
    t.assert.equal(json(answer).error, 'invalid_request')
    t.assert.match(json(answer).error_description, sentence)
  }
  const get = await platform.ask(VERIFY, { door: 'api' })
  t.assert.deepEqual([get.status, get.headers.allow], [405, 'POST'])
})

test('an address that comes too often is told when to come again, and others and certificates are let in', async (t: TestContext) => {
  const limited = await startTestPlatform({ COUNTERSIGN_VERIFY_RATE: '3' })
  t.after(() => limited.stop())
  let answered = 0
  while ((await post(limited, { image: file(plain) })).status === 200) answered++
  t.assert.ok(answered > 0 && answered < 20, `${answered}`)
  const refused = await post(
    limited,
    { image: file(plain) },
    { headers: { 'content-type': MULTIPART, 'x-forwarded-for': '192.0.2.1' } },
  )
  t.assert.equal(refused.status, 429)
  t.assert.ok(Number(refused.headers['retry-after']) > 0)
  t.assert.equal(json(refused).error, 'request_limit_exceeded')
  t.assert.match(json(refused).error_description, /Try again in \d+ seconds\./)
  t.assert.equal((await post(limited, { image: file(plain) }, { door: 'clientauth' })).status, 200)
  const other = await post(limited, { image: file(plain) }, { localAddress: '127.0.0.2', agent: false })
  t.assert.equal(other.status, 200)
})

test('a report counts among what is in hand: of a few bytes it can be very long', async (t: TestContext) => {
  const label = manifestLabel(1)
  const url = `self#jumbf=c2pa.assertions/${'x'.repeat(900)}`
  const missing = Array.from({ length: 150 }, (_, index) => ({ url: `${url}${index}`, hash: new Uint8Array(32) }))
  const ingredients = Array.from({ length: 40 }, (_, index): readonly [string, Content] => [
    `c2pa.ingredient.v3__${index + 1}`,
    ({ reference }) => ({ relationship: 'componentOf', activeManifest: reference(label), validationResults: {} }),
  ])
  const bytes = await forge([
    { label, assertions: [], claim: { created_assertions: missing } },
    { label: manifestLabel(2), assertions: ingredients },
  ])
  const small = await startTestPlatform({ COUNTERSIGN_MAX_UPLOAD: `${Math.ceil(bytes.length / 1024)}KB` })
  t.after(() => small.stop())
  const answer = await post(small, { file: file(bytes) })
  t.assert.deepEqual([answer.status, json(answer).error], [500, 'temporarily_unavailable'])
  // Nothing of it is left.
  for (let count = 0; count < 3; count++) t.assert.equal((await post(small, { file: file(plain) })).status, 200)
})

test('what a verification came to is in the log and among the measures', async (t: TestContext) => {
  const { headers } = await post(platform, { image: file(signed) })
  const line = platform.log.find((one) => one.includes(headers['x-request-id']!) && one.includes('"verified"'))
  const { state, format, size } = JSON.parse(line!)
  t.assert.deepEqual([state, format, size], ['Trusted', 'image/jpeg', signed.length])
  const metrics = (await platform.ask('/metrics', { door: 'api' })).body.toString()
  t.assert.match(metrics, /countersign_verifications_total\{state="Trusted",format="image\/jpeg"\} \d/)
  t.assert.match(metrics, /countersign_verifications_total\{state="Invalid",format="unknown"\} \d/)
})

test('clients that leave on the way leave nothing behind', async (t: TestContext) => {
  const body = multipart({ image: file(Buffer.concat([signed, Buffer.alloc(1_500_000)])) })
  for (const written of [100, body.length / 2, body.length])
    await new Promise<void>((resolve) => {
      const outgoing = request({
        host: '127.0.0.1',
        port: platform.port,
        path: VERIFY,
        method: 'POST',
        agent: false,
        ca: platform.ca,
        servername: 'countersign.localhost',
        headers: { host: 'countersign.localhost', 'content-type': MULTIPART, 'content-length': body.length },
      })
      outgoing.on('error', () => {})
      outgoing.write(body.subarray(0, written), () => {
        outgoing.destroy()
        resolve()
      })
    })
  await sleep(400)
  t.assert.equal((await post(platform, { image: file(signed) })).status, 200)
  t.assert.deepEqual(
    platform.log.filter((line) => line.includes('"level":50')),
    [],
  )
})

test('the trust list decides who is believed, for verifying and for the parents of what is signed', async (t: TestContext) => {
  const stranger = vector('tst2-ok-png.png')
  const byKey = { door: 'api', headers: { 'x-api-key': platform.account.admin_api_key } } as const
  const change = (method: string, path: string, body?: object) =>
    platform.ask(path, {
      ...byKey,
      method,
      ...(body && { body: Buffer.from(JSON.stringify(body)) }),
      headers: { ...byKey.headers, ...(body && { 'content-type': 'application/json' }) },
    })
  const sign = async (): Promise<string> => {
    const answer = await platform.sign({
      hashAlgo: 'SHA256',
      signAlgo: '1.2.840.10045.4.3.2',
      signAlgoParams: 'MTIzNDQ=',
      accountId: platform.account.account_id,
      image: { name: 'picture.png', bytes: stranger },
      schemaField: 'author',
    })
    const { signed_manifest } = json<{ signed_manifest: string }>(answer)
    return JSON.stringify(JSON.parse(signed_manifest).manifests)
  }
  t.assert.equal(json<ReportJson>(await post(platform, { image: file(stranger) })).validation_state, 'Valid')
  t.assert.match(await sign(), /signingCredential\.untrusted/)

  for (const [purpose, name] of [
    ['signers', 'trust/vectors-root.pem'],
    ['time-stamps', 'trust/vectors-tsa-root.pem'],
  ] as const) {
    const added = await change('POST', ANCHORS, { purpose, certificates: vector(name).toString() })
    t.assert.equal(added.status, 200, added.body.toString())
    t.assert.equal(json<{ added: object[] }>(added).added.length, 1)
  }
  const answer = await post(platform, { image: file(stranger) })
  t.assert.equal(json<ReportJson>(answer).validation_state, 'Trusted')
  t.assert.match(answer.body.toString(), /timeStamp\.trusted/)
  t.assert.doesNotMatch(await sign(), /signingCredential\.untrusted/)

  const { items } = json<{ items: Record<string, string>[] }>(await change('GET', ANCHORS))
  t.assert.deepEqual(items.map(({ purpose, source }) => [purpose, source]).sort(), [
    ['signers', 'added'],
    ['time-stamps', 'added'],
  ])
  t.assert.match(items[0]!.sha256!, /^[0-9a-f]{64}$/)
  for (const { id } of items) t.assert.equal((await change('DELETE', `${ANCHORS}/${id}`)).status, 204)
  t.assert.equal((await change('DELETE', `${ANCHORS}/${items[0]!.id}`)).status, 404)
  t.assert.equal(json<ReportJson>(await post(platform, { image: file(stranger) })).validation_state, 'Valid')

  for (const body of [{}, { purpose: 'all', certificates: 'x' }, { purpose: 'signers', certificates: 'x' }]) {
    const refused = await change('POST', ANCHORS, body)
    t.assert.equal(refused.status, 400)
    t.assert.ok(json(refused).errors[0]!.code && json(refused).errors[0]!.message)
  }
})
