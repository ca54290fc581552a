import { isIPv4 } from 'node:net'
import { Refusal } from '../domain/refusal.ts'
import { REQUEST_LIMIT } from './problem.ts'

/** How much of something somebody may have: so much a minute, and so much at once. */
export type RateLimit = {
  /** May be had in one go too, by who had none for a minute. */
  readonly aMinute: number
  /** As many as one likes when undefined. */
  readonly atOnce?: number
  /** What there was too much of, as a sentence. */
  readonly excess?: string
  /** So many are remembered; of more the one that came longest ago is forgotten. */
  readonly mostKnown?: number
  /** Milliseconds, from whenever. */
  readonly clock?: () => number
}

/** Keeps a rate limit. */
export type RateLimiter = {
  /** Takes one, or throws a Refusal `rate_limited` that says when to come again. */
  enter(who: string): Visit
}

export type Visit = {
  /** Tells what it took more than one. */
  charge(more: number): void
  leave(): void
}

/** When all that was taken would have been given at an even rate, and how many are being answered. */
type Visitor = { paidUntil: number; inside: number }

const MINUTE_MS = 60_000

/** The generic cell rate algorithm (ITU-T I.371, annex A) for each visitor: one number says all of the past. */
export function createRateLimiter(limit: RateLimit): RateLimiter {
  const {
    aMinute,
    atOnce = Number.POSITIVE_INFINITY,
    excess = 'There were too many requests from your address.',
    mostKnown = 10_000,
    clock = () => performance.now(),
  } = limit
  const visitors = new Map<string, Visitor>()
  const interval = MINUTE_MS / aMinute

  function known(who: string, at: number): Visitor {
    const visitor = visitors.get(who) ?? { paidUntil: at, inside: 0 }
    visitor.paidUntil = Math.max(visitor.paidUntil, at)
    // Again at the end: who stands first came longest ago.
    visitors.delete(who)
    visitors.set(who, visitor)
    if (visitors.size > mostKnown) visitors.delete(visitors.keys().next().value as string)
    return visitor
  }

  return {
    enter(who) {
      const at = clock()
      const visitor = known(who, at)
      if (visitor.inside >= atOnce) throw refused(`At most ${atOnce} of your requests are answered at a time.`, 1)
      // Rounded to the microsecond: sums of intervals are a little more than their minute.
      const tooEarly = Math.round((visitor.paidUntil + interval - at - MINUTE_MS) * 1000) / 1000
      if (tooEarly > 0) throw refused(excess, Math.ceil(tooEarly / 1000))
      visitor.paidUntil += interval
      visitor.inside += 1
      return {
        charge(more) {
          visitor.paidUntil += more * interval
        },
        leave() {
          visitor.inside -= 1
        },
      }
    },
  }
}

/**
 * Who a client is by its address: an IPv4 address, or the 64 bits that an IPv6 network has, in which one machine may
 * take any address that it likes.
 */
export function visitorOf(address: string | undefined): string {
  const text = address?.replace(/^::ffff:/i, '').replace(/%.*$/, '') ?? ''
  if (isIPv4(text)) return text
  const network = URL.parse(`http://[${text}]`)?.hostname.slice(1, -1)
  if (network === undefined) return 'unknown'
  const [head = '', tail] = network.split('::')
  const groups = head === '' ? [] : head.split(':')
  const left = tail === undefined ? 0 : 8 - groups.length - (tail === '' ? 0 : tail.split(':').length)
  return [...groups, ...new Array<string>(Math.max(0, left)).fill('0'), ...(tail?.split(':') ?? [])]
    .slice(0, 4)
    .join(':')
}

function refused(sentence: string, retryAfterSeconds: number): Refusal {
  const wait = retryAfterSeconds === 1 ? 'in a second' : `in ${retryAfterSeconds} seconds`
  return new Refusal('rate_limited', REQUEST_LIMIT, `${sentence} Try again ${wait}.`, { retryAfterSeconds })
}
