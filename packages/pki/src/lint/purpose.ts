import { oids } from '../object-identifiers.ts'
import type { CertificateProfile } from './lint-rule.ts'

type Purposes = { readonly oneOf: readonly string[]; readonly allowed?: readonly string[] }

/** `oneOf` must be there; beside it only what is `allowed` may, where that is said. */
export const PURPOSES: { readonly [P in CertificateProfile]?: Purposes } = {
  'tls-server': { oneOf: [oids.serverAuth], allowed: [oids.clientAuth] },
  'tls-client': { oneOf: [oids.clientAuth], allowed: [oids.emailProtection] },
  'content-signing': {
    oneOf: [oids.c2paClaimSigning, oids.emailProtection, oids.documentSigning],
    allowed: ['1.3.6.1.4.1.311.76.59.1.9'],
  },
  'time-stamping': { oneOf: [oids.timeStamping], allowed: [] },
  'ocsp-responder': { oneOf: [oids.ocspSigning], allowed: [] },
}
