import { generateKeyPairSync } from 'node:crypto'
import { encodePem } from '@countersign/codec'
import { createSigner, type Extension, name, randomSerialNumber, signCertificate } from '@countersign/pki'

/** A certificate that signed itself, with its key, both PEM. */
export async function selfSigned(
  commonName: string,
  extensions: readonly Extension[] = [],
): Promise<{ readonly cert: string; readonly key: string }> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signer = await createSigner('ES256', privateKey.export({ format: 'der', type: 'pkcs8' }))
  const subject = name({ CN: commonName })
  const certificate = await signCertificate(
    {
      serialNumber: randomSerialNumber(),
      issuer: subject,
      subject,
      notBefore: new Date(Date.now() - 3_600_000),
      notAfter: new Date(Date.now() + 86_400_000),
      publicKey: signer.publicKey,
      extensions,
    },
    signer,
  )
  return {
    cert: encodePem('CERTIFICATE', certificate),
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }) as string,
  }
}
