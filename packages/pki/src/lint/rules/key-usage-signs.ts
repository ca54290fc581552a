import { keyUsage } from '../../x509/certificate-extensions.ts'
import type { KeyUsageBit } from '../../x509/extension-values.ts'
import { type LintRule, when } from '../lint-rule.ts'

const SIGNS: readonly KeyUsageBit[] = ['digitalSignature', 'nonRepudiation', 'keyCertSign', 'cRLSign']

/** A key that can do nothing but sign is for signing. */
export const keyUsageSigns: LintRule = {
  id: 'key-usage-signs',
  severity: 'error',
  source: 'RFC 8410 §5; RFC 9881 §5; RFC 4055 §1.2',
  check: ({ certificate }) => {
    const usage = keyUsage(certificate)
    const { type } = certificate.publicKey
    return when(
      usage !== undefined && type !== 'RSA' && type !== 'EC' && !SIGNS.some((bit) => usage.has(bit)),
      `has a key usage without signatures, and its ${type} key is for nothing else`,
    )
  },
}
