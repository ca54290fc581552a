import { oids } from '../../object-identifiers.ts'
import type { LintRule } from '../lint-rule.ts'
import { wrongAttribute } from '../subject-attribute.ts'

/** A country is two capital letters. */
export const subjectCountry: LintRule = {
  id: 'subject-country',
  severity: 'error',
  source: 'RFC 5280 Appendix A.1; ISO 3166-1',
  check: wrongAttribute(({ type, value }) => type === oids.countryName && !/^[A-Z]{2}$/.test(value), 'is no country'),
}
