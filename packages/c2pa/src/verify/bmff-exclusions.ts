/** What a BMFF hash leaves out. C2PA 2.2 §18.6.2 and §18.6.3, `exclusions-map`. */
import { equalBytes } from '@countersign/codec'
import { type CborValue, cborField, isCborObject } from '../cbor.ts'
import { c2paUuid } from '../formats/bmff-box.ts'

/** Boxes to be left out: all of them, or the ranges of `subset`. */
export type Exclusion = {
  /** Four letters each, and with a number the one of that number among those of its type. */
  readonly path: readonly string[]
  readonly length?: number
  readonly version?: number
  readonly flags?: { readonly value: number; readonly exact: boolean }
  readonly data: readonly { readonly offset: number; readonly value: Uint8Array }[]
  /** Relative to the start of the box, in order; a length of zero is what is left of it. */
  readonly subset?: readonly { readonly offset: number; readonly length: number }[]
}

/** No generator needs more, and each costs time for each box. */
const MOST_EXCLUSIONS = 100
const MOST_CONDITIONS = 16
const MOST_SUBSETS = 1000
const LONGEST_VALUE = 4096

/** What the field says; a text that says what is wrong with it. Null is as absent: c2pa-rs writes it. */
export function exclusionsOf(value: CborValue): readonly Exclusion[] | string {
  if (!Array.isArray(value) || value.length === 0) return 'there are no exclusions'
  if (value.length > MOST_EXCLUSIONS) return `more than ${MOST_EXCLUSIONS} exclusions`
  try {
    return value.map(exclusion)
  } catch (error) {
    if (error instanceof Malformed) return error.message
    throw error
  }
}

class Malformed extends Error {}

const XPATH = /^(?:\/[^/[\]]{4}(?:\[[1-9][0-9]{0,8}\])?){1,16}$/

function exclusion(value: CborValue): Exclusion {
  const xpath = cborField(value, 'xpath')
  if (typeof xpath !== 'string' || !XPATH.test(xpath)) throw new Malformed('an exclusion without the path of a box')
  const length = optional(value, 'length', isNatural)
  const version = optional(value, 'version', isNatural)
  const flags = optional(value, 'flags', isFlags)
  const exact = optional(value, 'exact', (field) => typeof field === 'boolean') ?? true
  const subset = subsetOf(cborField(value, 'subset') ?? undefined)
  return {
    path: xpath.slice(1).split('/'),
    ...(length === undefined ? {} : { length }),
    ...(version === undefined ? {} : { version }),
    ...(flags ? { flags: { value: numberOf(flags), exact } } : {}),
    data: listOf(cborField(value, 'data') ?? undefined, MOST_CONDITIONS).map(dataOf),
    ...(subset ? { subset } : {}),
  }
}

function optional<T extends CborValue>(
  map: CborValue,
  name: string,
  is: (field: CborValue) => field is T,
): T | undefined {
  const field = cborField(map, name) ?? undefined
  if (field === undefined || is(field)) return field
  throw new Malformed(`the ${name} of an exclusion is none`)
}

function isNatural(field: CborValue): field is number {
  return typeof field === 'number' && Number.isSafeInteger(field) && field >= 0
}

function isFlags(field: CborValue): field is Uint8Array {
  return field instanceof Uint8Array && field.length === 3
}

function numberOf(bytes: Uint8Array): number {
  return bytes.reduce((number, byte) => number * 0x100 + byte, 0)
}

function listOf(field: CborValue, most: number): readonly CborValue[] {
  if (field === undefined) return []
  if (!Array.isArray(field) || field.length > most) throw new Malformed(`a list that is none, or of more than ${most}`)
  return field
}

function dataOf(item: CborValue): Exclusion['data'][number] {
  const offset = cborField(item, 'offset')
  const value = cborField(item, 'value')
  if (!isNatural(offset) || !(value instanceof Uint8Array) || value.length > LONGEST_VALUE)
    throw new Malformed('the data of an exclusion are none')
  return { offset, value }
}

/** §15.12.2: in order, without overlap; only the last may have no length. */
function subsetOf(field: CborValue): Exclusion['subset'] {
  if (field === undefined) return undefined
  const ranges = listOf(field, MOST_SUBSETS).map((item) => {
    const offset = cborField(item, 'offset')
    const length = cborField(item, 'length')
    if (!isCborObject(item) || !isNatural(offset) || !isNatural(length)) throw new Malformed('a subset is none')
    return { offset, length }
  })
  for (const [index, { offset, length }] of ranges.entries()) {
    const next = ranges[index + 1]
    if (next && (length === 0 || offset + length > next.offset))
      throw new Malformed('subsets overlap or are out of order')
  }
  return ranges
}

/** Whether it is one of those that every BMFF hash has. C2PA 2.2 A.5.6. */
export function isMandatory({ path, length, version, flags, data, subset }: Exclusion, hasMerkle: boolean): boolean {
  if (path.length !== 1 || length !== undefined || version !== undefined || flags) return false
  const [name] = path
  if (name === 'uuid') return !subset && data.length === 1 && isUuid(data[0])
  if (data.length > 0) return false
  if (name === 'mdat') return hasMerkle && subset?.length === 1 && subset[0]?.offset === 16 && subset[0].length === 0
  return !subset && (name === 'ftyp' || name === 'mfra')
}

function isUuid(condition: Exclusion['data'][number] | undefined): boolean {
  return condition?.offset === 8 && equalBytes(condition.value, c2paUuid())
}
