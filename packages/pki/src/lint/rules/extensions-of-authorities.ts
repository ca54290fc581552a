import { oids } from '../../object-identifiers.ts'
import { END_ENTITIES, type LintRule } from '../lint-rule.ts'

const OF_AUTHORITIES: readonly string[] = [
  oids.nameConstraints,
  oids.policyConstraints,
  oids.policyMappings,
  oids.inhibitAnyPolicy,
]

/** What limits the certificates below stands in authorities alone. */
export const extensionsOfAuthorities: LintRule = {
  id: 'extensions-of-authorities',
  severity: 'error',
  source: 'RFC 5280 §4.2.1.5, §4.2.1.10, §4.2.1.11, §4.2.1.14',
  profiles: END_ENTITIES,
  check: ({ certificate: { extensions } }) => {
    const wrong = extensions.find(({ id }) => OF_AUTHORITIES.includes(id))
    return wrong && `is no authority and has the extension ${wrong.id}`
  },
}
