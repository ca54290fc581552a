/** ISO base media files with BMFF hashes of any kind, and a second, plain way of computing them. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { concatBytes, decodeHex, equalBytes, utf8Bytes } from '@countersign/codec'
import type { CborValue } from '../../src/cbor.ts'
import { encodeCbor } from '../../src/cbor-encode.ts'
import type { Asset } from '../../src/formats/asset.ts'
import type { Report } from '../../src/report/report.ts'
import { type VerifyOptions, verify } from '../../src/verify/verify.ts'
import { root } from '../credential.ts'
import { CREATED, forge, manifestLabel } from './forge.ts'

const folder = new URL('../../../../test/vectors/media/', import.meta.url)
export const media = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, folder)))

export const UUID: Uint8Array = decodeHex('d8fec3d61b0e483c92975828877ec481')
/** What every BMFF hash leaves out. */
export const MANDATORY: readonly CborValue[] = [
  { xpath: '/uuid', data: [{ offset: 8, value: UUID }] },
  { xpath: '/ftyp' },
  { xpath: '/mfra' },
]
export const MEDIA_DATA: CborValue = { xpath: '/mdat', subset: [{ offset: 16, length: 0 }] }

export type Range = readonly [start: number, end: number]

/** A box of the first level. */
export type Root = { readonly type: string; readonly start: number; readonly end: number; readonly isOurs: boolean }

export function roots(bytes: Uint8Array): Root[] {
  const found: Root[] = []
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let start = 0; start < bytes.length; ) {
    const end = start + view.getUint32(start)
    const type = Buffer.from(bytes).toString('latin1', start + 4, start + 8)
    found.push({ type, start, end, isOurs: equalBytes(bytes.subarray(start + 8, start + 24), UUID) })
    start = end
  }
  return found
}

export function sha256(...pieces: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256')
  for (const piece of pieces) hash.update(piece)
  return new Uint8Array(hash.digest())
}

/** Hash of boxes byte by byte: without those of C2PA, `ftyp`, `mfra` and what `without` names; with the offset of each first. */
export function plainHash(
  bytes: Uint8Array,
  boxes: readonly Root[] = roots(bytes),
  { without = [], offsets = true }: { readonly without?: readonly Range[]; readonly offsets?: boolean } = {},
): Uint8Array {
  const pieces: Uint8Array[] = []
  for (const { type, start, end, isOurs } of boxes) {
    const isWhole = without.some(([from, to]) => from === start && to === end)
    if (isOurs || type === 'ftyp' || type === 'mfra' || isWhole) continue
    if (offsets) pieces.push(new Uint8Array([0, 0, 0, 0, start >>> 24, start >>> 16, start >>> 8, start]))
    const kept = Array.from(bytes.subarray(start, end)).filter(
      (_, index) => !without.some(([from, to]) => start + index >= from && start + index < to),
    )
    pieces.push(Uint8Array.from(kept))
  }
  return sha256(...pieces)
}

/** The sample with a manifest whose hard binding says that; `placed` is the file as it will be. */
export function withHash(
  asset: Uint8Array,
  content: (placed: Uint8Array) => CborValue,
  { label = 'c2pa.hash.bmff.v3', isVersion1 = false }: { readonly label?: string; readonly isVersion1?: boolean } = {},
): Promise<Uint8Array> {
  return forge(
    [
      {
        label: manifestLabel(1),
        ...(isVersion1 ? { isVersion1 } : {}),
        assertions: [
          ['c2pa.actions.v2', () => CREATED],
          [label, ({ placed }) => content(placed)],
        ],
      },
    ],
    undefined,
    asset,
  )
}

export const judge: VerifyOptions = { trust: [root.certificate.bytes], tsaTrust: [], now: new Date() }

export function codes({ findings }: Report, pattern: RegExp = /^assertion\.bmffHash|^claim\.|^algorithm/): string[] {
  return findings.map(({ code }) => code as string).filter((code) => pattern.test(code))
}

/** State and codes about the binding, in a line. */
export async function verdict(asset: Asset, options: Partial<VerifyOptions> = {}): Promise<string> {
  const report = await verify(asset, { ...judge, ...options })
  const found = codes(report).map((code) => code.replace('assertion.bmffHash.', ''))
  return [report.state, ...found].join(' ')
}

/** A box for a Merkle tree, with that much padding. */
export function merkleBox(content: CborValue, padding = 0): Uint8Array {
  const data = concatBytes([
    UUID,
    new Uint8Array(4),
    utf8Bytes('merkle\0'),
    encodeCbor(content),
    new Uint8Array(padding),
  ])
  return box('uuid', data)
}

export function box(type: string, ...content: readonly Uint8Array[]): Uint8Array {
  const size = 8 + content.reduce((total, { length }) => total + length, 0)
  return concatBytes([Uint8Array.of(size >>> 24, size >>> 16, size >>> 8, size), utf8Bytes(type), ...content])
}

/** Rows of a Merkle tree from the leaves up; who has no sibling goes up as it is. */
export function rows(leaves: readonly Uint8Array[]): (readonly Uint8Array[])[] {
  const above = leaves.flatMap((left, index) => {
    const right = leaves[index + 1]
    return index % 2 === 1 ? [] : [right ? sha256(left, right) : left]
  })
  return leaves.length === 1 ? [leaves] : [leaves, ...rows(above)]
}

/** The siblings on the way from a leaf up to that row. */
export function proof(tree: readonly (readonly Uint8Array[])[], location: number, row: number): Uint8Array[] {
  return tree.slice(0, row).flatMap((nodes, level) => nodes[(location >> level) ^ 1] ?? [])
}
