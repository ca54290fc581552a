/** Who signed, in Content Credentials JSON. crJSON 2.5 §3.7. */
import { Certificate, oids } from '@countersign/pki'
import { type JsonObject, present, timeText } from './json-value.ts'
import type { SignatureReport } from './report.ts'

/** The attributes of a name that crJSON has a place for. */
const ATTRIBUTES: ReadonlyMap<string, string> = new Map([
  [oids.countryName, 'C'],
  [oids.stateOrProvinceName, 'ST'],
  [oids.localityName, 'L'],
  [oids.organizationName, 'O'],
  [oids.organizationalUnitName, 'OU'],
  [oids.commonName, 'CN'],
  [oids.emailAddress, 'E'],
  [oids.organizationIdentifier, '2.5.4.97'],
])

/** The `signature` of a manifest: empty where none can be read. */
export function signatureJson(signature: SignatureReport | undefined): JsonObject {
  const [leaf] = signature?.certificates ?? []
  if (!signature || !leaf) return {}
  const { algorithm = 'Unknown', time, timeStampCertificate } = signature
  return present({
    // C2PA 2.2 §13.2.1 calls it by its curve.
    algorithm: algorithm === 'EdDSA' ? 'Ed25519' : algorithm,
    certificateInfo: certificateInfo(leaf),
    timeStampInfo:
      time && timeStampCertificate
        ? { timestamp: timeText(time), certificateInfo: certificateInfo(timeStampCertificate) }
        : undefined,
  })
}

function certificateInfo(bytes: Uint8Array): JsonObject {
  const { serialNumber, issuer, subject, notBefore, notAfter } = Certificate.decode(bytes)
  return {
    serialNumber: serialNumber.toString(16),
    issuer: distinguishedName(issuer),
    subject: distinguishedName(subject),
    validity: { notBefore: timeText(notBefore), notAfter: timeText(notAfter) },
  }
}

/** One value an attribute: the last, which is the nearest to whom the name is of. */
function distinguishedName(name: Certificate['subject']): JsonObject {
  const members: { [key: string]: string } = {}
  for (const { type, value } of name.flat()) {
    const key = ATTRIBUTES.get(type)
    if (key !== undefined) members[key] = value
  }
  return members
}
