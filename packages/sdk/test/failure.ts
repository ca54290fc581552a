import { CountersignError } from '../src/index.ts'

/** What a call failed with. */
export async function failureOf(work: Promise<unknown>): Promise<CountersignError> {
  const error = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  )
  if (error instanceof CountersignError) return error
  throw new Error(`not a CountersignError: ${error}`, { cause: error })
}
