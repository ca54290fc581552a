/** Lints of what a certificate is for: key usage and extended key usage by profile. */
import { oids } from '../object-identifiers.ts'
import { extendedKeyUsage, findExtension, keyUsage } from '../x509/certificate-extensions.ts'
import type { KeyUsageBit } from '../x509/extension-values.ts'
import { type CertificateProfile, type LintRule, when } from './lint-rule.ts'

type Usages = { readonly needed: readonly KeyUsageBit[]; readonly allowed: readonly KeyUsageBit[] }

const AUTHORITY: Usages = { needed: ['keyCertSign', 'cRLSign'], allowed: [] }
const SIGNER: Usages = { needed: ['digitalSignature'], allowed: [] }

const KEY_USAGES: { readonly [P in CertificateProfile]: Usages } = {
  root: AUTHORITY,
  authority: AUTHORITY,
  'tls-server': { needed: ['digitalSignature'], allowed: ['keyEncipherment', 'keyAgreement'] },
  'tls-client': { needed: ['digitalSignature'], allowed: ['keyEncipherment', 'keyAgreement'] },
  'content-signing': { needed: ['digitalSignature'], allowed: ['nonRepudiation'] },
  'time-stamping': { needed: ['digitalSignature'], allowed: ['nonRepudiation'] },
  'ocsp-responder': SIGNER,
  device: {
    needed: [],
    allowed: ['digitalSignature', 'nonRepudiation', 'keyEncipherment', 'dataEncipherment', 'keyAgreement'],
  },
}

type Purposes = { readonly oneOf: readonly string[]; readonly allowed?: readonly string[] }

/** `oneOf` must be there; beside it only what is `allowed` may, where that is said. */
const PURPOSES: { readonly [P in CertificateProfile]?: Purposes } = {
  'tls-server': { oneOf: [oids.serverAuth], allowed: [oids.clientAuth] },
  'tls-client': { oneOf: [oids.clientAuth], allowed: [oids.emailProtection] },
  'content-signing': {
    oneOf: [oids.c2paClaimSigning, oids.emailProtection, oids.documentSigning],
    allowed: ['1.3.6.1.4.1.311.76.59.1.9'],
  },
  'time-stamping': { oneOf: [oids.timeStamping], allowed: [] },
  'ocsp-responder': { oneOf: [oids.ocspSigning], allowed: [] },
}

/** What no device may be given, whatever its profile asks for: these purposes are the platform's own. */
const NOT_FOR_DEVICES: readonly string[] = [
  oids.timeStamping,
  oids.ocspSigning,
  oids.c2paClaimSigning,
  oids.codeSigning,
]

/** The lints of key usage by profile. */
export const profileRules: readonly LintRule[] = [
  {
    id: 'key-usage-profile',
    severity: 'error',
    source: 'RFC 5280 §4.2.1.3; C2PA 2.2 §14.5.1',
    check: ({ certificate, profile }) => {
      const usage = keyUsage(certificate)
      if (!usage) return undefined
      const { needed, allowed } = KEY_USAGES[profile]
      const missing = needed.find((bit) => !usage.has(bit))
      if (missing) return `lacks the key usage ${missing}`
      // Whoever signs certificates may sign OCSP answers too.
      const surplus = [...usage].find(
        (bit) =>
          !needed.includes(bit) &&
          !allowed.includes(bit) &&
          !(needed.includes('keyCertSign') && bit === 'digitalSignature'),
      )
      return surplus && `has the key usage ${surplus}`
    },
  },
  {
    id: 'extended-key-usage-profile',
    severity: 'error',
    source: 'RFC 5280 §4.2.1.12; RFC 3161 §2.3; RFC 6960 §4.2.2.2; C2PA 2.2 §14.5.1',
    check: ({ certificate, profile }) => {
      const wanted = PURPOSES[profile]
      if (!wanted) return undefined
      const purposes = extendedKeyUsage(certificate) ?? []
      if (!purposes.some((purpose) => wanted.oneOf.includes(purpose))) return `is not for ${wanted.oneOf.join(' or ')}`
      const surplus = purposes.find(
        (purpose) => !wanted.oneOf.includes(purpose) && !(wanted.allowed ?? []).includes(purpose),
      )
      return surplus && `is for ${surplus} too`
    },
  },
  {
    id: 'extended-key-usage-critical',
    severity: 'error',
    source: 'RFC 3161 §2.3',
    profiles: ['time-stamping'],
    check: ({ certificate }) =>
      when(findExtension(certificate, oids.extKeyUsage)?.critical !== true, 'has an extKeyUsage that is not critical'),
  },
  {
    id: 'extended-key-usage-root',
    severity: 'error',
    source: 'CA/Browser Forum BR §7.1.2.1.2',
    profiles: ['root'],
    check: ({ certificate }) =>
      when(findExtension(certificate, oids.extKeyUsage) !== undefined, 'is a root with an extKeyUsage'),
  },
  {
    id: 'extended-key-usage-device',
    severity: 'error',
    source: 'countersign: no device signs for the platform',
    profiles: ['device'],
    check: ({ certificate }) => {
      const wrong = extendedKeyUsage(certificate)?.find((purpose) => NOT_FOR_DEVICES.includes(purpose))
      return wrong && `is a device's and for ${wrong}`
    },
  },
]
