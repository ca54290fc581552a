import { type TestContext, test } from 'node:test'
import { utf8Bytes } from '@countersign/codec'
import { certIdOf, digest, signOcspResponse } from '@countersign/pki'
import type { CborObject, CborValue } from '../../../src/cbor.ts'
import { encodeCbor } from '../../../src/cbor-encode.ts'
import type { Report } from '../../../src/report/report.ts'
import { type VerifyOptions, verify } from '../../../src/verify/verify.ts'
import { CLAIM_SIGNING, issue, root } from '../../credential.ts'
import { stampAt, timeStampAnchor } from '../evidence.ts'
import { type Boxes, type Content, CREATED, type ForgedManifest, forge, manifestLabel, signer } from '../forge.ts'
import {
  actor,
  aggregatedIdentity,
  aggregatorDid,
  type ForgedAggregation,
  type ForgedIdentity,
  identityRoot,
  x509Identity,
} from './identity.ts'

const DAY = 86_400_000
const options: VerifyOptions = {
  trust: [root.certificate.bytes],
  tsaTrust: [timeStampAnchor],
  identityTrust: [identityRoot.certificate.bytes],
  identityIssuers: [aggregatorDid],
  now: new Date(),
}

const manifest = (identity: Content): ForgedManifest => ({
  label: manifestLabel(1),
  assertions: [
    ['c2pa.hash.data', ({ dataHash }) => dataHash],
    ['c2pa.actions.v2', () => CREATED],
    ['cawg.identity', identity],
  ],
})

async function reportOn(identity: Content, changed: Partial<VerifyOptions> = {}): Promise<Report> {
  return verify(await forge([manifest(identity)]), { ...options, ...changed })
}

/** What is said of the identity assertion, in order. */
const codesOf = ({ findings }: Report): string[] =>
  findings
    .filter(({ url, code }) => url.endsWith('/cawg.identity') && code !== 'assertion.hashedURI.match')
    .map(({ code }) => code)

test('an actor whom an anchor for identities vouches for is trusted', async (t: TestContext) => {
  const report = await reportOn(x509Identity({ payload: { role: ['cawg.creator'] } }))
  t.assert.deepEqual(codesOf(report), [
    'cawg.x509.credential.trusted',
    'cawg.x509.signature.validated',
    'cawg.identity.trusted',
  ])
  t.assert.equal(report.state, 'Trusted')
})

test('an anchor for claims does not vouch for persons, and without it the manifest is valid', async (t: TestContext) => {
  const report = await reportOn(x509Identity(), {
    trust: [root.certificate.bytes, identityRoot.certificate.bytes],
    identityTrust: [],
  })
  t.assert.deepEqual(codesOf(report), [
    'cawg.x509.credential.untrusted',
    'cawg.x509.signature.validated',
    'cawg.identity.well-formed',
  ])
  t.assert.equal(report.state, 'Valid')
})

test('a trusted time stamp keeps an identity valid after its certificate', async (t: TestContext) => {
  const later = new Date(Date.now() + 200 * DAY)
  const bare = await reportOn(x509Identity(), { now: later })
  t.assert.ok(codesOf(bare).includes('cawg.x509.signature.outside_validity'))
  const stamped = await reportOn(x509Identity({ timeStamp: stampAt(new Date()) }), { now: later })
  t.assert.deepEqual(codesOf(stamped), [
    'timeStamp.validated',
    'timeStamp.trusted',
    'cawg.x509.credential.trusted',
    'cawg.x509.signature.validated',
    'cawg.identity.trusted',
  ])
})

const stranger = await issue('Example Stranger', { issuer: identityRoot, purposes: [CLAIM_SIGNING] })

const WRONG_X509: readonly (readonly [string, ForgedIdentity, string])[] = [
  ['padding that is not zero', { assertion: { pad1: Uint8Array.of(0, 1) } }, 'cawg.identity.pad.invalid'],
  ['a second padding that is not zero', { assertion: { pad2: Uint8Array.of(1) } }, 'cawg.identity.pad.invalid'],
  ['padding that is no bytes', { assertion: { pad1: 'none' } }, 'cawg.identity.cbor.invalid'],
  ['no signature', { assertion: { signature: null } }, 'cawg.identity.cbor.invalid'],
  [
    'a reference without hash',
    { payload: { referenced_assertions: [{ url: 'self#jumbf=c2pa.assertions/c2pa.hash.data' }] } },
    'cawg.identity.cbor.invalid',
  ],
  ['a role that is no text', { payload: { role: [1] } }, 'cawg.identity.cbor.invalid'],
  ['a kind of signature that nobody knows', { payload: { sig_type: 'com.example' } }, 'cawg.identity.sig_type.unknown'],
  ['no hard binding', { references: ['c2pa.actions.v2'] }, 'cawg.identity.hard_binding_missing'],
  ['a reference twice', { references: ['c2pa.hash.data', 'c2pa.hash.data'] }, 'cawg.identity.assertion.duplicate'],
  [
    'a reference that is not in the claim',
    { references: ['c2pa.hash.data', 'none'] },
    'cawg.identity.assertion.mismatch',
  ],
  [
    'another hash than the claim has',
    {
      payload: {
        referenced_assertions: [{ url: 'self#jumbf=c2pa.assertions/c2pa.hash.data', hash: new Uint8Array(32) }],
      },
    },
    'cawg.identity.assertion.mismatch',
  ],
  ['an algorithm that is not allowed', { algorithm: -257 }, 'cawg.x509.algorithm.unsupported'],
  ['a certificate that can not be read', { chain: Uint8Array.of(0x30, 0) }, 'cawg.x509.credential.invalid'],
  ['an authority as actor', { by: identityRoot }, 'cawg.x509.credential.invalid'],
  ['a certificate for claims', { by: stranger }, 'cawg.x509.credential.untrusted'],
  ["another's certificate", { chain: stranger.certificate.bytes }, 'cawg.x509.signature.mismatch'],
  ['a header that is critical', { unprotected: [[2, [1]]] }, 'cawg.x509.signature.mismatch'],
  ['no COSE', { assertion: { signature: Uint8Array.of(1) } }, 'cawg.x509.signature.mismatch'],
  [
    'a payload changed after signing',
    { assertion: { signer_payload: { referenced_assertions: [], sig_type: 'cawg.x509.cose' } } },
    'cawg.x509.signature.mismatch',
  ],
]

for (const [name, forged, code] of WRONG_X509)
  test(`${name}: ${code}`, async (t: TestContext) => {
    const report = await reportOn(x509Identity(forged))
    t.assert.ok(codesOf(report).includes(code), codesOf(report).join(' '))
    t.assert.ok(!codesOf(report).includes('cawg.identity.trusted'))
    // Who can not be told leaves the manifest as valid as it is; what can not be read does not.
    t.assert.equal(report.state, code === 'cawg.identity.cbor.invalid' ? 'Invalid' : 'Valid')
  })

test('an actor whom an aggregator that is believed vouches for', async (t: TestContext) => {
  const report = await reportOn(aggregatedIdentity())
  t.assert.deepEqual([report.state, codesOf(report)], ['Trusted', ['cawg.ica.credential_valid']])
  const unknown = await reportOn(aggregatedIdentity(), { identityIssuers: [] })
  t.assert.deepEqual([unknown.state, codesOf(unknown)], ['Trusted', ['cawg.ica.untrusted_issuer']])
})

test('a time stamp of an aggregated identity: whosever it is, it narrows when it was made', async (t: TestContext) => {
  const stamped = aggregatedIdentity({ timeStamp: stampAt(new Date()) })
  for (const tsaTrust of [[timeStampAnchor], []])
    t.assert.deepEqual(codesOf(await reportOn(stamped, { tsaTrust })), [
      'cawg.ica.time_stamp.validated',
      'cawg.ica.credential_valid',
    ])
  const early = aggregatedIdentity({
    timeStamp: stampAt(new Date(Date.now() - 3_600_000)),
    credential: { validFrom: new Date(Date.now() - 60_000).toISOString() },
  })
  t.assert.ok(codesOf(await reportOn(early)).includes('cawg.ica.valid_from.invalid'))
})

test('a revoked certificate makes nobody trusted', async (t: TestContext) => {
  const at = new Date()
  const { serialNumber } = actor.certificate
  const response = await signOcspResponse(
    {
      certificate: identityRoot.certificate,
      chain: [],
      producedAt: at,
      responses: [
        {
          status: 'revoked',
          at: new Date(at.getTime() - 1000),
          certID: certIdOf(identityRoot.certificate, serialNumber),
          thisUpdate: at,
          nextUpdate: new Date(at.getTime() + 3_600_000),
        },
      ],
    },
    identityRoot.signer,
  )
  const identity = x509Identity({ unprotected: [['rVals', { ocspVals: [response] }]] })
  const report = await reportOn(identity, { now: new Date(at.getTime() + 1000) })
  t.assert.ok(codesOf(report).includes('cawg.identity.credential_revoked'), codesOf(report).join(' '))
  t.assert.ok(!codesOf(report).includes('cawg.identity.trusted'))
})

test('what is not looked into for its size is not passed over in silence', async (t: TestContext) => {
  const stuffed = x509Identity({ unprotected: [['rVals', { ocspVals: [new Uint8Array(5 * 1024 * 1024)] }]] })
  const report = await reportOn(stuffed)
  t.assert.equal(report.state, 'Invalid')
  t.assert.ok(!codesOf(report).includes('cawg.identity.trusted'))
})

test('a credential is valid for nobody in an assertion that is faulty', async (t: TestContext) => {
  const faulty = await reportOn(aggregatedIdentity({ assertion: { pad1: Uint8Array.of(1) } }))
  t.assert.deepEqual([faulty.state, codesOf(faulty)], ['Valid', ['cawg.identity.pad.invalid']])
  const elsewhere = await reportOn(aggregatedIdentity({ refersTo: 'c2pa.actions.v2' }))
  t.assert.deepEqual([elsewhere.state, codesOf(elsewhere)], ['Valid', ['cawg.identity.hard_binding_missing']])
})

const WRONG_AGGREGATION: readonly (readonly [string, ForgedAggregation, string])[] = [
  ['a header that is critical', { protectedHeader: [[2, [1]]] }, 'cawg.ica.invalid_cose_sign1'],
  [
    'hashes of another kind',
    {
      credential: {
        credentialSubject: {
          verifiedIdentities: [{}],
          c2paAsset: {
            referenced_assertions: [{ url: 'self#jumbf=c2pa.assertions/c2pa.hash.data', hash: [{}, {}] }],
            sig_type: 'cawg.identity_claims_aggregation',
          },
        },
      },
    },
    'cawg.ica.signer_payload.mismatch',
  ],
  [
    'a credential as deep as it is long',
    { payload: utf8Bytes('['.repeat(200_000)) },
    'cawg.ica.invalid_verifiable_credential',
  ],
  ['no COSE', { whole: Uint8Array.of(0x80) }, 'cawg.ica.invalid_cose_sign1'],
  ['a time stamp that is none', { unprotected: [['sigTst2', { tstTokens: [] }]] }, 'cawg.ica.time_stamp.invalid'],
  ['another algorithm', { protectedHeader: [[1, -7]] }, 'cawg.ica.invalid_alg'],
  ['another content', { protectedHeader: [[3, 'application/json']] }, 'cawg.ica.invalid_content_type'],
  ['no payload', { payload: null }, 'cawg.ica.invalid_verifiable_credential'],
  ['a payload that is no JSON', { payload: new Uint8Array(3) }, 'cawg.ica.invalid_verifiable_credential'],
  [
    'a credential of another type',
    { credential: { type: ['VerifiableCredential'] } },
    'cawg.ica.invalid_verifiable_credential',
  ],
  ['a date that is none', { credential: { validFrom: 'yesterday' } }, 'cawg.ica.invalid_verifiable_credential'],
  [
    'a date of no calendar',
    { credential: { validFrom: '2020-13-01T00:00:00Z' } },
    'cawg.ica.invalid_verifiable_credential',
  ],
  ['no date', { credential: { validFrom: undefined } }, 'cawg.ica.valid_from.missing'],
  ['a date to come', { credential: { validFrom: '2999-01-01T00:00:00Z' } }, 'cawg.ica.valid_from.invalid'],
  ['a date that is past', { credential: { validUntil: '2020-01-02T00:00:00Z' } }, 'cawg.ica.valid_until.invalid'],
  ['an issuer that is no DID', { credential: { issuer: 'https://example.com' } }, 'cawg.ica.invalid_issuer'],
  ['an issuer of another method', { credential: { issuer: 'did:example:1' } }, 'cawg.ica.invalid_issuer'],
  [
    'an issuer that would have to be fetched',
    { credential: { issuer: 'did:web:example.com' } },
    'cawg.ica.did_unavailable',
  ],
  ['an issuer whose key is none', { credential: { issuer: 'did:jwk:e30' } }, 'cawg.ica.invalid_did_document'],
  ['a signature of nobody', { signature: new Uint8Array(64) }, 'cawg.ica.signature_mismatch'],
  [
    'a credential for something else',
    {
      credential: {
        credentialSubject: {
          verifiedIdentities: [{}],
          c2paAsset: { referenced_assertions: [], sig_type: 'cawg.identity_claims_aggregation' },
        },
      },
    },
    'cawg.ica.signer_payload.mismatch',
  ],
]

for (const [name, forged, code] of WRONG_AGGREGATION)
  test(`${name}: ${code}`, async (t: TestContext) => {
    const report = await reportOn(aggregatedIdentity(forged))
    t.assert.ok(codesOf(report).includes(code), codesOf(report).join(' '))
    t.assert.ok(!codesOf(report).includes('cawg.ica.credential_valid'))
    t.assert.equal(report.state, 'Invalid')
  })

const hashOf = (bytes: Uint8Array): CborObject => ({ alg: 'sha256', hash: digest('sha256', bytes) })

test('the signer of the claim that is expected, and another', async (t: TestContext) => {
  const expecting = async (expected: CborValue) =>
    codesOf(await reportOn(x509Identity({ payload: { expected_claim_generator: expected } }))).filter((code) =>
      code.includes('expected'),
    )
  const [leaf] = signer.certificates
  t.assert.deepEqual(await expecting(hashOf(encodeCbor(leaf))), [])
  t.assert.deepEqual(await expecting(hashOf(leaf as Uint8Array)), [])
  for (const wrong of [hashOf(identityRoot.certificate.bytes), {}, 'anyone', { alg: 'md5', hash: new Uint8Array(16) }])
    t.assert.deepEqual(await expecting(wrong), ['cawg.identity.expected_claim_generator.mismatch'])
})

test('the claim that is expected, but for the hash of the assertion that expects it', async (t: TestContext) => {
  const partial = ({ reference }: Boxes): CborObject => ({
    instanceID: 'xmp:iid:1',
    claim_generator_info: { name: 'forge' },
    signature: 'self#jumbf=c2pa.signature',
    created_assertions: [
      reference('c2pa.hash.data'),
      reference('c2pa.actions.v2'),
      { url: 'self#jumbf=c2pa.assertions/cawg.identity', hash: new Uint8Array(32) },
    ],
    alg: 'sha256',
  })
  const expecting = async (change: CborObject) => {
    const identity: Content = (boxes) =>
      x509Identity({ payload: { expected_partial_claim: hashOf(encodeCbor({ ...partial(boxes), ...change })) } })(boxes)
    return codesOf(await reportOn(identity)).filter((code) => code.includes('expected'))
  }
  t.assert.deepEqual(await expecting({}), [])
  t.assert.deepEqual(await expecting({ 'dc:title': 'another' }), ['cawg.identity.expected_partial_claim.mismatch'])
})

test('who else signs: as expected, unexpected, with another credential, or not at all', async (t: TestContext) => {
  const payload = ({ reference }: Boxes): CborObject => ({
    referenced_assertions: [reference('c2pa.hash.data')],
    sig_type: 'cawg.x509.cose',
    role: ['cawg.editor'],
  })
  const together = async (entries: (boxes: Boxes) => CborValue, others: ForgedIdentity[]) => {
    const identity: Content = (boxes) => x509Identity({ payload: { expected_countersigners: entries(boxes) } })(boxes)
    const { assertions, label } = manifest(identity)
    const beside = others.map((other, index) => [`cawg.identity__${index + 1}`, x509Identity(other)] as const)
    const report = await verify(await forge([{ label, assertions: [...assertions, ...beside] }]), options)
    return codesOf(report).filter((code) => code.includes('countersigner'))
  }
  const editor: ForgedIdentity = { payload: { role: ['cawg.editor'] } }
  const entry = (boxes: Boxes, more: CborObject = {}): CborValue => [
    { partial_signer_payload: payload(boxes), ...more },
  ]
  const credential = (bytes: Uint8Array): CborObject => ({ expected_credentials: hashOf(encodeCbor(bytes)) })
  t.assert.deepEqual(await together((boxes) => entry(boxes), [editor]), [])
  t.assert.deepEqual(await together((boxes) => entry(boxes, credential(actor.certificate.bytes)), [editor]), [])
  t.assert.deepEqual(await together((boxes) => entry(boxes, credential(stranger.certificate.bytes)), [editor]), [
    'cawg.identity.expected_countersigner.mismatch',
  ])
  t.assert.deepEqual(await together((boxes) => entry(boxes), []), ['cawg.identity.expected_countersigner.missing'])
  t.assert.deepEqual(await together(() => [], [editor]), ['cawg.identity.unexpected_countersigner'])
  t.assert.deepEqual(await together((boxes) => entry(boxes), [{}]), [
    'cawg.identity.unexpected_countersigner',
    'cawg.identity.expected_countersigner.missing',
  ])
})

test('an identity assertion changed anywhere: a report, and never one that is trusted', async (t: TestContext) => {
  const asset = await forge([manifest(x509Identity())])
  // In deterministic order the padding comes first.
  const start = Buffer.from(asset).indexOf('pad1')
  const end = Buffer.from(asset).indexOf('c2pa.claim.v2', start)
  t.assert.ok(start > 0 && end > start)
  for (let position = start; position < end; position += 7) {
    const changed = asset.slice()
    changed[position] = (changed[position] as number) ^ 0x55
    const report = await verify(changed, options)
    t.assert.equal(report.state, 'Invalid')
  }
})

test('a signature cut anywhere, in an assertion that is signed as it is', async (t: TestContext) => {
  const boxes = {
    reference: () => ({ url: 'x', hash: new Uint8Array(32) }),
    signature: () => null,
    dataHash: null,
    placed: new Uint8Array(),
  } satisfies Boxes
  const { signature } = (await x509Identity()(boxes)) as { signature: Uint8Array }
  for (let length = 0; length < signature.length; length += 41) {
    const report = await reportOn(x509Identity({ assertion: { signature: signature.subarray(0, length) } }))
    t.assert.deepEqual(codesOf(report), ['cawg.x509.signature.mismatch'])
  }
})
