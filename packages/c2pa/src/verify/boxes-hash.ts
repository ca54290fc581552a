/** Validating a general box hash. C2PA 2.2 §15.12.3; `exclusions` as of 2.4 §15.12.3. */
import { equalBytes } from '@countersign/codec'
import { C2paError } from '../c2pa-error.ts'
import { type CborValue, cborField } from '../cbor.ts'
import { hashParts, lengthOf, walk } from '../formats/asset.ts'
import type { ByteRange, HashBox } from '../formats/asset-format.ts'
import { type Finding, finding } from '../report/finding.ts'
import type { StatusCode } from '../report/status-code.ts'
import { type Assertion, cborOf } from './assertions.ts'
import { allowedHash } from './box-hashes.ts'
import type { Claim } from './claim.ts'
import { areOrdered, isNatural, rangesOutside } from './exclusions.ts'
import { areMetadata, holdMetadata } from './metadata-ranges.ts'
import type { Verification } from './verification.ts'

/** The box of the manifest store, whatever its format calls it. §18.7.1. */
const STORE = 'C2PA'
/** All that comes behind the last box. §18.7.2. */
const AFTER = 'c2pa.after'
/** The signatures of PNG and TIFF, which a claim generator may leave out: they are always the same. §18.7.3.2, §18.7.3.3. */
const SIGNATURES = ['PNGh', 'TIFh']
/** Each costs a step of hashing. */
const MOST_ENTRIES = 250_000
const MOST_EXCLUSIONS = 1000

/** One or more boxes that have one hash. */
type Entry = {
  readonly names: readonly string[]
  readonly algorithm: CborValue
  readonly hash: CborValue
  readonly isExcluded: boolean
  readonly exclusions: readonly Exclusion[]
}

/** A range in the box of that index among an entry's. */
type Exclusion = ByteRange & { readonly box: number }

/** Checks a `c2pa.hash.boxes` against the asset. */
export async function validateBoxesHash(
  verification: Verification,
  claim: Claim,
  assertion: Assertion,
  findings: Finding[],
): Promise<void> {
  const [code, explanation] = await outcome(verification, claim, cborOf(assertion))
  findings.push(finding(code, assertion.uri, explanation))
  const entries = entriesOf(cborOf(assertion))
  if (entries?.some(({ exclusions }) => exclusions.length > 0))
    findings.push(finding('assertion.boxesHash.additionalExclusionsPresent', assertion.uri))
}

type Outcome = readonly [code: StatusCode, explanation?: string]

const mismatch = (explanation: string): Outcome => ['assertion.boxesHash.mismatch', explanation]

async function outcome(verification: Verification, claim: Claim, fields: CborValue): Promise<Outcome> {
  const { asset, format } = verification
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

  const placed = placedEntries(entries, boxes)
  const leftOut = await leftOutOf(verification, placed)
  if (leftOut) return leftOut
  for (const { entry, covered, excluded } of placed) {
    if (entry.isExcluded || entry.names.includes(STORE)) continue
    const names = entry.names.join(', ')
    if (!(entry.hash instanceof Uint8Array)) return mismatch(`there is no hash of ${names}`)
    const algorithm = hashOf(entry.algorithm) ?? byDefault ?? 'sha256'
    const parts = rangesOutside(excluded, covered.start, covered.start + covered.length)
    if (!equalBytes(entry.hash, await hashParts(asset, parts, algorithm)))
      return mismatch(`the hash of ${names} does not match`)
  }
  return ['assertion.boxesHash.match']
}

/** An entry, its boxes, the range from the start of the first to the end of the last, with all that is between, and the ranges left out of it. */
type Placed = {
  readonly entry: Entry
  readonly boxes: readonly HashBox[]
  readonly covered: ByteRange
  readonly excluded: readonly ByteRange[]
}

function placedEntries(entries: readonly Entry[], boxes: readonly HashBox[]): Placed[] {
  let at = 0
  return entries.map((entry) => {
    const own = boxes.slice(at, at + entry.names.length)
    at += entry.names.length
    const start = own[0]?.start ?? 0
    const last = own.at(-1)
    return {
      entry,
      boxes: own,
      covered: { start, length: (last?.start ?? 0) + (last?.length ?? 0) - start },
      excluded: entry.exclusions.map((range) => ({ ...range, start: (own[range.box]?.start ?? 0) + range.start })),
    }
  })
}

/** What is wrong with what is not hashed: the store stands alone, and all else is metadata. */
async function leftOutOf(
  { asset, format, container }: Verification,
  placed: readonly Placed[],
): Promise<Outcome | undefined> {
  for (const { entry, boxes, covered, excluded } of placed) {
    if (entry.names.includes(STORE)) {
      if (entry.names.length > 1) return mismatch('the manifest store has no array of its own')
      // Some formats let anyone call a box by that name.
      if (!container || container.start < covered.start || container.start >= covered.start + covered.length)
        return mismatch('a box that is called C2PA is not the manifest store')
    }
    if (!areOrdered(excluded)) return ['assertion.boxesHash.malformed', 'exclusions overlap or are out of order']
    if (entry.exclusions.some(({ box, start, length }) => start + length > (boxes[box]?.length ?? 0)))
      return mismatch(`an exclusion goes on past the end of its box among ${entry.names.join(', ')}`)
  }
  const others = placed.filter(({ entry }) => !entry.names.includes(STORE))
  const excludedBoxes = others.filter(({ entry }) => entry.isExcluded).flatMap(({ boxes }) => boxes)
  if (!(await walk(asset, (source) => holdMetadata(format, source, excludedBoxes))))
    return mismatch('a box is excluded that is no metadata')
  const ranges = others.filter(({ entry }) => !entry.isExcluded).flatMap(({ excluded }) => excluded)
  if (!(await walk(asset, (source) => areMetadata(format, source, ranges))))
    return mismatch('an exclusion covers more than metadata')
  return undefined
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
    const exclusions = exclusionsOf(cborField(item, 'exclusions'), names.length)
    if (!exclusions) return undefined
    entries.push({
      names,
      algorithm: cborField(item, 'alg'),
      hash: cborField(item, 'hash'),
      isExcluded: excluded === true,
      exclusions,
    })
  }
  return entries
}

function isNameList(value: CborValue): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === 'string')
}

/** The ranges of a list of one or more; undefined where it is none, or one of them is in no box. */
function exclusionsOf(value: CborValue, boxCount: number): Exclusion[] | undefined {
  if (value === undefined) return []
  if (!Array.isArray(value) || value.length === 0 || value.length > MOST_EXCLUSIONS) return undefined
  const exclusions: Exclusion[] = []
  for (const item of value) {
    const start = cborField(item, 'start')
    const length = cborField(item, 'length')
    const box = cborField(item, 'boxIndex') ?? (boxCount === 1 ? 0 : undefined)
    if (!isNatural(start) || !isNatural(length) || !isNatural(box) || box >= boxCount) return undefined
    exclusions.push({ box, start, length })
  }
  return exclusions
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
