import { createPrivateKey } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { encodePem } from '@countersign/codec'
import {
  CertificationRequest,
  createSigner,
  encodePkcs12,
  name,
  signCertificate,
  verifyCertificationRequest,
} from '@countersign/pki'
import { readCertificate, readIdentity, serialOf } from '../src/client-cert-identity.ts'
import { KEY_TYPES, keyTypeOf, makeKey, publicKeyOf, requestFor } from '../src/client-cert-key.ts'
import { distance } from '../src/client-cert-view.ts'

const key = await makeKey('P-256')
const otherKey = await makeKey('P-256')
const certificate = await signCertificate(
  {
    serialNumber: 0x80n,
    issuer: name({ CN: 'Authority' }),
    subject: name({ CN: 'Client' }),
    notBefore: new Date('2026-01-01T00:00:00Z'),
    notAfter: new Date('2027-01-01T00:00:00Z'),
    publicKey: publicKeyOf(key),
    extensions: [],
  },
  await createSigner('ES256', key),
)
const CERT = encodePem('CERTIFICATE', certificate)
const KEY = encodePem('PRIVATE KEY', key)

function file(t: TestContext, content: string | Uint8Array): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-identity-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'file'), content)
  return join(folder, 'file')
}

test('certificate and key are read from one PEM file, two, or PKCS#12, in every form that keys come in', async (t: TestContext) => {
  const object = createPrivateKey(KEY)
  const sec1 = object.export({ type: 'sec1', format: 'pem' }).toString()
  for (const pem of [KEY, sec1]) {
    const { privateKey } = await readIdentity({ kind: 'pem', cert: file(t, CERT), key: file(t, `text before\n${pem}`) })
    t.assert.deepEqual(privateKey, key)
  }
  const both = file(t, KEY + CERT + CERT)
  const found = await readIdentity({ kind: 'pem', cert: both, key: both })
  t.assert.equal(serialOf(found.certificate), '80')
  t.assert.equal(found.chain.length, 1)
  const p12 = await encodePkcs12({ privateKey: key, certificate, chain: [], password: 'Pa ss' })
  const { privateKey } = await readIdentity({ kind: 'pkcs12', file: file(t, p12), password: 'Pa ss' })
  t.assert.deepEqual(privateKey, key)
})

test('what can not be used is said, with the file and without what is in it', async (t: TestContext) => {
  const cert = file(t, CERT)
  const pem = (keyText: string, certFile = cert) => ({ kind: 'pem', cert: certFile, key: file(t, keyText) }) as const
  const encrypted = createPrivateKey(KEY)
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
    .toString()
  const p12 = await encodePkcs12({ privateKey: otherKey, certificate, chain: [], password: 'x' })
  for (const [files, why] of [
    [pem(encodePem('PRIVATE KEY', otherKey)), /file is not the key of the certificate in .*file$/],
    [pem(KEY + KEY), /holds 2 private keys, and is to hold one/],
    [pem(encrypted), /is encrypted: keep it in a PKCS#12 file/],
    [pem(encodePem('PRIVATE KEY', key.subarray(9))), /holds no private key that can be read/],
    [pem('-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----'), /is no PEM/],
    [pem(CERT), /holds no private key in PEM/],
    [pem(KEY, file(t, KEY)), /holds no certificate in PEM/],
    [pem(KEY, file(t, encodePem('CERTIFICATE', certificate.subarray(4)))), /holds a certificate that can't be read/],
    [pem(KEY, '/nowhere/cert.pem'), /cert\.pem can't be read: there is no such file/],
    [{ kind: 'pkcs12', file: file(t, p12), password: 'x' }, /key and a certificate that do not belong together/],
    [{ kind: 'pkcs12', file: file(t, p12), password: 'y' }, /can't be read: its password is another one/],
    [{ kind: 'pkcs12', file: cert, password: 'y' }, /can't be read: /],
  ] as const) {
    await t.assert.rejects(readIdentity(files), (error: Error) => {
      t.assert.equal(error.name, 'InputError')
      t.assert.match(error.message, why)
      return true
    })
  }
})

test('a file that is cut off or changed anywhere is read whole or refused with a sentence', async (t: TestContext) => {
  const p12 = await encodePkcs12({ privateKey: key, certificate, chain: [], password: 'x', iterations: 1 })
  for (const whole of [certificate, p12]) {
    for (let length = 0; length < whole.length; length += 7)
      await t.assert.rejects(readCertificate(file(t, whole.subarray(0, length)), 'x'), { name: 'InputError' })
    for (let at = 0; at < whole.length; at += 13) {
      const changed = whole.slice()
      changed[at] = (changed[at] ?? 0) ^ 0x55
      await readCertificate(file(t, changed), 'x').catch((error: Error) => t.assert.equal(error.name, 'InputError'))
    }
  }
})

test('a request is signed by the key it is for, of every kind', async (t: TestContext) => {
  for (const type of KEY_TYPES.filter((one) => one !== 'RSA-3072' && one !== 'RSA-4096')) {
    const made = await makeKey(type)
    const { csr, publicKey } = await requestFor(made, name({ CN: 'Client' }))
    const request = CertificationRequest.decode(Buffer.from(csr.replace(/-----.*-----/g, ''), 'base64'))
    t.assert.ok(await verifyCertificationRequest(request), type)
    t.assert.deepEqual(new Uint8Array(request.publicKey.bytes), publicKey)
    t.assert.equal(keyTypeOf(request.publicKey), type)
  }
})

test('a distance is told as people would', (t: TestContext) => {
  const now = new Date('2026-11-23T00:00:00Z')
  const after = (hours: number): string => distance(new Date(now.getTime() + hours * 3_600_000), now)
  t.assert.deepEqual(
    [after(24 * 17.9), after(47), after(1.5), after(0), after(-24 * 3), after(-1 / 60)],
    ['in 17 days', 'in 47 hours', 'in 90 minutes', 'in 0 minutes', '3 days ago', '1 minute ago'],
  )
})
