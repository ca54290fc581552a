/** What of a certification request may be in a client authentication certificate: its key and, cleaned, its subject. */
import { type Attribute, attribute, commonName, Name, oids, type PublicKey } from '@countersign/pki'
import { invalidRequest, readCertificationRequest } from './certification-request.ts'
import type { User } from './user.ts'

/** The subject and the key that a request proved. */
export type ClientAuthRequest = {
  readonly subject: Name
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array
}

const MOST_ATTRIBUTES = 16
const LONGEST_SUBJECT = 2_048
/** Checking a signature of a longer key takes too long. */
const MOST_RSA_BITS = 8_192

/** Reads a request in PEM (or its bare base64): whoever sent it has the private key. Throws a Refusal that names the fault. */
export async function readClientAuthRequest(text: string, user: User): Promise<ClientAuthRequest> {
  const request = await readCertificationRequest(text, faultOfKey)
  return { subject: cleanSubject(request.subject, user), publicKey: request.publicKey.bytes }
}

function faultOfKey({ type, bits, curve }: PublicKey): string | undefined {
  const isAccepted =
    (type === 'RSA' && bits >= 2048 && bits <= MOST_RSA_BITS) ||
    (type === 'EC' && curve !== undefined) ||
    type === 'Ed25519'
  if (isAccepted) return undefined
  return `its key is not accepted: RSA of 2048 to ${MOST_RSA_BITS} bits, P-256, P-384, P-521 and Ed25519 are.`
}

/** The subject as it will stand in the certificate: text of today's encodings, on one line, and nobody else's id. */
function cleanSubject(subject: Name, user: User): Name {
  if (subject.flat().length > MOST_ATTRIBUTES || Name.encode(subject).length > LONGEST_SUBJECT)
    throw invalidRequest(`its subject is too long: at most ${MOST_ATTRIBUTES} attributes and ${LONGEST_SUBJECT} bytes.`)
  const cleaned = subject.map((attributes) => attributes.map((one) => cleanAttribute(one, user)))
  if (commonName(cleaned) === undefined) throw invalidRequest('its subject has no common name (CN).')
  return cleaned
}

function cleanAttribute({ type, value, encoding }: Attribute, user: User): Attribute {
  const text = value.trim()
  // Control and format characters: they hide or turn around what people read.
  if (encoding === 'other' || /[\p{C}\p{Zl}\p{Zp}]/u.test(text))
    throw invalidRequest(`the attribute ${type} of its subject is not text on one line.`)
  if (type === oids.userId && text !== user.id) throw invalidRequest('the UID in its subject is not that of the user.')
  try {
    return attribute(type, type === oids.countryName ? text.toUpperCase() : text)
  } catch (cause) {
    throw invalidRequest(`the attribute ${type} of its subject has characters that it must not have.`, cause)
  }
}
