/** What of a certification request may be in a client authentication certificate: its key and, cleaned, its subject. */
import { decodeBase64, decodePem } from '@countersign/codec'
import {
  type Attribute,
  attribute,
  CertificationRequest,
  commonName,
  lintPublicKey,
  Name,
  oids,
  type PublicKey,
  verifyCertificationRequest,
} from '@countersign/pki'
import { Refusal } from './refusal.ts'
import type { User } from './user.ts'

/** The subject and the key that a request proved. */
export type ClientAuthRequest = {
  readonly subject: Name
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array
}

const LABELS = ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST']
const MOST_ATTRIBUTES = 16
const LONGEST_SUBJECT = 2_048
/** Checking a signature of a longer key takes too long. */
const MOST_RSA_BITS = 8_192

/** Reads a request in PEM (or its bare base64): whoever sent it has the private key. Throws a Refusal that names the fault. */
export async function readClientAuthRequest(text: string, user: User): Promise<ClientAuthRequest> {
  const request = decode(text)
  checkKey(request.publicKey)
  if (!(await verifyCertificationRequest(request)))
    throw invalid('its signature is not by its own key, or by an algorithm that is no longer accepted.')
  return { subject: cleanSubject(request.subject, user), publicKey: request.publicKey.bytes }
}

function decode(text: string): CertificationRequest {
  try {
    return CertificationRequest.decode(requestBytes(text))
  } catch (cause) {
    if (cause instanceof Refusal) throw cause
    throw invalid('it is no PKCS #10 request in PEM.', cause)
  }
}

function requestBytes(text: string): Uint8Array {
  if (!text.includes('-----BEGIN ')) return decodeBase64(text.replaceAll(/\s/g, ''))
  const requests = decodePem(text).filter(({ label }) => LABELS.includes(label))
  const [only] = requests
  if (!only || requests.length > 1) throw invalid(`it holds ${requests.length} requests, and has to hold one.`)
  return only.bytes
}

function checkKey(publicKey: PublicKey): void {
  const { type, bits, curve } = publicKey
  const isAccepted =
    (type === 'RSA' && bits >= 2048 && bits <= MOST_RSA_BITS) ||
    (type === 'EC' && curve !== undefined) ||
    type === 'Ed25519'
  if (!isAccepted)
    throw invalid(`its key is not accepted: RSA of 2048 to ${MOST_RSA_BITS} bits, P-256, P-384, P-521 and Ed25519 are.`)
  const [weakness] = lintPublicKey(publicKey)
  if (weakness) throw invalid(`it ${weakness.message}.`)
}

/** The subject as it will stand in the certificate: text of today's encodings, on one line, and nobody else's id. */
function cleanSubject(subject: Name, user: User): Name {
  if (subject.flat().length > MOST_ATTRIBUTES || Name.encode(subject).length > LONGEST_SUBJECT)
    throw invalid(`its subject is too long: at most ${MOST_ATTRIBUTES} attributes and ${LONGEST_SUBJECT} bytes.`)
  const cleaned = subject.map((attributes) => attributes.map((one) => cleanAttribute(one, user)))
  if (commonName(cleaned) === undefined) throw invalid('its subject has no common name (CN).')
  return cleaned
}

function cleanAttribute({ type, value, encoding }: Attribute, user: User): Attribute {
  const text = value.trim()
  // Control and format characters: they hide or turn around what people read.
  if (encoding === 'other' || /[\p{C}\p{Zl}\p{Zp}]/u.test(text))
    throw invalid(`the attribute ${type} of its subject is not text on one line.`)
  if (type === oids.userId && text !== user.id) throw invalid('the UID in its subject is not that of the user.')
  try {
    return attribute(type, type === oids.countryName ? text.toUpperCase() : text)
  } catch (cause) {
    throw invalid(`the attribute ${type} of its subject has characters that it must not have.`, cause)
  }
}

function invalid(what: string, cause?: unknown): Refusal {
  return new Refusal('invalid', 'invalid_request', `csr: ${what}`, { cause })
}
