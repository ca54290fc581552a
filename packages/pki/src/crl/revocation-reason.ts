/** Why a certificate was revoked. RFC 5280 §5.3.1. */

const CODES = {
  unspecified: 0,
  keyCompromise: 1,
  cACompromise: 2,
  affiliationChanged: 3,
  superseded: 4,
  cessationOfOperation: 5,
  certificateHold: 6,
  removeFromCRL: 8,
  privilegeWithdrawn: 9,
  aACompromise: 10,
} as const

/** CRLReason by its names, RFC 5280 §5.3.1. */
export type RevocationReason = keyof typeof CODES

/** Every CRLReason, in the order of its numbers. RFC 5280 §5.3.1. */
export const revocationReasons: readonly RevocationReason[] = Object.keys(CODES) as RevocationReason[]

/** The number of a reason. RFC 5280 §5.3.1. */
export function revocationReasonCode(reason: RevocationReason): number {
  return CODES[reason]
}

/** The reason of a number; a number that names none says as little as `unspecified` does. RFC 5280 §5.3.1. */
export function revocationReasonFrom(code: number): RevocationReason {
  return revocationReasons.find((reason) => CODES[reason] === code) ?? 'unspecified'
}
