/** The extensions whose values are known here, and how each is read and written again. */
import { type Der, DerError, der, equalBytes } from '@countersign/codec'
import { PkiError } from '../error.ts'
import { oids } from '../object-identifiers.ts'
import type { Extension } from '../x509/extension.ts'
import * as values from '../x509/extension-values.ts'

const REWRITTEN: { readonly [id: string]: (bytes: Uint8Array) => Uint8Array } = {
  [oids.basicConstraints]: rewritten(values.BasicConstraints),
  [oids.keyUsage]: rewritten(values.KeyUsage),
  [oids.extKeyUsage]: rewritten(values.ExtendedKeyUsage),
  [oids.subjectKeyIdentifier]: rewritten(values.SubjectKeyIdentifier),
  [oids.authorityKeyIdentifier]: rewritten(values.AuthorityKeyIdentifier),
  [oids.subjectAltName]: rewritten(values.SubjectAlternativeName),
  [oids.issuerAltName]: rewritten(values.SubjectAlternativeName),
  [oids.authorityInfoAccess]: rewritten(values.AuthorityInformationAccess),
  [oids.cRLDistributionPoints]: rewritten(values.CrlDistributionPoints),
  [oids.certificatePolicies]: rewritten(values.CertificatePolicies),
  [oids.policyConstraints]: rewritten(values.PolicyConstraints),
  [oids.inhibitAnyPolicy]: rewritten(values.InhibitAnyPolicy),
  [oids.nameConstraints]: rewritten(values.NameConstraints),
  [oids.ocspNoCheck]: rewritten(der.nullValue),
}

/** Whether the extension is one that is known here. */
export function isKnownExtension(id: string): boolean {
  return REWRITTEN[id] !== undefined
}

/** The last value of each extension that was found in order: most stand in one certificate after the other. */
const sound = new Map<string, Uint8Array>()

/** Whether the value comes out the same when it is read and written again; of what is not known here, nothing is said. */
export function isInOneEncoding({ id, value }: Extension): boolean {
  const rewrite = REWRITTEN[id]
  const last = sound.get(id)
  if (!rewrite || (last && equalBytes(last, value))) return true
  try {
    if (!equalBytes(rewrite(value), value)) return false
  } catch (error) {
    if (error instanceof PkiError || error instanceof DerError) return false
    throw error
  }
  sound.set(id, value.slice())
  return true
}

function rewritten<T>(type: Der<T>): (bytes: Uint8Array) => Uint8Array {
  return (bytes) => type.encode(type.decode(bytes))
}
