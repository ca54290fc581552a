import { keyUsage } from '../../x509/certificate-extensions.ts'
import type { LintRule, LintSubject } from '../lint-rule.ts'

/** A key is for what its algorithm can do. */
export const keyUsageSuitsKey: LintRule = {
  id: 'key-usage-suits-key',
  severity: 'error',
  source: 'RFC 3279 §2.3.1; RFC 5480 §3; RFC 8410 §5',
  check: keyUsageOfAnotherKey,
}

function keyUsageOfAnotherKey({ certificate }: LintSubject): string | undefined {
  const usage = keyUsage(certificate)
  const { type } = certificate.publicKey
  const wrong =
    type === 'RSA'
      ? (['keyAgreement', 'encipherOnly', 'decipherOnly'] as const)
      : type === 'EC'
        ? (['keyEncipherment', 'dataEncipherment'] as const)
        : (['keyEncipherment', 'dataEncipherment', 'keyAgreement', 'encipherOnly', 'decipherOnly'] as const)
  const found = wrong.find((bit) => usage?.has(bit))
  return found && `has the key usage ${found}, which its ${type} key is not for`
}
