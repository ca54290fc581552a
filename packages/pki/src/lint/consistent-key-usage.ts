import { oids } from '../object-identifiers.ts'
import type { KeyUsageBit } from '../x509/extension-values.ts'

/** What a key has to be used for, in one way or another, for each purpose. RFC 5280 §4.2.1.12. */
export const CONSISTENT_KEY_USAGES: { readonly [purpose: string]: readonly KeyUsageBit[] | undefined } = {
  [oids.serverAuth]: ['digitalSignature', 'keyEncipherment', 'keyAgreement'],
  [oids.clientAuth]: ['digitalSignature', 'keyAgreement'],
  [oids.codeSigning]: ['digitalSignature'],
  [oids.emailProtection]: ['digitalSignature', 'nonRepudiation', 'keyEncipherment', 'keyAgreement'],
  [oids.timeStamping]: ['digitalSignature', 'nonRepudiation'],
  [oids.ocspSigning]: ['digitalSignature', 'nonRepudiation'],
}
