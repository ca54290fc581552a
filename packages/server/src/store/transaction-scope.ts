import { AsyncLocalStorage } from 'node:async_hooks'

const scope = new AsyncLocalStorage<true>()

/** Runs the work of a transaction, so that what it starts can be told from the rest. */
export function insideTransaction<T>(work: () => Promise<T>): Promise<T> {
  return scope.run(true, work)
}

/** Throws when it is a transaction's work that would write beside it, and so wait for itself. */
export function refuseInsideTransaction(): void {
  if (scope.getStore())
    throw new Error('the work of a transaction must write through the repositories that it is given')
}
