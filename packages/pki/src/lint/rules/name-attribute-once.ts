import { type LintRule, when } from '../lint-rule.ts'

/** Of attributes that stand side by side no two are of one type. */
export const nameAttributeOnce: LintRule = {
  id: 'name-attribute-once',
  severity: 'error',
  source: 'X.501 §9.3',
  check: ({ certificate: { subject, issuer } }) =>
    when(
      [...subject, ...issuer].some((rdn) => rdn.length > 1 && new Set(rdn.map(({ type }) => type)).size !== rdn.length),
      'has an attribute twice in one part of a name',
    ),
}
