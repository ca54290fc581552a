import { oids } from '../../object-identifiers.ts'
import type { LintRule } from '../lint-rule.ts'
import { wrongAttribute } from '../subject-attribute.ts'

/** Upper bounds in characters: Appendix A.1, and beyond it X.520 Annex C, RFC 1034 and RFC 4524. */
const LONGEST: { readonly [type: string]: number } = {
  [oids.commonName]: 64,
  [oids.organizationName]: 64,
  [oids.organizationalUnitName]: 64,
  [oids.localityName]: 128,
  [oids.stateOrProvinceName]: 128,
  [oids.streetAddress]: 128,
  [oids.serialNumber]: 64,
  [oids.title]: 64,
  [oids.emailAddress]: 255,
  [oids.domainComponent]: 63,
  [oids.userId]: 256,
}

/** No attribute is empty, or longer than its upper bound. */
export const subjectAttributeLength: LintRule = {
  id: 'subject-attribute-length',
  severity: 'error',
  source: 'RFC 5280 Appendix A.1; X.520 Annex C',
  check: wrongAttribute(({ type, value }) => {
    // No text has more characters than UTF-16 units: most need not be counted.
    const most = LONGEST[type] ?? 32768
    return value.length === 0 || (value.length > most && Array.from(value).length > most)
  }, 'is empty or too long'),
}
