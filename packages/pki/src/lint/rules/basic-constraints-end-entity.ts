import { basicConstraints } from '../../x509/certificate-extensions.ts'
import { END_ENTITIES, type LintRule, when } from '../lint-rule.ts'

/** What is no authority does not say that it were. */
export const basicConstraintsEndEntity: LintRule = {
  id: 'basic-constraints-end-entity',
  severity: 'error',
  source: 'RFC 5280 §4.2.1.9; C2PA 2.2 §14.5.1',
  profiles: END_ENTITIES,
  check: ({ certificate }) =>
    when(basicConstraints(certificate)?.cA === true, 'is no authority and its basicConstraints say it were'),
}
