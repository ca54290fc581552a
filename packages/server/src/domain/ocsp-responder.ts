/** The responder as it stands on the plain port: it remembers answers, for as long as nothing changes that they tell of. */
import { answerOcsp, type OcspAnswer } from './answer-ocsp.ts'
import type { AuthorityPurpose } from './authority.ts'
import type { World } from './world.ts'

/** Answers requests, and is told when this process has revoked or released something. */
export type OcspResponder = {
  answer(purpose: AuthorityPurpose, request: Uint8Array): Promise<OcspAnswer>
  /** What is remembered may have changed: it looks before the next answer. */
  changed(): void
}

type Kept = { readonly answer: OcspAnswer; readonly of: string; readonly until: number }

const SECOND = 1000

/** What another node revoked or released is seen after this long. */
const LOOKED_AFTER = SECOND / 4
/** So far it looks back: for changes whose transaction took long, and since they stand under whole seconds. */
const LOOKED_BACK = 10 * SECOND
/** A remembered answer is looked up anew after this long, whatever changed. */
const KEPT = 60 * SECOND
/** Answers are some kilobytes each. */
const MOST_KEPT = 5_000
/** More changes than that at once, and everything is forgotten. */
const MOST_CHANGES = 1_000
/** A request for one certificate is shorter. */
const LONGEST_REMEMBERED = 256

/** A responder that remembers nothing yet. */
export function createOcspResponder(world: World): OcspResponder {
  const kept = new Map<string, Kept>()
  let known: ReadonlySet<string> = new Set()
  /** When it last looked for changes, and what had changed here by then. */
  let looked: { readonly at: number; readonly changes: number } | undefined
  let looking: Promise<void> | undefined
  let changes = 0

  async function look(): Promise<void> {
    const now = world.now()
    // What changed during a longer silence than is looked back over may have been passed over.
    if (!looked || now.getTime() < looked.at || now.getTime() > looked.at + LOOKED_BACK / 2) kept.clear()
    const before = changes
    const found = await world.store.revocationChanges.listSince(new Date(now.getTime() - LOOKED_BACK), MOST_CHANGES)
    const news = found.filter(({ id }) => !known.has(id))
    if (found.length === MOST_CHANGES) kept.clear()
    else if (news.length > 0) {
      const of = new Set(news.map(({ authorityId, serialNumber }) => `${authorityId} ${serialNumber}`))
      for (const [key, answer] of kept) if (of.has(answer.of)) kept.delete(key)
    }
    known = new Set(found.map(({ id }) => id))
    looked = { at: now.getTime(), changes: before }
  }

  /** Makes sure that nothing remembered is older than it may be. */
  async function refresh(): Promise<void> {
    for (;;) {
      const now = world.now().getTime()
      if (looked?.changes === changes && now >= looked.at && now < looked.at + LOOKED_AFTER) return
      looking ??= look().finally(() => {
        looking = undefined
      })
      await looking
    }
  }

  return {
    async answer(purpose, request) {
      if (request.length > LONGEST_REMEMBERED) return answerOcsp(world, purpose, request)
      await refresh()
      const key = `${purpose} ${Buffer.from(request.buffer, request.byteOffset, request.length).toString('latin1')}`
      const now = world.now().getTime()
      const found = kept.get(key)
      if (found && now < found.until && now >= found.until - KEPT) return found.answer
      const before = looked
      const answer = await answerOcsp(world, purpose, request)
      // A look for changes meanwhile may have seen one that this answer came too early for.
      if (answer.about !== undefined && before === looked && before?.changes === changes) {
        kept.set(key, { answer, of: answer.about, until: now + KEPT })
        if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value as string)
      }
      return answer
    },
    changed() {
      changes++
    },
  }
}
