import { setImmediate as turnOfEventLoop } from 'node:timers/promises'

type Waiting<T> = { readonly value: T; readonly resolve: () => void; readonly reject: (error: unknown) => void }

/** Which of a group that failed are at fault, where that is known. */
export class GroupFault extends Error {
  readonly isAtFault: readonly boolean[]

  constructor(isAtFault: readonly boolean[], cause: unknown) {
    super('some of a group failed', { cause })
    this.isAtFault = isAtFault
  }
}

/**
 * Lets values that wait at the same time share one transaction, and so one wait for the disk. While one group is being
 * written the next one gathers; each value is answered after the commit of its own group.
 */
export class GroupCommit<T> {
  readonly #write: (values: readonly T[]) => Promise<void>
  readonly #limit: number
  #waiting: Waiting<T>[] = []
  #writing = false

  constructor(write: (values: readonly T[]) => Promise<void>, limit: number) {
    this.#write = write
    this.#limit = limit
  }

  add(value: T): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ value, resolve, reject })
      if (!this.#writing) void this.#writeAll()
    })
  }

  async #writeAll(): Promise<void> {
    this.#writing = true
    while (this.#waiting.length > 0) {
      // All that this turn of the event loop has read from its sockets belongs to the group, and what comes of the one before.
      await turnOfEventLoop()
      await this.#writeGroup(this.#waiting.splice(0, this.#limit))
    }
    this.#writing = false
  }

  async #writeGroup(group: readonly Waiting<T>[]): Promise<void> {
    try {
      await this.#write(group.map(({ value }) => value))
      for (const { resolve } of group) resolve()
    } catch (error) {
      const isAtFault = error instanceof GroupFault ? error.isAtFault : group.map(() => true)
      if (group.length === 1) return group[0]?.reject(error instanceof GroupFault ? error.cause : error)
      // Each of these for itself, so that the others don't suffer for it; nor, being many, for having been in its company.
      const others = group.filter((_, index) => !isAtFault[index])
      if (others.length > 0) await this.#writeGroup(others)
      for (const waiting of group.filter((_, index) => isAtFault[index])) await this.#writeGroup([waiting])
    }
  }
}
