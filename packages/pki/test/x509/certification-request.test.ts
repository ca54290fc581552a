import 'reflect-metadata'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { decodePemBlock, der, encodePem } from '@countersign/codec'
import * as peculiar from '@peculiar/x509'
import {
  CertificationRequest,
  createSigner,
  extensions,
  name,
  nameText,
  oids,
  PkiError,
  type SignatureAlgorithm,
  signatureAlgorithmFrom,
  signCertificationRequest,
  subjectAlternativeName,
  verifyCertificationRequest,
} from '../../src/index.ts'
import { newPrivateKey } from '../issuing.ts'
import { refusesMalformed } from '../malformed.ts'
import { file, newPath, openssl, withoutOpenSsl } from '../openssl.ts'

const subject = name({ C: 'DE', O: 'Example', CN: 'device 1' })
const wanted = [
  extensions.keyUsage(['digitalSignature']),
  extensions.subjectAlternativeName([{ type: 'dNSName', value: 'device-1.example' }]),
]

async function made(algorithm: SignatureAlgorithm = 'ES256', asked = wanted): Promise<Uint8Array> {
  const signer = await createSigner(algorithm, newPrivateKey(algorithm))
  return await signCertificationRequest({ subject, extensions: asked }, signer)
}

for (const algorithm of ['ES256', 'ES384', 'ES512', 'RS256', 'PS384', 'EdDSA'] as const) {
  test(`${algorithm}: a request is made, read and believed`, async (t) => {
    const bytes = await made(algorithm)
    const request = CertificationRequest.decode(bytes)
    t.assert.equal(await verifyCertificationRequest(request), true)
    t.assert.equal(signatureAlgorithmFrom(request.signatureAlgorithm), algorithm)
    t.assert.equal(nameText(request.subject), 'CN=device 1,O=Example,C=DE')
    t.assert.deepEqual(request.extensions, wanted)
    t.assert.deepEqual(CertificationRequest.encode(request), bytes)
    if (withoutOpenSsl) t.diagnostic(`not judged by OpenSSL: ${withoutOpenSsl}`)
    else {
      const path = file(encodePem('CERTIFICATE REQUEST', bytes))
      const { ok, text } = openssl('req', '-in', path, '-noout', '-text', '-verify')
      t.assert.equal(ok, true, text)
      t.assert.match(text, /DNS:device-1\.example/)
    }
  })
}

test('@peculiar/x509 believes what is made, with and without extensions', async (t) => {
  for (const asked of [wanted, []]) {
    const bytes = await made('ES256', asked)
    const request = new peculiar.Pkcs10CertificateRequest(bytes as Uint8Array<ArrayBuffer>)
    t.assert.equal(await request.verify(), true)
    t.assert.equal(request.extensions.length, asked.length)
    t.assert.equal(await verifyCertificationRequest(CertificationRequest.decode(bytes)), true)
  }
})

const commands: { readonly [what: string]: readonly string[] } = {
  'EC P-256': ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  'RSA 2048': ['-newkey', 'rsa:2048'],
  'RSA with PSS': ['-newkey', 'rsa:2048', '-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:digest'],
  Ed25519: ['-newkey', 'ed25519'],
}

for (const [what, command] of Object.entries(commands)) {
  test(`${what}: a request that OpenSSL made is believed`, { skip: withoutOpenSsl }, async (t) => {
    const path = newPath()
    const { ok, text } = openssl(
      ...['req', '-new', '-nodes', '-keyout', newPath(), '-out', path, '-subj', '/C=DE/O=Example/CN=device 1'],
      ...['-addext', 'subjectAltName=DNS:a.example,IP:10.0.0.1', ...command],
    )
    t.assert.equal(ok, true, text)
    const request = CertificationRequest.decode(decodePemBlock(readFileSync(path, 'latin1'), 'CERTIFICATE REQUEST'))
    t.assert.equal(await verifyCertificationRequest(request), true)
    t.assert.equal(nameText(request.subject), 'CN=device 1,O=Example,C=DE')
    t.assert.equal(subjectAlternativeName(request)?.length, 2)
  })
}

test('a request that OpenSSL signed with SHA-1 is not believed', { skip: withoutOpenSsl }, async (t) => {
  const path = newPath()
  openssl('req', '-new', '-nodes', '-newkey', 'rsa:2048', '-keyout', newPath(), '-out', path, '-subj', '/CN=x', '-sha1')
  const request = CertificationRequest.decode(decodePemBlock(readFileSync(path, 'latin1'), 'CERTIFICATE REQUEST'))
  t.assert.equal(await verifyCertificationRequest(request), false)
})

test('a request for the key of another is not believed', async (t) => {
  const request = CertificationRequest.decode(await made())
  const other = CertificationRequest.decode(await made())
  t.assert.equal(await verifyCertificationRequest({ ...request, publicKey: other.publicKey }), false)
  t.assert.equal(await verifyCertificationRequest({ ...request, info: other.info }), false)
  t.assert.equal(await verifyCertificationRequest({ ...request, signature: other.signature }), false)
})

/** A request whose attributes are these bytes. */
function withAttributes(request: CertificationRequest, attributes: readonly Uint8Array[]): Uint8Array {
  const [version, subjectName, key] = der.elementsOf(der.onlyElement(request.info)).map(({ bytes }) => bytes)
  const [, algorithm, signature] = der.elementsOf(der.onlyElement(request.bytes)).map(({ bytes }) => bytes)
  return der.writeElement(0x30, [
    der.writeElement(0x30, [version!, subjectName!, key!, ...attributes]),
    algorithm!,
    signature!,
  ])
}

function extensionRequest(value: Uint8Array): Uint8Array {
  return der.writeElement(0x30, [der.oid.encode(oids.extensionRequest), der.writeElement(0x31, [value])])
}

test('a request without the set of attributes is read', async (t) => {
  const request = CertificationRequest.decode(await made())
  t.assert.deepEqual(CertificationRequest.decode(withAttributes(request, [])).extensions, [])
})

test('a request that asks for an extension twice, or for what is none, is refused', async (t) => {
  const request = CertificationRequest.decode(await made())
  const extension = der.writeElement(0x30, [
    der.oid.encode(oids.keyUsage),
    der.octetString.encode(Uint8Array.of(3, 2, 7, 0x80)),
  ])
  const once = extensionRequest(der.writeElement(0x30, [extension]))
  const read = (attributes: readonly Uint8Array[]) =>
    CertificationRequest.decode(withAttributes(request, [der.writeElement(0xa0, attributes)]))
  t.assert.equal(read([once]).extensions.length, 1)
  t.assert.throws(() => read([once, once]), PkiError)
  t.assert.throws(() => read([extensionRequest(der.writeElement(0x30, [extension, extension]))]), PkiError)
  t.assert.throws(() => read([extensionRequest(Uint8Array.of(5, 0))]), PkiError)
})

test('malformed requests are refused', async (t) => {
  refusesMalformed(t, await made(), CertificationRequest.decode)
  t.assert.throws(() => CertificationRequest.decode(new Uint8Array(65537)), PkiError)
})
