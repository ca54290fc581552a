import 'reflect-metadata'
import { X509Certificate } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { decodePem, encodeHex, encodePem } from '@countersign/codec'
import * as peculiar from '@peculiar/x509'
import { fromBER } from 'asn1js'
import * as pkijs from 'pkijs'
import {
  authorityKeyIdentifier,
  basicConstraints,
  Certificate,
  caIssuersUris,
  certificatePolicies,
  crlUris,
  extendedKeyUsage,
  extensions,
  keyIdentifier,
  keyUsage,
  name,
  nameConstraints,
  nameText,
  ocspUris,
  oids,
  PkiError,
  randomSerialNumber,
  type SignatureAlgorithm,
  signatureAlgorithmFrom,
  signCertificate,
  subjectAlternativeName,
  subjectKeyIdentifier,
  toBeSigned,
  verifySignature,
} from '../../src/index.ts'
import { TbsCertificate } from '../../src/x509/certificate.ts'
import { authority, type Entity, endEntity, NOW } from '../issuing.ts'
import { refusesMalformed } from '../malformed.ts'
import { file, openssl, withoutOpenSsl } from '../openssl.ts'

const trust = new URL('../../../../../shared/c2pa-corpus/trust/', import.meta.url)

test('certificates in the wild are read and written back', {
  skip: existsSync(trust) ? false : 'there is no ../shared/c2pa-corpus beside this repository',
}, (t) => {
  let count = 0
  for (const list of readdirSync(trust)) {
    for (const { bytes } of decodePem(readFileSync(new URL(list, trust), 'latin1'))) {
      const certificate = Certificate.decode(bytes)
      const judge = new X509Certificate(bytes)
      t.assert.deepEqual(Certificate.encode(certificate), bytes)
      t.assert.deepEqual(TbsCertificate.encode(TbsCertificate.decode(certificate.tbs)), certificate.tbs)
      t.assert.equal(certificate.serialNumber.toString(16), judge.serialNumber.toLowerCase().replace(/^0+(?=.)/, ''))
      t.assert.equal(certificate.notAfter.getTime(), judge.validToDate.getTime())
      t.assert.equal(basicConstraints(certificate)?.cA ?? false, judge.ca)
      for (const accessor of [keyUsage, extendedKeyUsage, authorityKeyIdentifier, certificatePolicies])
        t.assert.doesNotThrow(() => accessor(certificate))
      count++
    }
  }
  t.assert.equal(count > 50, true)
})

const ALGORITHMS: readonly SignatureAlgorithm[] = [
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
  'RS256',
  'RS512',
  'EdDSA',
]

/** Everything that a certificate of ours may hold. */
async function full(algorithm: SignatureAlgorithm): Promise<{ readonly issuer: Entity; readonly leaf: Entity }> {
  const issuer = await authority('Root', undefined, { algorithm })
  const leaf = await endEntity('leaf', issuer, {
    subject: name({
      C: 'DE',
      O: 'Beispiel & Söhne',
      OU: ['A', 'B'],
      CN: 'Jürgen "J" Müller, 東京',
      emailAddress: 'j@example.com',
    }),
    with: [
      extensions.subjectAlternativeName([
        { type: 'dNSName', value: 'www.example.com' },
        { type: 'iPAddress', value: Uint8Array.of(10, 1, 2, 3) },
        { type: 'rfc822Name', value: 'j@example.com' },
        { type: 'uniformResourceIdentifier', value: 'urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6' },
        { type: 'directoryName', value: name({ O: 'Example' }) },
      ]),
      extensions.authorityInformationAccess({ ocsp: 'http://pki.example/ocsp', caIssuers: 'http://pki.example/ca' }),
      extensions.crlDistributionPoints(['http://pki.example/a.crl', 'http://pki.example/b.crl']),
      extensions.certificatePolicies(['1.2.3.4', oids.anyPolicy]),
      extensions.ocspNoCheck(),
    ],
  })
  return { issuer, leaf }
}

for (const algorithm of ALGORITHMS) {
  test(`${algorithm}: what is built is read back, and Node and @peculiar/x509 find the same in it`, async (t) => {
    const { issuer, leaf } = await full(algorithm)
    const { certificate } = leaf
    t.assert.equal(signatureAlgorithmFrom(certificate.signatureAlgorithm), algorithm)
    const key = issuer.certificate.publicKey.bytes
    t.assert.equal(await verifySignature(algorithm, key, certificate.tbs, certificate.signature), true)
    t.assert.deepEqual(
      subjectAlternativeName(certificate)?.map(({ type }) => type),
      ['dNSName', 'iPAddress', 'rfc822Name', 'uniformResourceIdentifier', 'directoryName'],
    )
    t.assert.deepEqual(ocspUris(certificate), ['http://pki.example/ocsp'])
    t.assert.deepEqual(caIssuersUris(certificate), ['http://pki.example/ca'])
    t.assert.deepEqual(crlUris(certificate), ['http://pki.example/a.crl', 'http://pki.example/b.crl'])
    t.assert.deepEqual(subjectKeyIdentifier(certificate), keyIdentifier(leaf.signer.publicKey))
    t.assert.deepEqual(authorityKeyIdentifier(certificate), { keyIdentifier: keyIdentifier(key) })
    t.assert.deepEqual([...(keyUsage(certificate) ?? [])], ['digitalSignature'])

    const node = new X509Certificate(certificate.bytes)
    t.assert.equal(node.verify(new X509Certificate(issuer.certificate.bytes).publicKey), true)
    t.assert.match(node.subjectAltName ?? '', /^DNS:www\.example\.com, IP Address:10\.1\.2\.3, email:j@example\.com/)
    const other = new peculiar.X509Certificate(certificate.bytes as Uint8Array<ArrayBuffer>)
    t.assert.equal(BigInt(`0x${other.serialNumber}`), certificate.serialNumber)
    t.assert.deepEqual(other.notAfter, certificate.notAfter)
    t.assert.equal(other.extensions.length, certificate.extensions.length)
    t.assert.equal(other.subjectName.getField('CN')[0], 'Jürgen "J" Müller, 東京')
  })
}

test('pkijs reads what is built and verifies it', async (t) => {
  const { issuer, leaf } = await full('ES256')
  const read = (bytes: Uint8Array): pkijs.Certificate =>
    new pkijs.Certificate({ schema: fromBER(bytes as Uint8Array<ArrayBuffer>).result })
  t.assert.equal(await read(leaf.certificate.bytes).verify(read(issuer.certificate.bytes)), true)
})

test('OpenSSL prints what was meant', { skip: withoutOpenSsl }, async (t) => {
  const { leaf } = await full('PS256')
  const path = file(encodePem('CERTIFICATE', leaf.certificate.bytes))
  const { ok, text } = openssl('x509', '-in', path, '-noout', '-text', '-nameopt', 'RFC2253,-esc_msb,utf8')
  t.assert.equal(ok, true, text)
  for (const expected of [
    'Version: 3 (0x2)',
    'Signature Algorithm: rsassaPss',
    'Hash Algorithm: sha256',
    'Salt Length: 0x20',
    'X509v3 Key Usage: critical\n                Digital Signature',
    'X509v3 Basic Constraints: critical\n                CA:FALSE',
    'TLS Web Client Authentication',
    'DNS:www.example.com, IP Address:10.1.2.3, email:j@example.com, URI:urn:uuid:',
    'OCSP - URI:http://pki.example/ocsp',
    'CA Issuers - URI:http://pki.example/ca',
    'URI:http://pki.example/b.crl',
    'Policy: X509v3 Any Policy',
  ])
    t.assert.equal(text.includes(expected), true, `${expected} is not in\n${text}`)
})

test('name constraints are written as OpenSSL reads them', { skip: withoutOpenSsl }, async (t) => {
  const { certificate } = await authority('Root', undefined, {
    with: [
      extensions.nameConstraints({
        permitted: [{ type: 'dNSName', value: 'example.com' }],
        excluded: [{ type: 'iPAddress', value: Uint8Array.of(10, 0, 0, 0, 255, 0, 0, 0) }],
      }),
    ],
  })
  t.assert.equal(nameConstraints(certificate)?.permittedSubtrees?.length, 1)
  const { text } = openssl('x509', '-in', file(encodePem('CERTIFICATE', certificate.bytes)), '-noout', '-text')
  t.assert.match(text, /Permitted:\s+DNS:example\.com\s+Excluded:\s+IP:10\.0\.0\.0\/255\.0\.0\.0/)
})

test('the years until 2049 are UTCTime, those after are GeneralizedTime', async (t) => {
  const { certificate } = await endEntity('leaf', undefined, {
    notBefore: new Date('2049-12-31T23:59:59Z'),
    notAfter: new Date('2050-01-01T00:00:00Z'),
  })
  const hex = encodeHex(certificate.tbs)
  t.assert.equal(hex.includes(`170d${Buffer.from('491231235959Z').toString('hex')}`), true)
  t.assert.equal(hex.includes(`180f${Buffer.from('20500101000000Z').toString('hex')}`), true)
  t.assert.equal(certificate.notAfter.getTime(), Date.UTC(2050, 0, 1))
})

test('what no certificate may say is refused before it is signed', async (t) => {
  const { certificate, signer } = await endEntity('leaf', undefined)
  const template = { ...certificate, publicKey: certificate.publicKey.bytes }
  const refused = [
    { serialNumber: 0n },
    { serialNumber: -1n },
    { serialNumber: 1n << 159n },
    { notAfter: new Date(NOW.getTime() - 1e12) },
    { notAfter: new Date(Number.NaN) },
    { extensions: [...certificate.extensions, ...certificate.extensions] },
    { publicKey: Uint8Array.of(1, 2, 3) },
  ]
  for (const change of refused) {
    t.assert.throws(() => toBeSigned({ ...template, ...change }, 'ES256'), PkiError)
    await t.assert.rejects(signCertificate({ ...template, ...change }, signer), PkiError)
  }
})

test('random serial numbers are positive, of at most 20 octets, and never the same', (t) => {
  const numbers = Array.from({ length: 1000 }, randomSerialNumber)
  t.assert.equal(new Set(numbers).size, 1000)
  t.assert.equal(
    numbers.every((number) => number > 0n && number < 1n << 159n),
    true,
  )
  t.assert.equal(
    numbers.some((number) => number >= 1n << 158n),
    true,
  )
})

test('malformed certificates are refused with PkiError', async (t) => {
  const { leaf } = await full('ES256')
  refusesMalformed(t, leaf.certificate.bytes, (bytes) => nameText(Certificate.decode(bytes).subject))
  t.assert.throws(() => Certificate.decode(new Uint8Array(2 ** 20 + 1)), { name: 'PkiError', code: 'malformed' })
})

test('malformed extensions are refused when they are asked for, and only those', async (t) => {
  const { certificate } = await endEntity('leaf', undefined, {
    with: [{ id: oids.subjectAltName, critical: false, value: Uint8Array.of(0x30, 1) }],
  })
  t.assert.throws(() => subjectAlternativeName(certificate), { name: 'PkiError', code: 'malformed' })
  t.assert.throws(() => subjectAlternativeName(certificate), { name: 'PkiError', code: 'malformed' })
  t.assert.deepEqual(extendedKeyUsage(certificate), [oids.clientAuth])
})
