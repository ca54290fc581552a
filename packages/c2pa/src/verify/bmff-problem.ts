/** Why a BMFF hash does not hold. C2PA 2.2 §15.12.2. */

/** What keeps an asset from being what a BMFF hash binds. */
export type Problem = { readonly code: 'malformed' | 'mismatch'; readonly why: string }

/** What differs from what is stated. */
export function mismatch(why: string): Problem {
  return { code: 'mismatch', why }
}

/** What is not stated as it has to be. */
export function malformed(why: string): Problem {
  return { code: 'malformed', why }
}
