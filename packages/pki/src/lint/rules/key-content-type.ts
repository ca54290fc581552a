import { type LintRule, when } from '../lint-rule.ts'
import { mlDsaLength } from '../ml-dsa-length.ts'

/** Readers of content know no ML-DSA. */
export const keyContentType: LintRule = {
  id: 'key-content-type',
  severity: 'error',
  source: 'C2PA 2.2 §14.5.1',
  profiles: ['content-signing', 'time-stamping'],
  check: ({ certificate: { publicKey } }) =>
    when(mlDsaLength(publicKey.type) !== undefined, 'has an ML-DSA key, which readers of content do not know'),
}
