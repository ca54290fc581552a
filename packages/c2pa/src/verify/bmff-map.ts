/** Which bytes of an ISO base media file a BMFF hash is made of. C2PA 2.2 §18.6.2. */
import { equalBytes } from '@countersign/codec'
import { C2paError } from '../c2pa-error.ts'
import type { Source, Walk } from '../formats/asset.ts'
import type { ByteRange, Part } from '../formats/asset-format.ts'
import {
  type BmffBox,
  boxAt,
  boxBudget,
  bytesAt,
  metaContent,
  type ProvenanceBox,
  provenanceBox,
  rootBudget,
  uint32,
} from '../formats/bmff-box.ts'
import { offsetMarker } from '../formats/bmff-embedding.ts'
import type { Exclusion } from './bmff-exclusions.ts'

/** A box of the first level. */
export type RootBox = BmffBox & {
  /** What is left out of it, in order and without overlap; undefined where that is all of it. */
  readonly excluded: readonly ByteRange[] | undefined
  /** What C2PA has to do with it, if it put it in. */
  readonly provenance: ProvenanceBox | undefined
}

/** Walks all boxes of the first level, and as far inside as exclusions lead. Throws C2paError where the file is not made of boxes. */
export function* bmffMap(source: Source, exclusions: readonly Exclusion[]): Walk<readonly RootBox[]> {
  const work = new Work()
  const mapper = new Mapper(source, work)
  const paths = new Paths(
    exclusions.map((exclusion) => ({ exclusion, depth: 0 })),
    work,
  )
  const boxes: RootBox[] = []
  const budget = rootBudget()
  for (let position = 0; position < source.length; ) {
    const box = yield* boxAt(source, position, source.length, budget)
    if (!box) throw new C2paError('malformed_asset', `there is no whole box at offset ${position}`)
    const followed = paths.into(box.type)
    // Files have very many boxes, most of them in no list: for those nothing is set up.
    const excluded = followed.length === 0 ? NOTHING : yield* mapper.excludedFrom(box, followed)
    const provenance = box.type === 'uuid' ? yield* provenanceBox(source, box) : undefined
    boxes.push({ ...box, excluded, provenance })
    position = box.end
  }
  return boxes
}

/** What of these boxes is hashed; with the offset of each before it. */
export function* hashedParts(boxes: readonly RootBox[], withOffsets: boolean): Generator<Part> {
  const marker = offsetMarker()
  for (const { start, end, excluded } of boxes) {
    if (!excluded) continue
    if (withOffsets) yield marker(start)
    let position = start
    for (const range of excluded) {
      if (range.start > position) yield { start: position, length: range.start - position }
      position = range.start + range.length
    }
    if (position < end) yield { start: position, length: end - position }
  }
}

/** An exclusion whose path has been followed that deep. */
type Followed = { readonly exclusion: Exclusion; readonly depth: number }

const NO_PATHS: readonly Followed[] = []

/** How often a step of a path is followed, a condition held against a box, or a range left out: half a second's work. */
const MOST_WORK = 4_000_000
/** Bytes that are compared in the time of one of these. */
const BYTES_COMPARED = 16

class Work {
  #left = MOST_WORK

  spend(amount: number): void {
    this.#left -= amount
    if (this.#left < 0) throw new C2paError('too_large', 'its exclusions match more boxes than are looked at')
  }
}

/** Which exclusions lead into the boxes of one container. */
class Paths {
  readonly #byType = new Map<string, { readonly step: string; readonly next: Followed }[]>()
  /** Of types that no exclusion counts: the same for each box. */
  readonly #uncounted = new Map<string, readonly Followed[]>()
  readonly #seen = new Map<string, number>()
  readonly #work: Work

  constructor(followed: readonly Followed[], work: Work) {
    this.#work = work
    work.spend(2 * followed.length)
    for (const { exclusion, depth } of followed) {
      const step = exclusion.path[depth] as string
      const type = step.slice(0, 4)
      const steps = this.#byType.get(type) ?? []
      steps.push({ step, next: { exclusion, depth: depth + 1 } })
      this.#byType.set(type, steps)
    }
    for (const [type, steps] of this.#byType)
      if (steps.every(({ step }) => step === type))
        this.#uncounted.set(
          type,
          steps.map(({ next }) => next),
        )
  }

  /** Of the next box of that type. */
  into(type: string): readonly Followed[] {
    const steps = this.#byType.get(type)
    if (!steps) return NO_PATHS
    const same = this.#uncounted.get(type)
    if (same) return same
    const number = (this.#seen.get(type) ?? 0) + 1
    this.#seen.set(type, number)
    this.#work.spend(steps.length)
    const numbered = `${type}[${number}]`
    return steps.filter(({ step }) => step === type || step === numbered).map(({ next }) => next)
  }
}

/** Boxes that hold boxes and nothing else, and `meta`, into which older manifests lead. */
const CONTAINERS: ReadonlySet<string> = new Set(
  'moov trak mdia minf stbl moof traf mvex mfra edts dinf udta tref meco schi sinf rinf strk iprp ipco hnti meta'.split(
    ' ',
  ),
)

/** Boxes with version and flags that come into question. ISO/IEC 14496-12, 23008-12, 23009-1. */
const FULL_BOXES: ReadonlySet<string> = new Set(
  `assp co64 cprt cslg ctts dref elng elst emsg fiin fpar gitn hdlr hmhd iinf iloc infe ipro iref kind leva mdhd mehd meta mfhd mfro
  mvhd nmhd padb pdin pitm prft pssh saio saiz sbgp schm sdtp senc sgpd sidx smhd ssix stco stdp sthd stri stsc stsd stsg stsh stss
  stsz stts stvi stz2 subs tfdt tfhd tfra tkhd trep trex trun tsel txtC url  urn  vmhd xml`
    .split(/(?<=\S)\s(?=\S)|\s{2,}/)
    .map((type) => type.trim().padEnd(4)),
)

const NOTHING: readonly ByteRange[] = []

class Mapper {
  readonly #budget = boxBudget()
  readonly #source: Source
  readonly #work: Work

  constructor(source: Source, work: Work) {
    this.#source = source
    this.#work = work
  }

  /** Undefined for all of it. */
  *excludedFrom(box: BmffBox, paths: readonly Followed[]): Walk<readonly ByteRange[] | undefined> {
    const ranges: ByteRange[] = []
    const deeper: Followed[] = []
    this.#work.spend(paths.length)
    for (const followed of paths) {
      const { exclusion, depth } = followed
      if (depth < exclusion.path.length) deeper.push(followed)
      else if (yield* this.#matches(box, exclusion)) {
        if (!exclusion.subset) return undefined
        this.#work.spend(exclusion.subset.length)
        for (const range of subsetOf(box, exclusion.subset)) ranges.push(range)
      }
    }
    if (deeper.length > 0 && CONTAINERS.has(box.type)) yield* this.#descend(box, deeper, ranges)
    return merged(ranges)
  }

  *#descend(box: BmffBox, followed: readonly Followed[], ranges: ByteRange[]): Walk<void> {
    const paths = new Paths(followed, this.#work)
    let position = box.type === 'meta' ? yield* metaContent(this.#source, box) : box.content
    for (;;) {
      const child = yield* boxAt(this.#source, position, box.end, this.#budget)
      if (!child) return
      const deeper = paths.into(child.type)
      const excluded = deeper.length === 0 ? NOTHING : yield* this.excludedFrom(child, deeper)
      if (!excluded) ranges.push({ start: child.start, length: child.end - child.start })
      else for (const range of excluded) ranges.push(range)
      position = child.end
    }
  }

  *#matches(box: BmffBox, { length, version, flags, data }: Exclusion): Walk<boolean> {
    if (length !== undefined && box.end - box.start !== length) return false
    if (version !== undefined || flags) {
      const word = FULL_BOXES.has(box.type) && box.content + 4 <= box.end ? yield* this.#word(box.content) : undefined
      if (word === undefined) return false
      if (version !== undefined && word >>> 24 !== version) return false
      const set = word & 0xffffff
      if (flags && (flags.exact ? set : set & flags.value) !== flags.value) return false
    }
    for (const { offset, value } of data) {
      this.#work.spend(1 + value.length / BYTES_COMPARED)
      const start = box.start + offset
      if (start + value.length > box.end) return false
      if (!equalBytes(yield* bytesAt(this.#source, start, value.length), value)) return false
    }
    return true
  }

  *#word(position: number): Walk<number> {
    return uint32(yield* bytesAt(this.#source, position, 4), 0)
  }
}

/** Bytes behind the box are none of its. */
function subsetOf({ start, end }: BmffBox, subset: NonNullable<Exclusion['subset']>): ByteRange[] {
  return subset.flatMap(({ offset, length }) => {
    const from = start + offset
    const to = length === 0 ? end : Math.min(end, from + length)
    return from < to ? [{ start: from, length: to - from }] : []
  })
}

/** In order, those that overlap as one. */
function merged(ranges: ByteRange[]): readonly ByteRange[] {
  if (ranges.length < 2) return ranges.length === 0 ? NOTHING : ranges
  const joined: { start: number; length: number }[] = []
  for (const range of ranges.sort((a, b) => a.start - b.start)) {
    const last = joined.at(-1)
    if (last && range.start < last.start + last.length)
      last.length = Math.max(last.length, range.start + range.length - last.start)
    else joined.push({ ...range })
  }
  return joined
}
