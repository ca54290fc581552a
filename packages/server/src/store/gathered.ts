import { assertStoredValue } from './stored-value.ts'

type Waiting<Item, Result> = {
  readonly item: Item
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/**
 * The order in which what is asked for side by side is sent: after what has no turn, and whoever asked first. Of rows and
 * locks for which others wait all transactions take the same kind first; and certificates stand before what names them.
 */
export const TURNS = {
  idempotencyKeys: 1,
  certifiedKeys: 2,
  certificates: 3,
  ofCertificates: 4,
  enrollmentRights: 5,
  locks: 6,
  renewed: 7,
} as const

/** What is asked for side by side, until all that could ask has asked: then it is sent, in the order of turns. */
export class Breath {
  readonly #end: (release: () => void) => void
  #waiting: { readonly turn: number; readonly send: () => void }[] = []

  /** `end` calls back when all have asked. */
  constructor(end: (release: () => void) => void) {
    this.#end = end
  }

  /** Has something sent at the end of the breath. */
  add(turn: number, send: () => void): void {
    this.#waiting.push({ turn, send })
    if (this.#waiting.length > 1) return
    this.#end(() => {
      const waiting = this.#waiting
      this.#waiting = []
      // What has the same turn stays in the order in which it was asked for.
      for (const { send } of waiting.sort((a, b) => a.turn - b.turn)) send()
    })
  }
}

/**
 * Does for all at once what is asked for in the same breath: those who share a transaction go through the same steps side
 * by side, and each step is one statement for all of them. `work` answers in the order of its items; what it asks for
 * before it waits for anything is sent in its turn.
 */
export function gathered<Item, Result>(
  breath: Breath,
  work: (items: readonly Item[]) => Promise<readonly Result[]>,
  turn = 0,
): (item: Item) => Promise<Result> {
  let waiting: Waiting<Item, Result>[] = []

  async function send(): Promise<void> {
    const group = waiting
    waiting = []
    try {
      const results = await work(group.map(({ item }) => item))
      for (const [index, { resolve }] of group.entries()) resolve(results[index] as Result)
    } catch (error) {
      for (const { reject } of group) reject(error)
    }
  }

  return (item) =>
    new Promise((resolve, reject) => {
      assertKept(item)
      waiting.push({ item, resolve, reject })
      if (waiting.length === 1) breath.add(turn, () => void send())
    })
}

/** Throws on a text that no column keeps: those in whose company it is asked for would be declined with it. */
function assertKept(item: unknown): void {
  for (const value of typeof item === 'object' && item !== null ? Object.values(item) : [item])
    if (typeof value === 'string') assertStoredValue(value)
}

/**
 * Does each of what is asked for in the same breath by a statement of its own, in the order of the ids: so no two
 * transactions that are shared wait for each other over the rows that they lock.
 */
export function inOrder<Item extends Identified, Result>(
  breath: Breath,
  work: (item: Item) => Promise<Result>,
  turn: number,
): (item: Item) => Promise<Result> {
  return gathered(
    breath,
    async (items: readonly Item[]) => {
      const results = new Map<Item, Promise<Result>>()
      for (const item of items.toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)))
        results.set(item, work(item))
      return Promise.all(items.map((item) => results.get(item) as Promise<Result>))
    },
    turn,
  )
}

type Identified = { readonly id: string }

/** Of each row whether the statement, which returns ids, gave its id back. */
export function among({ rows }: { readonly rows: readonly Identified[] }, all: readonly Identified[]): boolean[] {
  const done = new Set(rows.map(({ id }) => id))
  return all.map(({ id }) => done.has(id))
}
