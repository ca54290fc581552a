type Waiting<Item, Result> = {
  readonly item: Item
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/** The order in which those who share a transaction take what others may wait for. */
export const TURNS = { idempotencyKeys: 1, certifiedKeys: 2, enrollmentRights: 3, locks: 4 } as const

/** Of the microtask queue, and more than there are between asking for a statement and handing it to the connection. */
const STEPS = 32

/**
 * Does for all at once what is asked for in the same breath: those who share a transaction go through the same steps side
 * by side, and each step is one statement for all of them. `work` answers in the order of its items. What has a turn comes after all that has an earlier
 * one or none, whoever asked first: so of rows and locks for which others wait all transactions take the same kind first.
 */
export function gathered<Item, Result>(
  work: (items: readonly Item[]) => Promise<readonly Result[]>,
  turn = 0,
): (item: Item) => Promise<Result> {
  let waiting: Waiting<Item, Result>[] = []

  async function flush(): Promise<void> {
    for (let step = 0; step < turn * STEPS; step++) await undefined
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
      waiting.push({ item, resolve, reject })
      // After all that is ready to run: promises that have just been kept let others ask, too.
      if (waiting.length === 1) process.nextTick(() => void flush())
    })
}

/**
 * Does each of what is asked for in the same breath by a statement of its own, in the order of the ids: so no two
 * transactions that are shared wait for each other over the rows that they lock.
 */
export function inOrder<Item extends Identified, Result>(
  work: (item: Item) => Promise<Result>,
  turn: number,
): (item: Item) => Promise<Result> {
  return gathered(async (items: readonly Item[]) => {
    const results = new Map<Item, Promise<Result>>()
    for (const item of items.toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))) results.set(item, work(item))
    return Promise.all(items.map((item) => results.get(item) as Promise<Result>))
  }, turn)
}

type Identified = { readonly id: string }

/** Of each row whether the statement, which returns ids, gave its id back. */
export function among({ rows }: { readonly rows: readonly Identified[] }, all: readonly Identified[]): boolean[] {
  const done = new Set(rows.map(({ id }) => id))
  return all.map(({ id }) => done.has(id))
}
