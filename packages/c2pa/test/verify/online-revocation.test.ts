import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, type TestContext, test } from 'node:test'
import {
  type CertificateStatus,
  type CertificateStatusResponse,
  OcspRequest,
  ocspErrorResponse,
  ocspNonceOf,
  signOcspResponse,
} from '@countersign/pki'
import { sign } from '../../src/sign/sign.ts'
import type { Fetchers } from '../../src/verify/fetchers.ts'
import { verify } from '../../src/verify/verify.ts'
import { CLAIM_SIGNING, type Entity, issue, OCSP_SIGNING, root } from '../credential.ts'
import { noise } from '../pictures.ts'
import { ocspResponse, stampAt, timeStampAnchor } from './evidence.ts'

const jpeg = new Uint8Array(await noise(32, 32).jpeg().toBuffer())
const now = new Date()
const HOUR = 3_600_000
const ago = (hours: number): Date => new Date(now.getTime() - hours * HOUR)

/** What the responder knows, by serial number; and who answers, where it is not the issuer itself. */
let known: ReadonlyMap<bigint, Partial<CertificateStatusResponse> & CertificateStatus> = new Map()
let answer: 'signed' | 'tryLater' | 'garbage' | 'nothing' = 'signed'
let asked: bigint[] = []
let responderOf: (serialNumber: bigint) => Entity | undefined = () => undefined

/** A real responder: it reads what it is asked and signs what it says. */
const server = createServer(async (request, response) => {
  const chunks: Uint8Array[] = []
  for await (const chunk of request) chunks.push(chunk as Uint8Array)
  const { requests, extensions } = OcspRequest.decode(new Uint8Array(Buffer.concat(chunks))).tbsRequest
  asked.push(...requests.map(({ certID }) => certID.serialNumber))
  if (answer === 'nothing') return void response.destroy()
  if (answer === 'garbage') return void response.end('no such thing')
  if (answer === 'tryLater') return void response.end(ocspErrorResponse('tryLater'))
  const [first] = requests
  const responder = responderOf(first?.certID.serialNumber as bigint) as Entity
  const nonce = ocspNonceOf(extensions)
  const bytes = await signOcspResponse(
    {
      certificate: responder.certificate,
      chain: [],
      producedAt: now,
      responses: requests.map(({ certID }) => ({
        thisUpdate: ago(1),
        nextUpdate: ago(-1),
        ...(known.get(certID.serialNumber) ?? { status: 'unknown' }),
        certID,
      })),
      ...(nonce ? { nonce } : {}),
    },
    responder.signer,
  )
  response.end(bytes)
})

let url: string
let intermediate: Entity
let leaf: Entity
let delegate: Entity

before(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/ocsp`
  intermediate = await issue('An Authority That Is Asked About', { issuer: root, responder: url })
  leaf = await issue('A Signer', { issuer: intermediate, purposes: [CLAIM_SIGNING], responder: url })
  delegate = await issue('A Responder', { issuer: intermediate, purposes: [OCSP_SIGNING] })
  responderOf = (serialNumber) => (serialNumber === intermediate.certificate.serialNumber ? root : delegate)
})
after(() => server.close())

/** Plain fetch: what guards the network stands elsewhere. */
const fetchers: Fetchers = {
  async ocsp(responder, request) {
    const response = await fetch(responder, { method: 'POST', body: new Uint8Array(request) })
    return new Uint8Array(await response.arrayBuffer())
  },
}

type Signing = { readonly stampedAt?: Date; readonly ocspResponses?: readonly Uint8Array[]; readonly by?: Entity }
type Judging = { readonly fetchers?: Fetchers; readonly trust?: readonly Uint8Array[]; readonly allowed?: Uint8Array[] }

async function outcomeOf({ stampedAt, ocspResponses = [], by = leaf }: Signing = {}, judging: Judging = {}) {
  asked = []
  const { asset } = await sign(jpeg, {
    signer: by.signer,
    certificates: [by.certificate.bytes, intermediate.certificate.bytes],
    claimGenerator: { name: 'Example', version: '1' },
    ocspResponses,
    ...(stampedAt ? { timeStamp: stampAt(stampedAt) } : {}),
  })
  const trust = [root.certificate.bytes]
  const report = await verify(asset, { trust, tsaTrust: [timeStampAnchor], fetchers, now, ...judging })
  const codes = report.findings.map(({ code }) => code as string)
  return {
    state: report.state,
    ocsp: codes.filter((code) => code.includes('.ocsp.')).map((code) => code.slice('signingCredential.ocsp.'.length)),
    isTrusted: codes.includes('signingCredential.trusted'),
    isUntrusted: codes.includes('signingCredential.untrusted'),
  }
}

/** Says this of the signer, and that its authority is good. */
function says(status: Partial<CertificateStatusResponse> & CertificateStatus): void {
  answer = 'signed'
  known = new Map([
    [leaf.certificate.serialNumber, status],
    [intermediate.certificate.serialNumber, { status: 'good' }],
  ])
}

const TRUSTED = { state: 'Trusted', isTrusted: true, isUntrusted: false }
const REJECTED = { state: 'Invalid', isTrusted: true, isUntrusted: false }

test('good, now and as of a time stamp; each certificate is asked about once', async (t: TestContext) => {
  says({ status: 'good' })
  t.assert.deepEqual(await outcomeOf(), { ...TRUSTED, ocsp: ['notRevoked'] })
  t.assert.deepEqual(asked, [leaf.certificate.serialNumber, intermediate.certificate.serialNumber])
  t.assert.deepEqual(await outcomeOf({ stampedAt: ago(0.5) }), { ...TRUSTED, ocsp: ['notRevoked'] })
  t.assert.deepEqual(await outcomeOf({ stampedAt: ago(20) }), { ...TRUSTED, ocsp: ['notRevoked'] })
})

test('revoked rejects the claim, unless the time stamp is older and the answer tells of it', async (t: TestContext) => {
  says({ status: 'revoked', at: ago(0.2) })
  t.assert.deepEqual(await outcomeOf(), { ...REJECTED, ocsp: ['revoked'] })
  t.assert.deepEqual(await outcomeOf({ stampedAt: ago(0.5) }), { ...TRUSTED, ocsp: ['notRevoked'] })
  t.assert.deepEqual(await outcomeOf({ stampedAt: ago(0.1) }), { ...REJECTED, ocsp: ['revoked'] })
  t.assert.deepEqual(await outcomeOf({ stampedAt: ago(20) }), { ...REJECTED, ocsp: ['revoked'] })
  says({ status: 'revoked', at: ago(0.2), reason: 'removeFromCRL' })
  t.assert.deepEqual(await outcomeOf(), { ...TRUSTED, ocsp: ['notRevoked'] })
})

test('unknown rejects the claim', async (t: TestContext) => {
  says({ status: 'unknown' })
  t.assert.deepEqual(await outcomeOf(), { ...REJECTED, ocsp: ['unknown'] })
})

test('no answer, none that can be read, an old one and one of a stranger are as none', async (t: TestContext) => {
  says({ status: 'revoked', at: ago(2) })
  for (const kind of ['nothing', 'garbage', 'tryLater'] as const) {
    answer = kind
    t.assert.deepEqual(await outcomeOf(), { ...TRUSTED, ocsp: ['inaccessible'] }, kind)
  }
  says({ status: 'good', thisUpdate: ago(30), nextUpdate: ago(20) })
  t.assert.deepEqual(await outcomeOf(), { ...TRUSTED, ocsp: ['inaccessible'] })
  const stranger = await issue('A Stranger')
  const before = responderOf
  t.after(() => {
    responderOf = before
  })
  says({ status: 'revoked', at: ago(2) })
  responderOf = () => stranger
  t.assert.deepEqual(await outcomeOf(), { ...TRUSTED, ocsp: ['inaccessible'] })
})

test('nobody is asked without a fetcher, without a responder, of a signer that nobody trusts, or when the store tells', async (t: TestContext) => {
  says({ status: 'revoked', at: ago(2) })
  t.assert.deepEqual(await outcomeOf({}, { fetchers: {} }), { ...TRUSTED, ocsp: ['skipped'] })
  const unnamed = await issue('A Signer Without Responder', { issuer: intermediate, purposes: [CLAIM_SIGNING] })
  t.assert.deepEqual((await outcomeOf({ by: unnamed })).ocsp, ['skipped'])
  t.assert.ok(!asked.includes(unnamed.certificate.serialNumber))
  t.assert.deepEqual((await outcomeOf({}, { trust: [] })).ocsp, ['skipped'])
  t.assert.deepEqual(asked, [])
  const stapled = [await ocspResponse(leaf.certificate.serialNumber, { status: 'good' }, now, delegate, intermediate)]
  t.assert.deepEqual(await outcomeOf({ ocspResponses: stapled, stampedAt: now }), { ...TRUSTED, ocsp: ['notRevoked'] })
  t.assert.ok(!asked.includes(leaf.certificate.serialNumber))
  // Without a time stamp a stapled response does not tell of the time of signing.
  t.assert.deepEqual(await outcomeOf({ ocspResponses: stapled }), { ...REJECTED, ocsp: ['revoked'] })
})

test('a signer of the allow-list is asked about too', async (t: TestContext) => {
  says({ status: 'revoked', at: ago(2) })
  const outcome = await outcomeOf({}, { trust: [], allowed: [leaf.certificate.bytes] })
  t.assert.deepEqual(outcome, { ...REJECTED, ocsp: ['revoked'] })
})

test('an authority that was revoked vouches for nobody, from then on', async (t: TestContext) => {
  const UNTRUSTED = { state: 'Valid', isTrusted: false, isUntrusted: true, ocsp: ['notRevoked'] }
  says({ status: 'good' })
  known = new Map([...known, [intermediate.certificate.serialNumber, { status: 'revoked', at: ago(5) }]])
  t.assert.deepEqual(await outcomeOf(), UNTRUSTED)
  t.assert.deepEqual(await outcomeOf({ stampedAt: ago(4) }), UNTRUSTED)
  t.assert.deepEqual(await outcomeOf({ stampedAt: ago(6) }), { ...TRUSTED, ocsp: ['notRevoked'] })
  const stapled = [
    await ocspResponse(intermediate.certificate.serialNumber, { status: 'revoked', at: ago(5) }, now, root, root),
  ]
  const offline = await outcomeOf({ ocspResponses: stapled }, { fetchers: {} })
  t.assert.deepEqual(offline, { ...UNTRUSTED, ocsp: ['skipped'] })
})
