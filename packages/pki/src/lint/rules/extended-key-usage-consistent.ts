import { extendedKeyUsage, keyUsage } from '../../x509/certificate-extensions.ts'
import { CONSISTENT_KEY_USAGES } from '../consistent-key-usage.ts'
import { END_ENTITIES, type LintRule } from '../lint-rule.ts'

/** For each purpose the key may do what it takes: a purpose that is not consistent with the key usage is none. */
export const extendedKeyUsageConsistent: LintRule = {
  id: 'extended-key-usage-consistent',
  severity: 'error',
  source: 'RFC 5280 §4.2.1.12',
  profiles: END_ENTITIES,
  check: ({ certificate }) => {
    const usage = keyUsage(certificate)
    if (!usage) return undefined
    const wrong = extendedKeyUsage(certificate)?.find((purpose) =>
      CONSISTENT_KEY_USAGES[purpose]?.every((bit) => !usage.has(bit)),
    )
    return wrong && `is for ${wrong}, and its key usage is for nothing that this takes`
  },
}
