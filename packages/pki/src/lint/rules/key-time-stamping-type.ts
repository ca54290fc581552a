import { type LintRule, when } from '../lint-rule.ts'

/** Time stamps are signed by RSA and ECDSA. */
export const keyTimeStampingType: LintRule = {
  id: 'key-time-stamping-type',
  severity: 'error',
  source: 'C2PA certificate profiles, time-stamp authority',
  profiles: ['time-stamping'],
  check: ({ certificate: { publicKey } }) =>
    when(publicKey.type === 'Ed25519', 'has an Ed25519 key, and time stamps are for RSA and ECDSA'),
}
