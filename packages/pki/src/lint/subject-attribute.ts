import type { Attribute } from '../x509/name.ts'
import type { LintRule } from './lint-rule.ts'

/** A check that finds the first attribute of the subject that is wrong. */
export function wrongAttribute(isWrong: (attribute: Attribute) => boolean, what: string): LintRule['check'] {
  return ({ certificate: { subject } }) => {
    for (const rdn of subject) {
      const wrong = rdn.find(isWrong)
      if (wrong) return `has the subject attribute ${wrong.type}, which ${what}`
    }
    return undefined
  }
}
