/** One changed file: it has a report, and is not believed where what was signed is no longer there. */

import { verify } from '../../src/verify/verify.ts'
import { inspect } from '../inspect.ts'
import { type Landmarks, landmarksOf, type Mutation, mutated } from './mutation.ts'
import { signedParts } from './signed-parts.ts'
import type { Subject } from './subjects.ts'

export type Prepared = Subject & { readonly landmarks: Landmarks; readonly parts: readonly string[] | undefined }

export async function prepare(subject: Subject): Promise<Prepared> {
  let container: { start: number; length: number } | undefined
  let parts: readonly string[] | undefined
  try {
    container = inspect(subject.asset)?.manifestStore?.container
    parts = await signedParts(subject.asset)
  } catch {
    // A vector that is malformed on purpose.
  }
  const store = container && ([container.start, container.start + container.length] as const)
  return { ...subject, parts, landmarks: landmarksOf(subject.asset, store) }
}

/** What is wrong with how a changed file was judged; undefined where nothing is. */
export async function judge(subject: Prepared, list: readonly Mutation[]): Promise<string | undefined> {
  const changed = mutated(subject.asset, subject.landmarks, list)
  const { state, findings } = await verify(changed, subject.options)
  if (findings.length === 0) return 'a report without findings'
  if (state === 'Invalid') return undefined
  const parts = await signedParts(changed).catch((error: Error) => [error.message])
  const [first] = differences(subject.parts ?? ['nothing'], parts)
  return first === undefined ? undefined : `${state} though what is signed has changed: ${first}`
}

function differences(before: readonly string[], after: readonly string[]): string[] {
  const gone = before.filter((part) => !after.includes(part)).map((part) => `-${part}`)
  const come = after.filter((part) => !before.includes(part)).map((part) => `+${part}`)
  return [...gone, ...come]
}
