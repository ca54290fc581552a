import { keyUsage } from '../../x509/certificate-extensions.ts'
import type { KeyUsageBit } from '../../x509/extension-values.ts'
import type { CertificateProfile, LintRule } from '../lint-rule.ts'

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

/** The key usage is that of the purpose. */
export const keyUsageProfile: LintRule = {
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
}
