import { der } from '@countersign/codec'
import type { Certificate } from '../../x509/certificate.ts'
import { type LintRule, when } from '../lint-rule.ts'

/** Years until 2049 are UTCTime, all later ones GeneralizedTime. */
export const validityEncoding: LintRule = {
  id: 'validity-encoding',
  severity: 'error',
  source: 'RFC 5280 §4.1.2.5',
  check: ({ certificate }) =>
    when(
      timeTags(certificate).some(({ tag, year }) => (tag === 0x17) !== (year >= 1950 && year < 2050)),
      'has a year until 2049 as GeneralizedTime',
    ),
}

/** The identifiers of notBefore and notAfter, which the decoded times no longer show. */
function timeTags({ tbs, notBefore, notAfter }: Certificate): { readonly tag: number; readonly year: number }[] {
  const elements = der.elementsOf(der.onlyElement(tbs))
  const validity = elements[elements[0]?.tag === 0xa0 ? 4 : 3]
  const tags = validity ? der.elementsOf(validity).map(({ tag }) => tag) : []
  return [notBefore, notAfter].map((time, index) => ({ tag: tags[index] ?? 0, year: time.getUTCFullYear() }))
}
