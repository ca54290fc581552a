import { extendedKeyUsage, keyUsage } from '../../x509/certificate-extensions.ts'
import { CONSISTENT_KEY_USAGES } from '../consistent-key-usage.ts'
import { END_ENTITIES, type LintRule } from '../lint-rule.ts'

/** A key usage that none of the purposes takes is of use to those alone who don't look at purposes. */
export const extendedKeyUsageSurplus: LintRule = {
  id: 'extended-key-usage-surplus',
  severity: 'notice',
  source: 'RFC 5280 §4.2.1.12',
  profiles: END_ENTITIES,
  check: ({ certificate }) => {
    const usages = (extendedKeyUsage(certificate) ?? []).map((purpose) => CONSISTENT_KEY_USAGES[purpose])
    if (usages.length === 0 || usages.includes(undefined)) return undefined
    const surplus = [...(keyUsage(certificate) ?? [])].find((bit) => !usages.some((taken) => taken?.includes(bit)))
    return surplus && `has the key usage ${surplus}, which none of its purposes takes`
  },
}
