/** For as long an incomplete batch waits for who is about to ask. */
const MOST_PATIENCE_MS = 100
const EACH_MS = 2

/**
 * Does many of a thing at once: what is asked for while a batch is under way makes the next one. `coming` says how many
 * are about to ask: a batch waits for them as long as it is not full, since a small one costs as much as a full one.
 */
export function inBatches<Asked, Answered>(
  most: number,
  work: (batch: readonly Asked[]) => Promise<readonly Answered[]>,
  coming: () => number = () => 0,
): (asked: Asked) => Promise<Answered> {
  type Waiting = {
    readonly asked: Asked
    readonly resolve: (answered: Answered) => void
    readonly reject: (cause: unknown) => void
  }
  const waiting: Waiting[] = []
  let isBusy = false

  async function run(): Promise<void> {
    isBusy = true
    // Who asks in the same turn comes along.
    await undefined
    while (waiting.length > 0) {
      await gathered()
      const batch = waiting.splice(0, most)
      try {
        const answers = await work(batch.map(({ asked }) => asked))
        for (const [index, { resolve }] of batch.entries()) resolve(answers[index] as Answered)
      } catch (cause) {
        for (const { reject } of batch) reject(cause)
      }
    }
    isBusy = false
  }

  async function gathered(): Promise<void> {
    const until = performance.now() + MOST_PATIENCE_MS
    while (waiting.length < most && coming() > 0 && performance.now() < until)
      await new Promise((resolve) => setTimeout(resolve, EACH_MS))
  }

  return (asked) =>
    new Promise((resolve, reject) => {
      waiting.push({ asked, resolve, reject })
      if (!isBusy) void run()
    })
}
