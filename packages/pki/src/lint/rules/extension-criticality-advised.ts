import { oids } from '../../object-identifiers.ts'
import { type LintRule, when } from '../lint-rule.ts'

const SHOULD_NOT: readonly string[] = [oids.cRLDistributionPoints, oids.issuerAltName, oids.certificatePolicies]

/** What readers may pass over is not critical, where its specification advises so. */
export const extensionCriticalityAdvised: LintRule = {
  id: 'extension-criticality-advised',
  severity: 'warning',
  source: 'RFC 5280 §4.2.1.4, §4.2.1.6, §4.2.1.7, §4.2.1.13',
  check: ({ certificate: { extensions, subject } }) => {
    const wrong = extensions.find(
      ({ id, critical }) => critical && (SHOULD_NOT.includes(id) || (id === oids.subjectAltName && subject.length > 0)),
    )
    return when(wrong !== undefined, `has the extension ${wrong?.id} critical, which it should not be`)
  },
}
