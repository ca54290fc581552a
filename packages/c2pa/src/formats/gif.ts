/** GIF 89a; the manifest store stands in an application extension before the first image. C2PA 2.2 A.3.7. */
import { equalBytes, utf8Bytes } from '@countersign/codec'
import { C2paError } from '../c2pa-error.ts'
import type { Source, Walk } from './asset.ts'
import {
  type AssetFormat,
  type AssetLayout,
  checkStoreLength,
  type Embedding,
  embeddingAt,
  type HashBox,
  type Visit,
} from './asset-format.ts'

const SIGNATURES = [utf8Bytes('GIF87a'), utf8Bytes('GIF89a')]
/** Signature and logical screen descriptor. */
const HEADER = 13
const SIGNATURE = 6

const EXTENSION = 0x21
const IMAGE = 0x2c
const TRAILER = 0x3b
const APPLICATION = 0xff
const COMMENT = 0xfe

/** Introducer, label, length, `C2PA_GIF`, and the version 1.0 in the place of the authentication code. */
const STORE_EXTENSION = Uint8Array.of(EXTENSION, APPLICATION, 11, ...utf8Bytes('C2PA_GIF'), 1, 0, 0)
const XMP_EXTENSION = Uint8Array.of(EXTENSION, APPLICATION, 11, ...utf8Bytes('XMP DataXMP'))
const MOST_IN_SUB_BLOCK = 255
/** More than any film has, and few enough to be looked at in a second. */
const MOST_BLOCKS = 250_000

export const gif: AssetFormat = {
  name: 'GIF',
  recognizes: (head) =>
    SIGNATURES.some((signature) => equalBytes(head.subarray(0, SIGNATURE), signature)) ? 'image/gif' : undefined,
  inspect,
  metadata,
  boxes,
}

/** An extension, an image or the trailer. */
type Block = {
  readonly introducer: number
  /** Of an extension. */
  readonly label: number
  readonly start: number
  /** Where the sub-blocks begin; of an image, those of its data. */
  readonly subBlocks: number
  readonly end: number
  /** Bytes in the sub-blocks, without their lengths. */
  readonly dataLength: number
}

type Found = {
  /** Where the blocks begin. */
  blocks: number
  manifestStore?: NonNullable<AssetLayout['manifestStore']>
}

function* inspect(source: Source): Walk<AssetLayout> {
  const blocks = yield* endOfHeader(source)
  const found: Found = { blocks }
  const damage = yield* fromBlockToBlock(source, found)
  const { manifestStore } = found
  if (damage && (!manifestStore || damage.code !== 'malformed_asset')) throw damage
  return {
    mediaType: 'image/gif',
    ...(manifestStore ? { manifestStore } : {}),
    ...(damage ? { damage } : {}),
    embedding: as89a(
      embeddingAt(blocks, source.length, manifestStore?.container, {
        containerLength: (storeLength) =>
          STORE_EXTENSION.length + storeLength + Math.ceil(storeLength / MOST_IN_SUB_BLOCK) + 1,
        writeContainer,
      }),
    ),
  }
}

/** Version 87a has no extensions: with one in it, the file is of version 89a. */
function as89a({ keepsContent: _, ...embedding }: Embedding): Embedding {
  return {
    ...embedding,
    surroundings(containerLength) {
      const { before, after } = embedding.surroundings(containerLength)
      const [first, ...others] = before
      if (!first || first instanceof Uint8Array || first.length <= 5) return { before, after }
      const behind = { start: first.start + 5, length: first.length - 5 }
      return { before: [{ start: 0, length: 4 }, utf8Bytes('9'), behind, ...others], after }
    },
  }
}

/** Up to the trailer; what is wrong on the way ends the walk and is given back. */
function* fromBlockToBlock(source: Source, found: Found): Walk<C2paError | undefined> {
  try {
    let hasImage = false
    let position = found.blocks
    for (let count = 0; ; count++) {
      if (count === MOST_BLOCKS) throw malformed(`it has more than ${MOST_BLOCKS} blocks`)
      const block = yield* blockAt(source, position)
      if (block.introducer === TRAILER) break
      if (block.introducer === IMAGE) hasImage = true
      if (!hasImage && (yield* begins(source, block, STORE_EXTENSION))) yield* takeStore(source, block, found)
      position = block.end
    }
    if (!hasImage) throw malformed('it has no image')
    return undefined
  } catch (error) {
    if (error instanceof C2paError) return error
    throw error
  }
}

function* takeStore(source: Source, { start, end, dataLength }: Block, found: Found): Walk<void> {
  if (found.manifestStore) throw new C2paError('multiple_manifest_stores', 'The GIF has two C2PA manifest stores.')
  const length = dataLength - (STORE_EXTENSION.length - 3)
  checkStoreLength(length)
  const container = { start, length: end - start }
  const block = source.peek(start, container.length) ?? (yield container)
  const bytes = new Uint8Array(length)
  let filled = 0
  for (let at = STORE_EXTENSION.length; filled < length; at += 1 + (block[at] as number)) {
    const data = block.subarray(at + 1, at + 1 + (block[at] as number))
    bytes.set(data, filled)
    filled += data.length
  }
  found.manifestStore = { bytes, container }
}

/** Behind signature, screen descriptor and the colours that it announces. */
function* endOfHeader(source: Source): Walk<number> {
  if (source.length < HEADER) throw malformed('it ends inside its header')
  const header = source.peek(0, HEADER) ?? (yield { start: 0, length: HEADER })
  const end = HEADER + colourTableLength(header[10] as number)
  if (end > source.length) throw malformed('it ends inside its colours')
  return end
}

/** §18 to §21: the highest bit says that there is one, the lowest three how long it is. */
function colourTableLength(packed: number): number {
  return packed & 0x80 ? 3 * 2 ** ((packed & 7) + 1) : 0
}

function* blockAt(source: Source, start: number): Walk<Block> {
  if (start >= source.length) throw malformed('it ends before its trailer')
  const introducer = (source.peek(start, 1) ?? (yield { start, length: 1 }))[0] as number
  if (introducer === TRAILER)
    return { introducer, label: 0, start, subBlocks: start + 1, end: start + 1, dataLength: 0 }
  if (introducer !== EXTENSION && introducer !== IMAGE) throw malformed(`there is no block at offset ${start}`)
  // The descriptor of an image has 10 bytes; then come its colours, and the size of its first codes.
  const head = introducer === IMAGE ? 10 : 2
  if (start + head > source.length) throw malformed(`it ends inside a block at offset ${start}`)
  const bytes = source.peek(start, head) ?? (yield { start, length: head })
  const label = introducer === IMAGE ? 0 : (bytes[1] as number)
  const subBlocks = start + head + (introducer === IMAGE ? colourTableLength(bytes[9] as number) + 1 : 0)
  return { introducer, label, start, subBlocks, ...(yield* endOfSubBlocks(source, subBlocks)) }
}

/** §15: a length and as many bytes, up to the length of zero. */
function* endOfSubBlocks(source: Source, start: number): Walk<{ end: number; dataLength: number }> {
  let dataLength = 0
  for (let position = start; position < source.length; ) {
    const bytes = source.peek(position, 1) ?? (yield { start: position, length: 1 })
    let at = 0
    while (at < bytes.length) {
      const length = bytes[at] as number
      if (length === 0) return { end: position + at + 1, dataLength }
      dataLength += length
      at += 1 + length
    }
    position += at
  }
  throw malformed(`it ends inside the block whose data begin at offset ${start}`)
}

function* begins(source: Source, { start, end }: Block, bytes: Uint8Array): Walk<boolean> {
  const { length } = bytes
  if (end - start <= length) return false
  const head = source.peek(start, length) ?? (yield { start, length })
  return equalBytes(head.subarray(0, length), bytes)
}

function writeContainer(target: Uint8Array, position: number, store: Uint8Array): void {
  target.set(STORE_EXTENSION, position)
  let at = position + STORE_EXTENSION.length
  for (let from = 0; from < store.length; from += MOST_IN_SUB_BLOCK) {
    const data = store.subarray(from, from + MOST_IN_SUB_BLOCK)
    target[at] = data.length
    target.set(data, at + 1)
    at += 1 + data.length
  }
  target[at] = 0
}

/** The data of comments and of XMP, sub-block by sub-block: the lengths between them say where the block ends. */
function* metadata(source: Source, visit: Visit): Walk<void> {
  try {
    for (let position = yield* endOfHeader(source); ; ) {
      const block = yield* blockAt(source, position)
      if (block.introducer === TRAILER) break
      const isComment = block.introducer === EXTENSION && block.label === COMMENT
      const isXmp = yield* begins(source, block, XMP_EXTENSION)
      const from = isXmp ? block.start + XMP_EXTENSION.length : block.subBlocks
      if ((isComment || isXmp) && !(yield* eachSubBlock(source, from, block.end, visit))) break
      position = block.end
    }
  } catch (error) {
    if (!(error instanceof C2paError)) throw error
  }
}

function* eachSubBlock(source: Source, from: number, end: number, visit: Visit): Walk<boolean> {
  for (let at = from; at < end - 1; ) {
    const length = (source.peek(at, 1) ?? (yield { start: at, length: 1 }))[0] as number
    if (!visit({ start: at + 1, length })) return false
    at += 1 + length
  }
  return true
}

/** Labels in hexadecimal; colours belong to what announces them. C2PA 2.2 §18.7.3.4. */
function* boxes(source: Source): Walk<readonly HashBox[]> {
  const { manifestStore } = yield* inspect(source)
  const start = yield* endOfHeader(source)
  const found: HashBox[] = [
    { name: 'GIF89a', start: 0, length: SIGNATURE },
    { name: 'LSD', start: SIGNATURE, length: start - SIGNATURE },
  ]
  for (let position = start; ; ) {
    const block = yield* blockAt(source, position)
    const { introducer, label, end } = block
    const length = end - position
    if (introducer === IMAGE) {
      // The size of the first codes is of the data, §22.
      const data = block.subBlocks - 1
      found.push({ name: hex(IMAGE), start: position, length: data - position })
      found.push({ name: 'TBID', start: data, length: end - data })
    } else {
      const isStore = position === manifestStore?.container.start
      const name = introducer === TRAILER ? hex(TRAILER) : hex(EXTENSION) + hex(label)
      found.push({ name: isStore ? 'C2PA' : name, start: position, length })
    }
    if (introducer === TRAILER) return found
    position = end
  }
}

function hex(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0')
}

function malformed(what: string): C2paError {
  return new C2paError('malformed_asset', `The GIF is damaged: ${what}.`)
}
