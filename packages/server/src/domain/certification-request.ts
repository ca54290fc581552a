/** Certification requests as people send them. */
import { decodeBase64, decodePem } from '@countersign/codec'
import { CertificationRequest, lintPublicKey, type PublicKey, verifyCertificationRequest } from '@countersign/pki'
import { Refusal } from './refusal.ts'

const LABELS = ['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST']

/**
 * Reads a request in PEM (or its bare base64): whoever sent it has the private key, which is no weak one. `faultOfKey` says
 * why a kind of key is not accepted; it is asked before anything takes long. Throws a Refusal that names the fault.
 */
export async function readCertificationRequest(
  text: string,
  faultOfKey: (publicKey: PublicKey) => string | undefined,
): Promise<CertificationRequest> {
  const request = decodeCertificationRequest(text)
  const fault = faultOfKey(request.publicKey)
  if (fault) throw invalidRequest(fault)
  const [weakness] = lintPublicKey(request.publicKey)
  if (weakness) throw invalidRequest(`it ${weakness.message}.`)
  if (!(await verifyCertificationRequest(request)))
    throw invalidRequest('its signature is not by its own key, or by an algorithm that is no longer accepted.')
  return request
}

/** What is wrong with a request. */
export function invalidRequest(what: string, cause?: unknown): Refusal {
  return new Refusal('invalid', 'invalid_request', `csr: ${what}`, { cause })
}

/** What a request in PEM (or its bare base64) says; nobody has proven yet to have its key. Throws a Refusal. */
export function decodeCertificationRequest(text: string): CertificationRequest {
  try {
    return CertificationRequest.decode(requestBytes(text))
  } catch (cause) {
    if (cause instanceof Refusal) throw cause
    throw invalidRequest('it is no PKCS #10 request, in PEM or as base64.', cause)
  }
}

function requestBytes(text: string): Uint8Array {
  if (!text.includes('-----BEGIN ')) return decodeBase64(text.replaceAll(/\s/g, ''))
  const requests = decodePem(text).filter(({ label }) => LABELS.includes(label))
  const [only] = requests
  if (!only || requests.length > 1)
    throw invalidRequest(
      `it holds ${requests.length} requests, and has to hold one: -----BEGIN CERTIFICATE REQUEST-----.`,
    )
  return only.bytes
}
