/** Judges changed files until it is told to stop, and tells of each before and after: whoever waits sees where it hangs. */
import fc from 'fast-check'
import { type Mutation, mutations } from './mutation/mutation.ts'
import { corpusSubjects, type Subject, shared, signedSubjects, vectorSubjects } from './mutation/subjects.ts'
import { judge, prepare } from './mutation/trial.ts'

/** What the child tells. */
export type Told =
  | { readonly kind: 'begun'; readonly subject: string; readonly mutations: readonly Mutation[] }
  | { readonly kind: 'fault'; readonly subject: string; readonly mutations: readonly Mutation[]; readonly what: string }
  | {
      readonly kind: 'done'
      readonly runs: number
      readonly subjects: number
      readonly slowest: number
      readonly most: number
    }

const SLOWEST = 2000
const MEMORY_BESIDE = 64 * 1024 * 1024
const MEMORY_PER_BYTE = 4
const LARGE = 100_000

const [seed = 1, seconds = 60] = process.argv.slice(2).map(Number)
/** Waits until it is sent: what comes next may never end. */
const tell = (told: Told): Promise<void> => new Promise((sent) => process.send?.(told, () => sent()))
const peak = (): number => process.resourceUsage().maxRSS * 1024
const busy = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

const subjects: Subject[] = [
  ...vectorSubjects(),
  ...corpusSubjects(shared).filter(({ name }) => !name.startsWith('vectors/')),
  ...(await signedSubjects()),
]
// The small ones first: the high-water mark of memory that one leaves may be no higher than its own size allows.
subjects.sort((a, b) => a.asset.length - b.asset.length)
let runs = 0
let slowest = 0
let most = 0
/** Of every size, so that all code has run: what Node takes for itself then is no file's. */
for (const subject of subjects.filter((_, index) => index % 10 === 0 && index < subjects.length / 2)) {
  const prepared = await prepare(subject)
  for (const list of fc.sample(mutations, { seed, numRuns: 20 })) await judge(prepared, list)
}
const base = peak()
const started = performance.now()
for (const [index, subject] of subjects.entries()) {
  const prepared = await prepare(subject)
  const until = started + (1000 * seconds * (index + 1)) / subjects.length
  await judge(prepared, [])
  globalThis.gc?.()
  for (let round = 0; round === 0 || performance.now() < until; round++) {
    globalThis.gc?.()
    for (const list of fc.sample(mutations, { seed: seed * 100_000 + index * 100 + round, numRuns: 20 })) {
      await tell({ kind: 'begun', subject: subject.name, mutations: list })
      // The copies that were changed before this one are no memory that judging took.
      if (subject.asset.length > LARGE) globalThis.gc?.()
      const before = busy()
      const what = await judge(prepared, list).catch((error: Error) => `it throws: ${error.stack}`)
      const took = busy() - before
      runs++
      slowest = Math.max(slowest, took)
      if (what !== undefined) await tell({ kind: 'fault', subject: subject.name, mutations: list, what })
      if (took > SLOWEST)
        await tell({ kind: 'fault', subject: subject.name, mutations: list, what: `${Math.round(took)} ms` })
    }
  }
  globalThis.gc?.()
  const taken = peak() - base
  most = Math.max(most, taken - MEMORY_PER_BYTE * subject.asset.length)
  if (taken > MEMORY_PER_BYTE * subject.asset.length + MEMORY_BESIDE) {
    const what = `${Math.round(taken / 1e6)} MB of memory for ${subject.asset.length} bytes`
    await tell({ kind: 'fault', subject: subject.name, mutations: [], what })
    break
  }
}
await tell({ kind: 'done', runs, subjects: subjects.length, slowest, most })
process.disconnect?.()
