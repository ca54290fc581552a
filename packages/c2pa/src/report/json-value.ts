/** Values from outside as JSON has them. */
import { encodeBase64 } from '@countersign/codec'
import { CborTag } from '../cbor.ts'

/** What JSON can say. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue }

export type JsonObject = { readonly [key: string]: JsonValue }

/** A CBOR or JSON value as JSON: bytes as base64 unless said, numbers that JSON would round as text, tags as what they tag. RFC 8949 §6.1. */
export function jsonValue(value: unknown, bytesText: (bytes: Uint8Array) => string = encodeBase64): JsonValue {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      return Number.isFinite(value) ? value : null
    case 'bigint':
      return value.toString()
    case 'object':
      return value === null ? null : jsonObject(value, bytesText)
    default:
      return null
  }
}

function jsonObject(value: object, bytesText: (bytes: Uint8Array) => string): JsonValue {
  if (value instanceof Uint8Array) return bytesText(value)
  if (value instanceof CborTag) return jsonValue(value.value, bytesText)
  if (Array.isArray(value)) return value.map((member) => jsonValue(member, bytesText))
  const entries: Iterable<[unknown, unknown]> = value instanceof Map ? value : Object.entries(value)
  // No prototype: a key such as __proto__ is a member like any other.
  const object: { [key: string]: JsonValue } = Object.create(null)
  for (const [key, member] of entries) object[keyText(key)] = jsonValue(member, bytesText)
  const { url, hash } = object
  if (typeof url === 'string' && isListOfBytes(hash)) object.hash = bytesText(Uint8Array.from(hash))
  return inOrder(object)
}

/** Early writers put the hash of a hashed URI as a list of numbers. */
function isListOfBytes(value: JsonValue | undefined): value is readonly number[] {
  const isByte = (item: JsonValue) => typeof item === 'number' && (item & 0xff) === item
  return Array.isArray(value) && value.length > 0 && value.length <= 64 && value.every(isByte)
}

function keyText(key: unknown): string {
  const value = jsonValue(key)
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Readers of reports know these members in this order, which is not that of deterministic CBOR. */
const ORDERS: readonly (readonly [marks: readonly string[], order: readonly string[]])[] = [
  [
    ['url', 'hash'],
    ['url', 'alg', 'hash'],
  ],
  [
    ['action'],
    ['action', 'when', 'softwareAgent', 'changed', 'changes', 'instanceId', 'parameters', 'digitalSourceType'],
  ],
  [
    ['code', 'url'],
    ['code', 'url', 'explanation'],
  ],
]

function inOrder(object: JsonObject): JsonObject {
  const order = ORDERS.find(([marks]) => marks.every((mark) => Object.hasOwn(object, mark)))?.[1]
  if (!order) return object
  const ordered: { [key: string]: JsonValue } = Object.create(null)
  for (const key of [...order, ...Object.keys(object)])
    if (Object.hasOwn(object, key)) ordered[key] = object[key] as JsonValue
  return ordered
}

/** Without the members that are undefined. */
export function present(members: { readonly [key: string]: JsonValue | undefined }): JsonObject {
  const object: { [key: string]: JsonValue } = {}
  for (const [key, value] of Object.entries(members)) if (value !== undefined) object[key] = value
  return object
}

/** RFC 3339 with a numeric offset, and milliseconds only where there are any. */
export function timeText(time: Date): string {
  return time.toISOString().replace(/(?:\.000)?Z$/, '+00:00')
}
