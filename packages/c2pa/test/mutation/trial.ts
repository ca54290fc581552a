/** One changed file: it has a report, the same one when it is read piece by piece, and is not believed where what was signed is no longer there. */

import type { AssetReader } from '../../src/formats/asset.ts'
import type { Finding } from '../../src/report/finding.ts'
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
  const piecewise = await verify(readerOf(changed), subject.options)
  if (codesOf(piecewise.findings) !== codesOf(findings))
    return `read piece by piece: ${codesOf(piecewise.findings)} instead of ${codesOf(findings)}`
  if (state === 'Invalid') return undefined
  const parts = await signedParts(changed).catch((error: Error) => [error.message])
  const [first] = differences(subject.parts ?? ['nothing'], parts)
  return first === undefined ? undefined : `${state} though what is signed has changed: ${first}`
}

/** The same bytes, not in memory. */
function readerOf(bytes: Uint8Array): AssetReader {
  return { size: bytes.length, read: async (start, end) => bytes.slice(start, end) }
}

function codesOf(findings: readonly Finding[]): string {
  return findings.map(({ code }) => code).join(' ')
}

function differences(before: readonly string[], after: readonly string[]): string[] {
  const gone = before.filter((part) => !after.includes(part)).map((part) => `-${part}`)
  const come = after.filter((part) => !before.includes(part)).map((part) => `+${part}`)
  return [...gone, ...come]
}
