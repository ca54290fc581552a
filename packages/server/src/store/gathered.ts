type Waiting<Item, Result> = {
  readonly item: Item
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/**
 * Does for all at once what is asked for in the same breath: those who share a transaction go through the same steps side
 * by side, and each step is one statement for all of them. `work` answers in the order of its items. What comes last does so whoever asked for it
 * first: of two kinds of rows and locks that wait for others, transactions then take the same first.
 */
export function gathered<Item, Result>(
  work: (items: readonly Item[]) => Promise<readonly Result[]>,
  place?: 'last',
): (item: Item) => Promise<Result> {
  let waiting: Waiting<Item, Result>[] = []

  async function flush(): Promise<void> {
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
      if (waiting.length > 1) return
      if (place === 'last') process.nextTick(() => process.nextTick(() => void flush()))
      else process.nextTick(() => void flush())
    })
}

/**
 * Does each of what is asked for in the same breath by a statement of its own, in the order of the ids: so no two
 * transactions that are shared wait for each other over the rows that they lock.
 */
export function inOrder<Item extends Identified, Result>(
  work: (item: Item) => Promise<Result>,
): (item: Item) => Promise<Result> {
  return gathered(async (items: readonly Item[]) => {
    const results = new Map<Item, Promise<Result>>()
    for (const item of items.toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))) results.set(item, work(item))
    return Promise.all(items.map((item) => results.get(item) as Promise<Result>))
  })
}

type Identified = { readonly id: string }

/** Of each row whether the statement, which returns ids, gave its id back. */
export function among({ rows }: { readonly rows: readonly Identified[] }, all: readonly Identified[]): boolean[] {
  const done = new Set(rows.map(({ id }) => id))
  return all.map(({ id }) => done.has(id))
}
