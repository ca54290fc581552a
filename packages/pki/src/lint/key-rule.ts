/** Lints that need nothing but the key: they judge requests too, before there is a certificate. */
import type { PublicKey } from '../crypto/public-key.ts'
import type { LintRule } from './lint-rule.ts'

/** A lint of the key alone. */
export type KeyRule = LintRule & { checkKey(publicKey: PublicKey): string | undefined }

/** The lint of certificates that a lint of keys is. */
export function keyRule({
  check: checkKey,
  ...rule
}: Omit<LintRule, 'check' | 'profiles'> & { check(publicKey: PublicKey): string | undefined }): KeyRule {
  return { ...rule, checkKey, check: ({ certificate }) => checkKey(certificate.publicKey) }
}
