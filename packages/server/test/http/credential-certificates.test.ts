/** Certificates of authorities elsewhere, which another implementation is here; and keys that come in files. */
import 'reflect-metadata'
import { randomUUID, webcrypto } from 'node:crypto'
import { after, before, type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { encodePkcs12 } from '@countersign/pki'
import * as x509 from '@peculiar/x509'
import { activeManifest, judge } from '../../../../test/judge.ts'
import { eventsOf } from '../store/events-of.ts'
import {
  CREDENTIALS,
  type CredentialAnswer,
  type CredentialPlatform,
  fileOf,
  startCredentialPlatform,
} from './test-credentials.ts'
import { type Answer, json } from './test-platform.ts'

x509.cryptoProvider.set(webcrypto as unknown as Crypto)
const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const DAY = 86_400_000
const CLAIM_SIGNING = '1.3.6.1.4.1.62558.2.1'

let platform: CredentialPlatform
let authority: Awaited<ReturnType<typeof createAuthority>>

before(async () => {
  platform = await startCredentialPlatform()
  authority = await createAuthority()
})
after(() => platform.stop())

type LeafChange = {
  readonly days?: number
  readonly purposes?: readonly string[]
  readonly isAuthority?: boolean
  readonly subject?: string
}

/** A root and an issuing authority below it, by another implementation. */
async function createAuthority() {
  const generate = () => webcrypto.subtle.generateKey(EC, true, ['sign', 'verify']) as Promise<CryptoKeyPair>
  const [rootKeys, issuerKeys] = [await generate(), await generate()]
  const authorityUsages = x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign
  const of = async (keys: CryptoKeyPair, issuer: CryptoKeyPair) => [
    new x509.BasicConstraintsExtension(true, undefined, true),
    new x509.KeyUsagesExtension(authorityUsages, true),
    await x509.SubjectKeyIdentifierExtension.create(keys.publicKey as never),
    await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey as never),
  ]
  const validity = { notBefore: new Date(Date.now() - DAY), notAfter: new Date(Date.now() + 3650 * DAY) }
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=Elsewhere Root,O=Elsewhere',
    keys: rootKeys as never,
    signingAlgorithm: EC,
    extensions: await of(rootKeys, rootKeys),
    ...validity,
  })
  const issuer = await x509.X509CertificateGenerator.create({
    subject: 'CN=Elsewhere Content Signing CA,O=Elsewhere',
    issuer: root.subject,
    publicKey: issuerKeys.publicKey as never,
    signingKey: rootKeys.privateKey as never,
    signingAlgorithm: EC,
    extensions: await of(issuerKeys, rootKeys),
    ...validity,
  })
  return {
    root: `${root.toString('pem')}\n`,
    issuer: `${issuer.toString('pem')}\n`,
    generate,
    async issue(publicKey: unknown, change: LeafChange = {}): Promise<string> {
      const { days = 300, purposes = [CLAIM_SIGNING], isAuthority = false } = change
      const leaf = await x509.X509CertificateGenerator.create({
        subject: change.subject ?? 'CN=Somebody,O=Nordwind Zeitung,C=DE',
        issuer: issuer.subject,
        publicKey: publicKey as never,
        signingKey: issuerKeys.privateKey as never,
        signingAlgorithm: EC,
        notBefore: new Date(Date.now() - DAY / 24),
        notAfter: new Date(Date.now() + days * DAY),
        extensions: [
          new x509.KeyUsagesExtension(
            isAuthority ? authorityUsages : x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.nonRepudiation,
            true,
          ),
          ...(isAuthority ? [new x509.BasicConstraintsExtension(true, 0, true)] : []),
          ...(purposes.length > 0 ? [new x509.ExtendedKeyUsageExtension([...purposes])] : []),
          await x509.SubjectKeyIdentifierExtension.create(publicKey as never),
          await x509.AuthorityKeyIdentifierExtension.create(issuerKeys.publicKey as never),
          new x509.AuthorityInfoAccessExtension({
            ocsp: 'http://ocsp.example.com/',
            caIssuers: 'http://ca.example.com/',
          }),
          new x509.CRLDistributionPointsExtension(['http://crl.example.com/a.crl']),
        ],
      })
      return `${leaf.toString('pem')}\n`
    },
  }
}

const call = (method: string, path: string, body?: unknown, key = platform.admin) =>
  platform.call(key, method, path, body)

const refusal = (answer: Answer) => {
  const [error] = json(answer).errors
  return [answer.status, error?.code, error?.message]
}

async function requestOne(body: object = {}): Promise<CredentialAnswer> {
  const nickname = `elsewhere-${randomUUID().slice(0, 8)}`
  const answer = await call('POST', `${CREDENTIALS}/request`, {
    nickname,
    key_type: 'p_256',
    common_name: 'Desk',
    ...body,
  })
  if (answer.status !== 201) throw new Error(`${answer.status} ${answer.body}`)
  return json<CredentialAnswer>(answer)
}

async function keyOf(csr: string): Promise<x509.PublicKey> {
  const request = new x509.Pkcs10CertificateRequest(csr)
  if (!(await request.verify())) throw new Error('the request is not signed by its own key')
  return request.publicKey
}

const upload = (named: string, certificates: string) =>
  call('PUT', `${CREDENTIALS}/${named}/certificate`, { certificates })

test('a key made here signs by the certificate of an authority elsewhere, whose root judges it', async (t: TestContext) => {
  const requested = await requestOne({
    user_id: platform.account.service_user_id,
    organization: 'Nordwind',
    country: 'DE',
  })
  t.assert.deepEqual([requested.status, requested.pin_status, requested.certificate], ['requested', 'set', null])
  const downloaded = await call('GET', `${CREDENTIALS}/${requested.nickname}/csr`)
  t.assert.equal(downloaded.body.toString(), requested.csr)
  const request = new x509.Pkcs10CertificateRequest(requested.csr!)
  t.assert.equal(request.subject, 'C=DE, O=Nordwind, CN=Desk')
  const wanted = request.getExtension('2.5.29.37') as x509.ExtendedKeyUsageExtension
  t.assert.deepEqual(wanted.usages, [CLAIM_SIGNING, '1.3.6.1.5.5.7.3.4'])

  const fields = { credentialID: requested.nickname, PIN: (await platform.pins(requested.nickname))[0]! }
  t.assert.equal(json(await platform.signBy(fields)).error_description, 'Invalid parameter credentialID.')
  t.assert.deepEqual(refusal(await call('GET', `${CREDENTIALS}/${requested.id}/chain.pem`)).slice(0, 2), [
    409,
    'credential_requested',
  ])

  const leaf = await authority.issue(await keyOf(requested.csr!))
  const answer = await upload(requested.nickname, authority.root + leaf + authority.issuer)
  t.assert.equal(answer.status, 200, `${answer.body}`)
  const enabled = json<CredentialAnswer>(answer)
  t.assert.equal(enabled.status, 'enabled')
  t.assert.deepEqual(
    [enabled.certificate!.subject, enabled.certificate!.issued_by_platform],
    ['C=DE,O=Nordwind Zeitung,CN=Somebody', false],
  )
  const chain = (await call('GET', `${CREDENTIALS}/${requested.nickname}/chain.pem`)).body.toString()
  t.assert.equal(chain.replaceAll(/\s/g, ''), (leaf + authority.issuer + authority.root).replaceAll(/\s/g, ''))

  const signed = await platform.signBy(fields)
  t.assert.equal(signed.status, 200, `${signed.body}`)
  const file = fileOf(signed)
  const report = await judge('image/jpeg', file, authority.root + platform.ca)
  t.assert.equal(report.validation_state, 'Trusted')
  t.assert.equal(activeManifest(report).signature_info.common_name, 'Somebody')
  // Who believes our root alone does not know the authority.
  t.assert.equal((await judge('image/jpeg', file, platform.ca)).validation_state, 'Valid')
  const [event] = (await eventsOf(platform.world.store.auditEvents, platform.account.account_id, 50)).filter(
    ({ action }) => action === 'credential.upload_certificate',
  )
  t.assert.equal(event!.resourceId, requested.id)
})

test('the root may be left out where the trust list has it', async (t: TestContext) => {
  const own = await createAuthority()
  const { nickname, csr } = await requestOne({ key_type: 'rsa_2048' })
  const leaf = await own.issue(await keyOf(csr!))
  const [status, code, message] = refusal(await upload(nickname, leaf + own.issuer))
  t.assert.deepEqual([status, code], [400, 'invalid_request'])
  t.assert.match(`${message}`, /Elsewhere Content Signing CA.*send what stands above it/)
  const anchor = { purpose: 'signers', certificates: own.root }
  t.assert.equal((await call('POST', '/documentmanager/api/c2pa/v1/trust-anchors', anchor)).status, 200)
  await pause(2_100)
  t.assert.equal((await upload(nickname, leaf + own.issuer)).status, 200)
  t.assert.equal((await platform.signBy({ credentialID: nickname, signAlgo: '1.2.840.113549.1.1.10' })).status, 200)
})

test('a certificate that follows is uploaded, not renewed', async (t: TestContext) => {
  const { nickname, csr } = await requestOne()
  const key = await keyOf(csr!)
  const above = authority.issuer + authority.root
  const first = json<CredentialAnswer>(await upload(nickname, (await authority.issue(key)) + above))
  t.assert.deepEqual(refusal(await call('POST', `${CREDENTIALS}/${nickname}/renew`)).slice(0, 2), [
    409,
    'credential_of_other_authority',
  ])
  const second = json<CredentialAnswer>(await upload(nickname, (await authority.issue(key)) + above))
  t.assert.notEqual(second.certificate!.id, first.certificate!.id)
  t.assert.equal(json<CredentialAnswer>(await call('PUT', `${CREDENTIALS}/${nickname}/suspend`)).status, 'suspended')
  t.assert.equal(
    json<CredentialAnswer>(await upload(nickname, (await authority.issue(key)) + above)).status,
    'suspended',
  )
  t.assert.equal(json<CredentialAnswer>(await call('PUT', `${CREDENTIALS}/${nickname}/revoke`)).status, 'revoked')
  t.assert.deepEqual(refusal(await upload(nickname, above)).slice(0, 2), [409, 'credential_revoked'])
})

test('a chain that is not whole, not for the key, or not of C2PA’s profile is refused, and says why', async (t: TestContext) => {
  const { nickname, csr } = await requestOne()
  const key = await keyOf(csr!)
  const above = authority.issuer + authority.root
  const other = (await authority.generate()).publicKey
  const good = await authority.issue(key)
  for (const [certificates, sentence] of [
    ['', 'They are to be certificates in PEM'],
    ['hello', 'They are to be certificates in PEM'],
    [csr!, 'They are to be certificates in PEM'],
    [good.replace('-----END', '-----KEND'), 'can’t be read as PEM'],
    ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', 'One of them is '],
    [(await authority.issue(other)) + above, 'None of them is for the key of the credential.'],
    [above, 'None of them is for the key of the credential.'],
    [good, 'send what stands above it'],
    [good + authority.root, 'send what stands above it'],
    [(await authority.issue(key, { days: -0.01 })) + above, 'was valid until'],
    [(await authority.issue(key, { days: 400 })) + above, 'breaks rules: validity'],
    [(await authority.issue(key, { purposes: ['1.3.6.1.5.5.7.3.2'] })) + above, 'certificates: '],
    [(await authority.issue(key, { purposes: [] })) + above, 'certificates: '],
    [(await authority.issue(key, { purposes: [CLAIM_SIGNING, '1.3.6.1.5.5.7.3.8'] })) + above, 'certificates: '],
    [(await authority.issue(key, { isAuthority: true })) + above, 'certificates: '],
    [(await authority.issue(key, { subject: 'CN=Without organization' })) + above, 'breaks rules: '],
    [good + authority.issuer.repeat(12), 'There are more than 10.'],
  ] as const) {
    const [status, code, message] = refusal(await upload(nickname, certificates))
    t.assert.equal(status, 400, `${sentence}: ${message}`)
    t.assert.ok(['invalid_request', 'certificate_not_conforming'].includes(`${code}`), `${code}`)
    t.assert.ok(`${message}`.includes(sentence), `${sentence}: ${message}`)
    const { store } = platform.world
    const event = (await eventsOf(store.auditEvents, platform.account.account_id, 500)).find(
      ({ action, status, details }) =>
        action === 'credential.upload_certificate' && status === 'failed' && details.reason === message,
    )
    t.assert.equal(event?.details.nickname, nickname, sentence)
  }
  const issued = await call('POST', CREDENTIALS, { nickname: `own-${nickname}`, key_type: 'p_256', common_name: 'Own' })
  t.assert.equal(issued.status, 201)
  t.assert.deepEqual(refusal(await upload(`own-${nickname}`, good + above)).slice(0, 2), [
    409,
    'credential_of_platform',
  ])
  t.assert.deepEqual(refusal(await call('GET', `${CREDENTIALS}/own-${nickname}/csr`)).slice(0, 2), [
    404,
    'request_not_found',
  ])
})

test('a key with its certificates comes in a PKCS#12 file, and lies under a PIN then', async (t: TestContext) => {
  const keys = await authority.generate()
  const leaf = await authority.issue(keys.publicKey)
  const der = (pem: string) => new Uint8Array(new x509.X509Certificate(pem).rawData)
  const privateKey = new Uint8Array(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey))
  const file = async (change: Partial<Parameters<typeof encodePkcs12>[0]> = {}) =>
    Buffer.from(
      await encodePkcs12({
        privateKey,
        certificate: der(leaf),
        chain: [der(authority.issuer), der(authority.root)],
        friendlyName: 'somebody',
        password: 'open sesame',
        ...change,
      }),
    ).toString('base64')
  const nickname = `imported-${randomUUID().slice(0, 8)}`
  const bring = async (body: object) =>
    call('POST', `${CREDENTIALS}/import`, {
      nickname,
      user_id: platform.account.service_user_id,
      pkcs12: await file(),
      password: 'open sesame',
      ...body,
    })
  t.assert.deepEqual(refusal(await bring({ password: 'wrong' })).slice(0, 2), [400, 'invalid_pkcs12'])
  t.assert.deepEqual(refusal(await bring({ pkcs12: 'no base64!' })).slice(0, 2), [400, 'invalid_pkcs12'])
  t.assert.deepEqual(refusal(await bring({ pkcs12: Buffer.from('no file').toString('base64') })).slice(0, 2), [
    400,
    'invalid_pkcs12',
  ])
  const other = new Uint8Array(await webcrypto.subtle.exportKey('pkcs8', (await authority.generate()).privateKey))
  const [, , mismatch] = refusal(await bring({ pkcs12: await file({ privateKey: other }) }))
  t.assert.equal(mismatch, 'certificates: None of them is for the key of the credential.')
  const [, , bare] = refusal(await bring({ pkcs12: await file({ chain: [] }) }))
  t.assert.match(`${bare}`, /send what stands above it/)

  const answer = await bring({})
  t.assert.equal(answer.status, 201, `${answer.body}`)
  const imported = json<CredentialAnswer>(answer)
  t.assert.deepEqual([imported.status, imported.pin_status], ['enabled', 'set'])
  t.assert.equal((await bring({})).status, 409)
  const signed = await platform.signBy({ credentialID: nickname, PIN: (await platform.pins(nickname))[0]! })
  t.assert.equal(signed.status, 200, `${signed.body}`)
  t.assert.equal(
    json(await platform.signBy({ credentialID: nickname, PIN: 'wrong' })).error_description,
    'The PIN is invalid.',
  )
  const { keyId } = (await platform.world.store.credentials.find(imported.id))!
  const kept = Buffer.from((await platform.world.store.privateKeys.find(keyId))!.wrapped)
  t.assert.equal(kept.includes(Buffer.from(privateKey).subarray(-100)), false)
})

test('a PIN that is lost takes a new key, and so another certificate of the authority', async (t: TestContext) => {
  const { nickname, csr } = await requestOne({ user_id: platform.account.service_user_id, organization: 'Nordwind' })
  const above = authority.issuer + authority.root
  const old = await keyOf(csr!)
  t.assert.equal((await upload(nickname, (await authority.issue(old)) + above)).status, 200)
  const [pin] = await platform.pins(nickname)
  t.assert.equal(await platform.sentence({ credentialID: nickname, PIN: pin! }), 'signed')

  const reissued = await call('POST', `${CREDENTIALS}/${nickname}/reissue-pin`)
  t.assert.equal(json<CredentialAnswer>(reissued).status, 'requested', `${reissued.body}`)
  const [, fresh] = await platform.pins(nickname, 2)
  const again = (await call('GET', `${CREDENTIALS}/${nickname}/csr`)).body.toString()
  t.assert.equal(new x509.Pkcs10CertificateRequest(again).subject, 'CN=Somebody, O=Nordwind Zeitung, C=DE')
  const [, , message] = refusal(await upload(nickname, (await authority.issue(old)) + above))
  t.assert.equal(message, 'certificates: None of them is for the key of the credential.')
  t.assert.equal((await upload(nickname, (await authority.issue(await keyOf(again))) + above)).status, 200)
  t.assert.equal(await platform.sentence({ credentialID: nickname, PIN: pin! }), 'The PIN is invalid.')
  t.assert.equal(await platform.sentence({ credentialID: nickname, PIN: fresh! }), 'signed')
})

test('only who manages credentials requests, uploads and imports', async (t: TestContext) => {
  const { nickname } = await requestOne()
  const key = platform.account.service_api_key
  for (const [method, path, body] of [
    ['POST', `${CREDENTIALS}/request`, { nickname: 'x', key_type: 'p_256', common_name: 'X' }],
    ['POST', `${CREDENTIALS}/import`, { nickname: 'x', pkcs12: 'AAAA', password: 'x' }],
    ['PUT', `${CREDENTIALS}/${nickname}/certificate`, { certificates: authority.root }],
  ] as const)
    t.assert.deepEqual(refusal(await call(method, path, body, key)).slice(0, 2), [403, 'access_denied'])
})
