/** Something of which there is so much: who wants more than is left waits for its turn. */
export type Budget = {
  /** Does the work once `amount` is left, and gives it back afterwards. More than there is at all counts as all. */
  spend<T>(amount: number, work: () => Promise<T>): Promise<T>
}

type Waiting = { readonly amount: number; readonly begin: () => void }

/** A budget of so much; turns are taken in order, so that the large are not overtaken for ever. */
export function createBudget(most: number): Budget {
  let left = most
  const waiting: Waiting[] = []

  function begin(): void {
    for (let next = waiting[0]; next && next.amount <= left; next = waiting[0]) {
      waiting.shift()
      left -= next.amount
      next.begin()
    }
  }

  return {
    async spend(wanted, work) {
      const amount = Math.min(wanted, most)
      await new Promise<void>((resolve) => {
        waiting.push({ amount, begin: resolve })
        begin()
      })
      try {
        return await work()
      } finally {
        left += amount
        begin()
      }
    },
  }
}
