import type { TrustLists } from '../domain/trust-settings.ts'

const known = new Map<string, TrustLists>()
/** The one that counts, and the one before it, which jobs that began earlier still bring along. */
const MOST_KNOWN = 2

/** The lists as they first came to this thread: each message brings copies, and the verifier decodes an array once. */
export function knownTrust(lists: TrustLists): TrustLists {
  const before = known.get(lists.key)
  if (before) return before
  known.set(lists.key, lists)
  if (known.size > MOST_KNOWN) known.delete(known.keys().next().value as string)
  return lists
}
