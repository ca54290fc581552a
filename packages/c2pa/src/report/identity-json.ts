/** Identity assertions as c2pa-rs's Reader shows them: who signed, in place of the signature. CAWG Identity Assertion 1.1 §5 and §8. */
import { utf8Text } from '@countersign/codec'
import { Certificate, commonName, organization } from '@countersign/pki'
import { type CborValue, cborField } from '../cbor.ts'
import { type CoseSign1, coseAlgorithm, decodeCoseSign1, HEADER } from '../cose/sign1.ts'
import { type JsonObject, type JsonValue, jsonValue, present } from './json-value.ts'
import type { SignatureReport } from './report.ts'

/** The identity that an assertion states, be it true or not; undefined where its signature can't be read. */
export function identityJson(assertion: CborValue): JsonObject | undefined {
  const payload = cborField(assertion, 'signer_payload')
  const signature = cborField(assertion, 'signature')
  if (!(signature instanceof Uint8Array)) return undefined
  try {
    const sign1 = decodeCoseSign1(signature)
    switch (cborField(payload, 'sig_type')) {
      case 'cawg.x509.cose':
        return { signer_payload: jsonValue(payload), signature_info: certificateSignature(sign1) }
      case 'cawg.identity_claims_aggregation':
        return isEdDsa(sign1) && sign1.payload ? credentialJson(sign1.payload) : undefined
      default:
        return undefined
    }
  } catch {
    return undefined
  }
}

/** §8.2. */
function certificateSignature({ protectedHeader, unprotectedHeader }: CoseSign1): JsonObject {
  const label = HEADER.certificateChain
  const chain = protectedHeader.get(label) ?? unprotectedHeader.get(label)
  const leaf = Certificate.decode((Array.isArray(chain) ? chain[0] : chain) as Uint8Array)
  const issuer = organization(leaf.subject)
  const name = commonName(leaf.subject)
  const algorithm = coseAlgorithm(protectedHeader.get(HEADER.algorithm))
  return signatureInfo({
    ...(algorithm ? { algorithm } : {}),
    ...(issuer === undefined ? {} : { issuer }),
    ...(name === undefined ? {} : { commonName: name }),
    serialNumber: leaf.serialNumber,
  })
}

/** §8.1.2.2: no other is allowed. */
function isEdDsa({ protectedHeader }: CoseSign1): boolean {
  return coseAlgorithm(protectedHeader.get(HEADER.algorithm)) === 'EdDSA'
}

/** §8.1.2: the credential, with what it says of its subject beside the rest. */
function credentialJson(bytes: Uint8Array): JsonObject | undefined {
  const credential: unknown = JSON.parse(utf8Text(bytes))
  if (!isObject(credential) || !isShallow(credential)) return undefined
  const { credentialSubject, ...rest } = credential
  const subject: unknown = Array.isArray(credentialSubject) ? credentialSubject[0] : credentialSubject
  // The issuer says of the subject what it likes, but not who else issued that.
  const members: { [key: string]: unknown } = isObject(subject) ? { ...rest, ...subject, ...rest } : rest
  // Version 1.0 wrote hashes as lists of the characters of their base64.
  const texts = Object.entries(members).map(([key, value]): [string, JsonValue] => [key, jsonValue(value, utf8Text)])
  return Object.fromEntries(texts)
}

function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** As deep as CBOR may be: whoever writes JSON again recurses. */
function isShallow(value: unknown, left = 32): boolean {
  if (typeof value !== 'object' || value === null) return true
  return left > 0 && Object.values(value).every((member) => isShallow(member, left - 1))
}

/** `signature_info`, without the time. */
export function signatureInfo({
  algorithm,
  issuer,
  commonName,
  serialNumber,
}: Omit<SignatureReport, 'certificates'>): JsonObject {
  return present({
    alg: algorithm && algorithmName(algorithm),
    issuer,
    common_name: commonName,
    cert_serial_number: serialNumber.toString(),
  })
}

/** `Es256`, and `Ed25519` for what COSE calls EdDSA. */
function algorithmName(algorithm: string): string {
  return algorithm === 'EdDSA' ? 'Ed25519' : `${algorithm[0]}${algorithm.slice(1).toLowerCase()}`
}
