import { generateKeyPairSync } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import {
  Certificate,
  createSigner,
  extensions,
  keyIdentifier,
  name,
  randomSerialNumber,
  type SignatureAlgorithm,
  type Signer,
  signCertificate,
} from '@countersign/pki'
import { credentialFault, signingPurposes } from '../../src/verify/signing-credential.ts'

async function newSigner(algorithm: SignatureAlgorithm): Promise<Signer> {
  const { privateKey } =
    algorithm === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ml-dsa-65')
  return createSigner(algorithm, new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' })))
}

/** A signer's certificate with nothing to find fault with, but for its key and its issuer's. */
async function signerCertificate(key: SignatureAlgorithm, issuerKey: SignatureAlgorithm): Promise<Certificate> {
  const [signer, issuer] = [await newSigner(key), await newSigner(issuerKey)]
  const bytes = await signCertificate(
    {
      serialNumber: randomSerialNumber(),
      issuer: name({ CN: 'Issuing' }),
      notBefore: new Date('2026-01-01T00:00:00Z'),
      notAfter: new Date('2027-01-01T00:00:00Z'),
      subject: name({ O: 'Example', CN: 'Signer' }),
      publicKey: signer.publicKey,
      extensions: [
        extensions.authorityKeyIdentifier(keyIdentifier(issuer.publicKey)),
        extensions.keyUsage(['digitalSignature']),
        extensions.extendedKeyUsage(signingPurposes.slice(0, 2)),
      ],
    },
    issuer,
  )
  return Certificate.decode(bytes)
}

test('keys and signatures that C2PA does not know yet make no signer', async (t: TestContext) => {
  const fault = async (key: SignatureAlgorithm, issuerKey: SignatureAlgorithm) =>
    credentialFault(await signerCertificate(key, issuerKey), signingPurposes, false)
  t.assert.equal(await fault('ES256', 'ES256'), undefined)
  t.assert.equal(await fault('ES256', 'ML-DSA-65'), 'certificate signature algorithm is not allowed')
  t.assert.equal(await fault('ML-DSA-65', 'ES256'), 'certificate key algorithm is not allowed')
})
