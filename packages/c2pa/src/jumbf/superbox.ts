/** JUMBF superbox: a description box, then content boxes or further superboxes. ISO/IEC 19566-5 §4.2. */
import { C2paError } from '../c2pa-error.ts'
import type { ItemBudget } from '../cbor.ts'
import { type Box, decodeBoxes, decodeFirstBox, encodeBox } from './box.ts'
import { type Description, decodeDescription, encodeDescription } from './description.ts'

export type Superbox = Box & {
  readonly type: 'jumb'
  readonly description: Description
  /** The boxes after the description, in order; a superbox among them is read too. */
  readonly boxes: readonly (Box | Superbox)[]
  /** How many items of CBOR and JSON are still read from the outermost superbox that this one is in. */
  readonly items: ItemBudget
}

/** C2PA needs four levels; another use of JUMBF inside an assertion may need a few more. */
const DEEPEST = 12
const MOST_BOXES = 65_536
/** Each takes a hundred times its one byte in memory; what is read twice counts twice. */
const MOST_ITEMS = 500_000

export function isSuperbox(box: Box | Superbox): box is Superbox {
  return 'description' in box
}

/** How many boxes, and items of CBOR and JSON in them, are still read. */
export type SuperboxBudget = { readonly boxes: { left: number }; readonly items: ItemBudget }

/** What one file may have. */
export function superboxBudget(): SuperboxBudget {
  return { boxes: { left: MOST_BOXES }, items: { left: MOST_ITEMS } }
}

/** The superbox that these bytes are, all of them; throws C2paError `malformed_jumbf`. */
export function decodeSuperbox(bytes: Uint8Array, { boxes, items }: SuperboxBudget = superboxBudget()): Superbox {
  const box = decodeFirstBox(bytes)
  if (box.bytes.length !== bytes.length) throw malformed('bytes after the superbox')
  if (box.type !== 'jumb') throw malformed(`a box of type ${JSON.stringify(box.type)} where a superbox is expected`)
  return superbox(box, 0, boxes, items)
}

function superbox(box: Box, depth: number, budget: { left: number }, items: ItemBudget): Superbox {
  if (depth > DEEPEST) throw malformed(`superboxes nested deeper than ${DEEPEST}`)
  const [first, ...rest] = decodeBoxes(box.payload, budget.left)
  budget.left -= rest.length + 1
  if (first?.type !== 'jumd') throw malformed('a superbox that does not begin with its description')
  const description = decodeDescription(first)
  const boxes = rest.map((inner) => (inner.type === 'jumb' ? superbox(inner, depth + 1, budget, items) : inner))
  return { ...box, type: 'jumb', description, boxes, items }
}

/** A superbox around boxes that are encoded already. */
export function encodeSuperbox(description: Description, ...boxes: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return encodeBox('jumb', encodeDescription(description), ...boxes)
}

/** The superboxes directly inside with that content type. */
export function superboxesOfType(parent: Superbox, type: string): Superbox[] {
  return parent.boxes.filter(isSuperbox).filter((box) => box.description.type === type)
}

/** The payload of the first content box of that type, `cbor` or `json` for one. */
export function contentOf(parent: Superbox, type: string): Uint8Array | undefined {
  return parent.boxes.find((box) => box.type === type)?.payload
}

/** What a hashed URI to a superbox hashes: the box without its header. C2PA 2.2 §8.4.2.3. */
export function hashedPart(box: Superbox): Uint8Array {
  return box.payload
}

function malformed(what: string): C2paError {
  return new C2paError('malformed_jumbf', `JUMBF: ${what}`)
}
