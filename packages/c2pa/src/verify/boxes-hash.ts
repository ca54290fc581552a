/** Validating a general box hash. C2PA 2.2 §15.12.3. */
import { equalBytes } from '@countersign/codec'
import { C2paError } from '../c2pa-error.ts'
import { type CborValue, cborField } from '../cbor.ts'
import { type Asset, hashParts, lengthOf, walk } from '../formats/asset.ts'
import type { AssetFormat, HashBox } from '../formats/asset-format.ts'
import { type Finding, finding } from '../report/finding.ts'
import type { StatusCode } from '../report/status-code.ts'
import { type Assertion, cborOf } from './assertions.ts'
import { allowedHash } from './box-hashes.ts'
import type { Claim } from './claim.ts'
import { holdMetadata } from './metadata-ranges.ts'
import type { Verification } from './verification.ts'

/** The box of the manifest store, whatever its format calls it. §18.7.1. */
const STORE = 'C2PA'
/** All that comes behind the last box. §18.7.2. */
const AFTER = 'c2pa.after'
/** The signatures of PNG and TIFF, which a claim generator may leave out: they are always the same. §18.7.3.2, §18.7.3.3. */
const SIGNATURES = ['PNGh', 'TIFh']
/** Each costs a step of hashing. */
const MOST_ENTRIES = 250_000

/** One or more boxes that have one hash. */
type Entry = {
  readonly names: readonly string[]
  readonly algorithm: CborValue
  readonly hash: CborValue
  readonly isExcluded: boolean
}

/** Checks a `c2pa.hash.boxes` against the asset. */
export async function validateBoxesHash(
  { asset, format }: Verification,
  claim: Claim,
  assertion: Assertion,
  findings: Finding[],
): Promise<void> {
  const [code, explanation] = await outcome(asset, format, claim, cborOf(assertion))
  findings.push(finding(code, assertion.uri, explanation))
}

type Outcome = readonly [code: StatusCode, explanation?: string]

const mismatch = (explanation: string): Outcome => ['assertion.boxesHash.mismatch', explanation]

async function outcome(asset: Asset, format: AssetFormat, claim: Claim, fields: CborValue): Promise<Outcome> {
  const entries = entriesOf(fields)
  if (!entries) return ['assertion.boxesHash.malformed']
  const stated = [cborField(fields, 'alg'), ...entries.map(({ algorithm }) => algorithm)]
  const unsupported = stated.find((algorithm) => algorithm !== undefined && !hashOf(algorithm))
  if (unsupported !== undefined) return ['algorithm.unsupported', 'a hash that is not allowed']
  const byDefault = hashOf(cborField(fields, 'alg') ?? claim.algorithm)
  if (!byDefault && entries.some((entry) => entry.algorithm === undefined))
    return ['algorithm.unsupported', 'no hash algorithm']

  if (!format.boxes) return ['assertion.boxesHash.unknownBox', `no boxes are defined for ${format.name}`]
  let there: readonly HashBox[]
  try {
    there = await walk(asset, format.boxes)
  } catch (error) {
    if (error instanceof C2paError && error.code === 'malformed_asset') return mismatch(error.message)
    throw error
  }
  const names = entries.flatMap((entry) => entry.names)
  const boxes = comparedBoxes(names, there, lengthOf(asset))
  const difference = differenceOf(names, boxes)
  if (difference) return difference

  let at = 0
  for (const { names, algorithm, hash, isExcluded } of entries) {
    const covered = boxes.slice(at, at + names.length)
    at += names.length
    if (names.includes(STORE)) {
      if (names.length > 1) return mismatch('the manifest store has no array of its own')
      continue
    }
    if (isExcluded) {
      if (!(await walk(asset, (source) => holdMetadata(format, source, covered))))
        return mismatch(`${names.join(', ')} is excluded, and is no metadata`)
      continue
    }
    const expected = await hashParts(asset, [rangeOf(covered)], hashOf(algorithm) ?? byDefault ?? 'sha256')
    if (!(hash instanceof Uint8Array)) return mismatch(`there is no hash of ${names.join(', ')}`)
    if (!equalBytes(hash, expected)) return mismatch(`the hash of ${names.join(', ')} does not match`)
  }
  return ['assertion.boxesHash.match']
}

function hashOf(name: CborValue): ReturnType<typeof allowedHash> {
  return typeof name === 'string' ? allowedHash(name) : undefined
}

/** The list; undefined where it is none, or something in it names no box. */
function entriesOf(fields: CborValue): Entry[] | undefined {
  const list = cborField(fields, 'boxes')
  if (!Array.isArray(list) || list.length === 0 || list.length > MOST_ENTRIES) return undefined
  const entries: Entry[] = []
  for (const item of list) {
    const names = cborField(item, 'names')
    const excluded = cborField(item, 'excluded')
    if (!isNameList(names) || (excluded !== undefined && typeof excluded !== 'boolean')) return undefined
    entries.push({
      names,
      algorithm: cborField(item, 'alg'),
      hash: cborField(item, 'hash'),
      isExcluded: excluded === true,
    })
  }
  return entries
}

function isNameList(value: CborValue): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === 'string')
}

/** The boxes that are there, as the list may name them. */
function comparedBoxes(names: readonly string[], there: readonly HashBox[], assetLength: number): HashBox[] {
  const first = SIGNATURES.includes(there[0]?.name ?? '') && names[0] !== there[0]?.name ? 1 : 0
  const isAfterListed = names.at(-1) === AFTER
  const boxes = there.slice(first, isAfterListed ? first + names.length - 1 : undefined)
  const last = boxes.at(-1)
  const end = last ? last.start + last.length : 0
  return isAfterListed || end < assetLength ? [...boxes, { name: AFTER, start: end, length: assetLength - end }] : boxes
}

function differenceOf(names: readonly string[], boxes: readonly HashBox[]): Outcome | undefined {
  if (names.length === boxes.length && boxes.every(({ name }, index) => name === names[index])) return undefined
  const left = new Map<string, number>()
  for (const name of names) left.set(name, (left.get(name) ?? 0) + 1)
  for (const { name, start } of boxes) {
    const count = left.get(name) ?? 0
    if (count === 0) return ['assertion.boxesHash.unknownBox', `a box ${name} at offset ${start} is not listed`]
    left.set(name, count - 1)
  }
  return mismatch('the boxes are not in the order of the list, or some are missing')
}

/** From the start of the first to the end of the last, with all that is between. */
function rangeOf(boxes: readonly HashBox[]): { start: number; length: number } {
  const start = boxes[0]?.start ?? 0
  const last = boxes.at(-1)
  return { start, length: (last?.start ?? 0) + (last?.length ?? 0) - start }
}
