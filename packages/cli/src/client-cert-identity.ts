/** A certificate with its private key, as the files that programs take: PEM of one file or more, or PKCS#12. */
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { decodePem, encodePem, equalBytes, PemError } from '@countersign/codec'
import { Certificate, decodePkcs12, encodePkcs12, PkiError } from '@countersign/pki'
import { privateKeyFrom, publicKeyOf } from './client-cert-key.ts'
import { InputError, unreadable } from './failure.ts'
import type { CertificateFiles } from './profile-layer.ts'

/** A certificate, its key and its authorities. */
export type Identity = {
  readonly certificate: Certificate
  /** PKCS #8, DER. */
  readonly privateKey: Uint8Array
  /** The certificates of its authorities, DER, from its own upwards. */
  readonly chain: readonly Uint8Array[]
}

/** A file of an identity: what part of it, where. */
export type IdentityFile = { readonly role: string; readonly path: string; readonly content: Uint8Array }

/** Reads a certificate and its key, and sees that they belong together. */
export async function readIdentity(files: CertificateFiles): Promise<Identity> {
  if (files.kind === 'pkcs12') return readPkcs12(files.file, files.password)
  const [certificate, ...chain] = await readCertificates(files.cert)
  const privateKey = await readPrivateKey(files.key)
  if (!isKeyOf(privateKey, certificate))
    throw new InputError(`${files.key} is not the key of the certificate in ${files.cert}`)
  return { certificate, privateKey, chain: chain.map(({ bytes }) => bytes) }
}

/** The certificates of a PEM file, at least one. */
export async function readCertificates(file: string): Promise<[Certificate, ...Certificate[]]> {
  const blocks = (await readPem(file)).filter(({ label }) => /^(X509 )?CERTIFICATE$/.test(label))
  const [first, ...others] = blocks.map(({ bytes }) => decoded(file, bytes))
  if (!first) throw new InputError(`${file} holds no certificate in PEM`)
  return [first, ...others]
}

/** The certificate of a file: the first of PEM, that of the key of PKCS#12. */
export async function readCertificate(file: string, password: string | undefined): Promise<Certificate> {
  const bytes = await readBytes(file)
  if (bytes[0] !== 0x30) return (await readCertificates(file))[0]
  try {
    return Certificate.decode(bytes)
  } catch {
    // DER, and no certificate: PKCS#12 most likely.
  }
  if (password === undefined)
    throw new InputError(`${file} takes a password: name a file that holds it by --p12-password-file`)
  return (await readPkcs12(file, password)).certificate
}

/** The identity as files in the same form and places as an older one. */
export async function filesLike(
  files: CertificateFiles,
  { certificate, privateKey, chain }: Identity,
  older: Identity,
  name: string,
): Promise<IdentityFile[]> {
  const before = older.certificate
  if (files.kind === 'pkcs12') {
    const password = files.password
    const p12 = await encodePkcs12({ privateKey, certificate: certificate.bytes, chain, friendlyName: name, password })
    return [{ role: 'client.p12', path: files.file, content: p12 }]
  }
  const shown = older.chain.length > 0 ? [certificate.bytes, ...chain] : [certificate.bytes]
  const key = encodePem('PRIVATE KEY', privateKey)
  if (files.cert === files.key)
    return [{ role: 'client.pem', path: files.cert, content: text(certificatesText(shown) + key) }]
  const chainFile = join(dirname(files.cert), 'chain.pem')
  const isChained = chainFile !== files.cert && (await beginsWith(chainFile, before))
  return [
    { role: 'cert.pem', path: files.cert, content: text(certificatesText(shown)) },
    { role: 'key.pem', path: files.key, content: text(key) },
    ...(isChained
      ? [{ role: 'chain.pem', path: chainFile, content: text(certificatesText([certificate.bytes, ...chain])) }]
      : []),
  ]
}

/** Certificates as PEM, one after the other. */
export function certificatesText(certificates: readonly Uint8Array[]): string {
  return certificates.map((bytes) => encodePem('CERTIFICATE', bytes)).join('')
}

/** Whether a private key (PKCS #8, DER) is that of a certificate. */
export function isKeyOf(privateKey: Uint8Array, { publicKey }: Certificate): boolean {
  return equalBytes(publicKeyOf(privateKey), publicKey.bytes)
}

/** The serial number as the platform writes it: whole bytes in upper-case hexadecimal. */
export function serialOf({ serialNumber }: Certificate): string {
  const digits = serialNumber.toString(16).toUpperCase()
  return digits.padStart(digits.length + (digits.length % 2), '0')
}

async function readPrivateKey(file: string): Promise<Uint8Array> {
  const [block, ...others] = (await readPem(file)).filter(({ label }) => label.endsWith('PRIVATE KEY'))
  if (!block) throw new InputError(`${file} holds no private key in PEM`)
  if (others.length > 0) throw new InputError(`${file} holds ${others.length + 1} private keys, and is to hold one`)
  if (block.label.startsWith('ENCRYPTED '))
    throw new InputError(
      `${file} is encrypted: keep it in a PKCS#12 file, and name that by --p12 and --p12-password-file`,
    )
  try {
    return privateKeyFrom(encodePem(block.label, block.bytes))
  } catch (cause) {
    throw new InputError(`${file} holds no private key that can be read`, { cause })
  }
}

async function readPkcs12(file: string, password: string): Promise<Identity> {
  try {
    const { privateKey, certificate, chain } = await decodePkcs12(await readBytes(file), password)
    const identity = { privateKey, certificate: Certificate.decode(certificate), chain }
    if (isKeyOf(privateKey, identity.certificate)) return identity
  } catch (cause) {
    if (!(cause instanceof PkiError)) throw cause
    const why = cause.code === 'wrong_password' ? 'its password is another one' : cause.message
    throw new InputError(`${file} can't be read: ${why}`, { cause })
  }
  throw new InputError(`${file} holds a key and a certificate that do not belong together`)
}

async function readPem(file: string): Promise<ReturnType<typeof decodePem>> {
  try {
    return decodePem(Buffer.from(await readBytes(file)).toString('latin1'))
  } catch (cause) {
    if (!(cause instanceof PemError)) throw cause
    throw new InputError(`${file} is no PEM: ${cause.message}`, { cause })
  }
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(file))
  } catch (cause) {
    throw unreadable(file, cause as NodeJS.ErrnoException)
  }
}

function decoded(file: string, bytes: Uint8Array): Certificate {
  try {
    return Certificate.decode(bytes)
  } catch (cause) {
    throw new InputError(`${file} holds a certificate that can't be read: ${(cause as Error).message}`, { cause })
  }
}

async function beginsWith(file: string, certificate: Certificate): Promise<boolean> {
  const bytes = await readFile(file).catch(() => undefined)
  if (!bytes) return false
  try {
    const [first] = decodePem(bytes.toString('latin1'))
    return first !== undefined && equalBytes(first.bytes, certificate.bytes)
  } catch {
    return false
  }
}

const text = (content: string): Uint8Array => new TextEncoder().encode(content)
