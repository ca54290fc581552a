import { type TestContext, test } from 'node:test'
import { decodePemBlock, encodePem } from '@countersign/codec'
import { verifyCertificateList } from '../../src/crl/verify.ts'
import {
  CertificateList,
  keyIdentifier,
  type RevocationReason,
  signCertificateRevocationList,
} from '../../src/index.ts'
import { type Identity, issueAuthority, pem } from '../hierarchy.ts'
import { refusesMalformed } from '../malformed.ts'
import { file, openssl, withoutOpenSsl } from '../openssl.ts'
import { turnsDuring } from '../turns.ts'

const THIS_UPDATE = new Date('2026-11-20T10:00:00Z')
const NEXT_UPDATE = new Date('2026-11-27T10:00:00Z')
const AT = new Date('2026-11-22T10:00:00Z')

const root = await issueAuthority('Root')
const issuing = await issueAuthority('Issuing', root)

function sign(identity: Identity, options: Partial<Parameters<typeof signCertificateRevocationList>[0]> = {}) {
  return signCertificateRevocationList(
    {
      issuer: identity.certificate.subject,
      authorityKeyIdentifier: keyIdentifier(identity.signer.publicKey),
      number: 7n,
      thisUpdate: THIS_UPDATE,
      nextUpdate: NEXT_UPDATE,
      revoked: [
        { serialNumber: 0x1234n, at: new Date('2026-11-01T00:00:00Z'), reason: 'keyCompromise' },
        { serialNumber: (1n << 158n) + 5n, at: new Date('2026-11-02T00:00:00Z') },
      ],
      ...options,
    },
    identity.signer,
  )
}

test('a list reads back as it was written', async (t) => {
  const list = CertificateList.decode(await sign(issuing))
  t.assert.equal(list.version, 2)
  t.assert.deepEqual(list.thisUpdate, THIS_UPDATE)
  t.assert.deepEqual(list.nextUpdate, NEXT_UPDATE)
  t.assert.equal(list.revoked.size, 2)
  t.assert.deepEqual(list.revoked.get(0x1234n), {
    serialNumber: 0x1234n,
    at: new Date('2026-11-01T00:00:00Z'),
    reason: 'keyCompromise',
  })
  t.assert.equal(list.revoked.get((1n << 158n) + 5n)?.reason, undefined)
  t.assert.deepEqual(await verifyCertificateList(list, { issuer: issuing.certificate, at: AT }), { valid: true })
})

test('a list of another key, another name or another time does not verify', async (t) => {
  const bytes = await sign(issuing)
  const code = async (list: Uint8Array, issuer: Identity, at: Date) => {
    const result = await verifyCertificateList(CertificateList.decode(list), { issuer: issuer.certificate, at })
    return result.valid ? 'valid' : result.code
  }
  t.assert.equal(await code(bytes, root, AT), 'untrusted')
  const namesake = await issueAuthority('Issuing', root)
  t.assert.equal(await code(bytes, namesake, AT), 'untrusted')
  const flipped = bytes.slice()
  const last = flipped.length - 1
  flipped[last] = (flipped[last] as number) ^ 1
  t.assert.equal(await code(flipped, issuing, AT), 'untrusted')
  t.assert.equal(await code(bytes, issuing, new Date('2026-11-20T09:00:00Z')), 'outsideValidity')
  t.assert.equal(await code(bytes, issuing, new Date('2026-11-28T00:00:00Z')), 'outsideValidity')
})

test('OpenSSL verifies lists of each kind, and reads their numbers and reasons', {
  skip: withoutOpenSsl,
}, async (t: TestContext) => {
  const reasons: RevocationReason[] = [
    'keyCompromise',
    'cACompromise',
    'superseded',
    'privilegeWithdrawn',
    'unspecified',
  ]
  const revoked = reasons.map((reason, index) => ({ serialNumber: BigInt(index + 1), at: THIS_UPDATE, reason }))
  for (const [algorithm, authority] of [
    ['ecdsa-with-SHA256', issuing],
    ['ecdsa-with-SHA384', await issueAuthority('Issuing 384', root, 'ES384')],
    ['rsassaPss', await issueAuthority('Issuing PSS', root, 'PS256')],
    ['ED25519', await issueAuthority('Issuing Ed25519', root, 'EdDSA')],
  ] as const) {
    const list = file(encodePem('X509 CRL', await sign(authority, { revoked })))
    const result = openssl('crl', '-in', list, '-CAfile', file(pem(authority)), '-verify', '-noout', '-text')
    t.assert.match(result.text, /verify OK/)
    t.assert.ok(result.text.includes(`Signature Algorithm: ${algorithm}`), result.text)
    t.assert.match(result.text, /X509v3 CRL Number:\s+7\n/)
    t.assert.match(result.text, /Key Compromise.*CA Compromise.*Superseded.*Privilege Withdrawn/s)
    t.assert.doesNotMatch(result.text, /Unspecified/)
  }
})

test('OpenSSL reads an empty list and the scope of a partial one', { skip: withoutOpenSsl }, async (t: TestContext) => {
  const url = 'http://pki.example/crl/users.crl'
  const bytes = await sign(issuing, { revoked: [], scope: { urls: [url], only: 'users' } })
  const result = openssl('crl', '-inform', 'DER', '-in', file(bytes), '-CAfile', file(pem(issuing)), '-verify', '-text')
  t.assert.match(result.text, /verify OK/)
  t.assert.match(result.text, /No Revoked Certificates/)
  t.assert.match(
    result.text,
    /Issuing Distribution Point: critical\s+Full Name:\s+URI:http:\/\/pki\.example\/crl\/users\.crl\s+Only User Certificates/,
  )
  const list = CertificateList.decode(bytes)
  t.assert.deepEqual(await verifyCertificateList(list, { issuer: issuing.certificate, at: AT }), { valid: true })
})

test('a certificate on the list is revoked for OpenSSL', { skip: withoutOpenSsl }, async (t: TestContext) => {
  const { serialNumber } = issuing.certificate
  const list = await sign(root, { revoked: [{ serialNumber, at: THIS_UPDATE, reason: 'superseded' }] })
  const time = String(AT.getTime() / 1000)
  const files = ['-CAfile', file(pem(root) + encodePem('X509 CRL', list)), file(pem(issuing))]
  const result = openssl('verify', '-attime', time, '-crl_check', ...files)
  t.assert.match(result.text, /certificate revoked/)
})

test('no list is made with numbers and times that none may have', async (t) => {
  await t.assert.rejects(sign(issuing, { nextUpdate: THIS_UPDATE }), { code: 'invalid_argument' })
  await t.assert.rejects(sign(issuing, { number: 1n << 159n }), { code: 'invalid_argument' })
  await t.assert.rejects(sign(issuing, { number: -1n }), { code: 'invalid_argument' })
})

test('others have their turn while a long list is made', async (t) => {
  const revoked = Array.from({ length: 20_000 }, (_, index) => ({
    serialNumber: (1n << 150n) + BigInt(index),
    at: THIS_UPDATE,
    reason: 'superseded' as const,
  }))
  let bytes = new Uint8Array()
  const turns = await turnsDuring(async () => {
    bytes = (await sign(issuing, { revoked })).slice()
  })
  t.assert.equal(turns >= 78, true, `${turns} turns`)
  t.assert.equal(CertificateList.decode(bytes).revoked.size, 20_000)
})

test('malformed lists are refused', async (t) => {
  const bytes = await sign(issuing, { scope: { urls: ['http://a/'], only: 'authorities' } })
  refusesMalformed(t, bytes, (candidate) => CertificateList.decode(candidate))
  t.assert.deepEqual(decodePemBlock(encodePem('X509 CRL', bytes), 'X509 CRL'), bytes)
})
