/** Timing: contenders take turns, so that what else the machine does falls on all of them alike. */

export type Contender = {
  readonly name: string
  /** One piece of work, whole. */
  run(): unknown
}

export type Timing = {
  readonly name: string
  /** Milliseconds. */
  readonly p50: number
  readonly p95: number
  /** To the first contender: the median of the ratios turn by turn, since what else the machine does comes and goes. */
  readonly ratio: number
}

const WARM_UP_ROUNDS = 3
/** A server compiles what is used often: it is measured as it is after its first moments. */
const WARM_UP_TURNS = 250
/** Before the first block: machine code for JavaScript is made while it runs, and what runs all day is measured. */
const WARM_UP_MILLISECONDS = 1000
const BLOCKS = 3

export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

async function timed({ run }: Contender): Promise<number> {
  const start = performance.now()
  await run()
  return performance.now() - start
}

/** Times contenders that keep no garbage of one another, since they are servers: one of each in every round. */
export async function takeTurns(contenders: readonly Contender[], rounds: number): Promise<Omit<Timing, 'ratio'>[]> {
  const samples = contenders.map((): number[] => [])
  for (let round = -WARM_UP_TURNS; round < rounds; round++) {
    for (const [index, contender] of contenders.entries()) {
      const time = await timed(contender)
      if (round >= 0) samples[index]?.push(time)
    }
  }
  return contenders.map(({ name }, index) => {
    const own = samples[index] ?? []
    return { name, p50: percentile(own, 0.5), p95: percentile(own, 0.95) }
  })
}

/**
 * Times each contender against `limit`, in turns with it alone, so that the garbage of one peer is not collected on
 * another's time. Several short blocks each, spread over the whole measurement.
 */
export async function race(limit: Contender, contenders: readonly Contender[], rounds: number): Promise<Timing[]> {
  const samples = contenders.map((): { own: number[]; limit: number[] } => ({ own: [], limit: [] }))
  for (let block = 0; block < BLOCKS; block++) {
    for (const [index, contender] of contenders.entries()) {
      const ready = performance.now() + (block === 0 ? WARM_UP_MILLISECONDS : 0)
      globalThis.gc?.()
      for (let round = 0; round < WARM_UP_ROUNDS || performance.now() < ready; round++) {
        await timed(limit)
        await timed(contender)
      }
      for (let round = 0; round < Math.ceil(rounds / BLOCKS); round++) {
        samples[index]?.limit.push(await timed(limit))
        samples[index]?.own.push(await timed(contender))
      }
    }
  }
  const all = samples.flatMap(({ limit: times }) => times)
  const first: Timing = { name: limit.name, p50: percentile(all, 0.5), p95: percentile(all, 0.95), ratio: 1 }
  return [
    first,
    ...contenders.map(({ name }, index) => {
      const { own = [], limit: paired = [] } = samples[index] ?? {}
      const p50 = percentile(own, 0.5)
      const ratios = own.map((time, turn) => time / (paired[turn] ?? Number.NaN))
      return { name, p50, p95: percentile(own, 0.95), ratio: percentile(ratios, 0.5) }
    }),
  ]
}
