/** Does many of a thing at once: what is asked for while a batch is under way makes the next one. */
export function inBatches<Asked, Answered>(
  most: number,
  work: (batch: readonly Asked[]) => Promise<readonly Answered[]>,
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

  return (asked) =>
    new Promise((resolve, reject) => {
      waiting.push({ asked, resolve, reject })
      if (!isBusy) void run()
    })
}
