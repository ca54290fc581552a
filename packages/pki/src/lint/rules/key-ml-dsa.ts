import { type KeyRule, keyRule } from '../key-rule.ts'
import { when } from '../lint-rule.ts'
import { mlDsaLength } from '../ml-dsa-length.ts'

/** An ML-DSA key is as long as its parameter set says, and has no parameters. */
export const keyMlDsa: KeyRule = keyRule({
  id: 'key-ml-dsa',
  severity: 'error',
  source: 'RFC 9881 §4',
  check: ({ type, key, algorithm }) => {
    const length = mlDsaLength(type)
    const isBad = length !== undefined && (key.length !== length || algorithm.parameters !== undefined)
    return when(isBad, `has an ${type} key of another length than ${length} bytes, or with parameters`)
  },
})
