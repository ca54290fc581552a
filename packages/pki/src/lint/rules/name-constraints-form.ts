import { nameConstraints } from '../../x509/certificate-extensions.ts'
import type { GeneralSubtree } from '../../x509/extension-values.ts'
import { type LintRule, when } from '../lint-rule.ts'

/** Name constraints constrain something, by base alone, and addresses by an address and a mask. */
export const nameConstraintsForm: LintRule = {
  id: 'name-constraints-form',
  severity: 'error',
  source: 'RFC 5280 §4.2.1.10',
  check: ({ certificate }) => {
    const constraints = nameConstraints(certificate)
    if (!constraints) return undefined
    const lists = [constraints.permittedSubtrees, constraints.excludedSubtrees].filter((list) => list !== undefined)
    return when(
      lists.length === 0 || lists.some((list) => list.length === 0 || list.some(isWrong)),
      'has nameConstraints that are empty or not in the form that readers know',
    )
  },
}

function isWrong({ base, minimum, maximum }: GeneralSubtree): boolean {
  if (minimum !== 0 || maximum !== undefined) return true
  return base.type === 'iPAddress' && !isRange(base.value)
}

function isRange(bytes: Uint8Array): boolean {
  if (bytes.length !== 8 && bytes.length !== 32) return false
  const mask = [...bytes.subarray(bytes.length / 2)].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return /^1*0*$/.test(mask)
}
