import { oids } from '../../object-identifiers.ts'
import type { AttributeEncoding } from '../../x509/name.ts'
import type { LintRule } from '../lint-rule.ts'
import { wrongAttribute } from '../subject-attribute.ts'

/** What is no DirectoryString. */
const ENCODINGS: { readonly [type: string]: AttributeEncoding | undefined } = {
  [oids.countryName]: 'printable',
  [oids.serialNumber]: 'printable',
  [oids.dnQualifier]: 'printable',
  [oids.domainComponent]: 'ia5',
  [oids.emailAddress]: 'ia5',
}

/** Each attribute is of the string type that its own type demands. */
export const subjectAttributeEncoding: LintRule = {
  id: 'subject-attribute-encoding',
  severity: 'error',
  source: 'RFC 5280 §4.1.2.4, Appendix A.1',
  check: wrongAttribute(({ type, encoding, value }) => {
    const wanted = ENCODINGS[type]
    if (wanted === undefined ? encoding !== 'utf8' && encoding !== 'printable' : encoding !== wanted) return true
    return encoding === 'printable' && !/^[A-Za-z0-9 '()+,\-./:=?]*$/.test(value)
  }, 'is not of the string type it should be'),
}
