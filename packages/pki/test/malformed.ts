/** What every parser is given: bytes that are not quite what they should be. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { DerError } from '@countersign/codec'
import { PkiError } from '../src/index.ts'

/** Every truncation, bytes after the end, and a flip of each byte: refused with the package's own error, or read, never anything else. */
export function refusesMalformed(t: TestContext, bytes: Uint8Array, parse: (bytes: Uint8Array) => unknown): void {
  parse(bytes)
  for (let length = 0; length < bytes.length; length++)
    t.assert.throws(() => parse(bytes.subarray(0, length)), isOwnError, `cut to ${length} bytes`)
  t.assert.throws(() => parse(Uint8Array.of(...bytes, 0)), isOwnError, 'one byte more')
  for (let index = 0; index < bytes.length; index++)
    for (const mask of [0x01, 0x20, 0x80, 0xff]) {
      const flipped = bytes.slice()
      flipped[index] = (flipped[index] as number) ^ mask
      try {
        parse(flipped)
      } catch (error) {
        assert.ok(isOwnError(error), `byte ${index} flipped by ${mask}: ${(error as Error).stack}`)
      }
    }
  // A SEQUENCE in a SEQUENCE a thousand times over, and one that says it is 4 GB long.
  t.assert.throws(() => parse(nested(1000)), isOwnError, 'too deep')
  t.assert.throws(() => parse(Uint8Array.of(0x30, 0x84, 0xff, 0xff, 0xff, 0xff)), isOwnError, 'a lying length')
  t.assert.throws(() => parse(Uint8Array.of(0x30, 0x80, 0, 0)), isOwnError, 'an indefinite length')
}

function isOwnError(error: unknown): boolean {
  return error instanceof PkiError || error instanceof DerError
}

function nested(depth: number): Uint8Array {
  let bytes = new Uint8Array(0)
  for (let level = 0; level < depth; level++) {
    const length = bytes.length
    const head = length < 0x80 ? [0x30, length] : [0x30, 0x82, length >> 8, length & 0xff]
    if (length >= 0x80 && length < 0x100) head.splice(1, 3, 0x81, length)
    const outer = new Uint8Array(head.length + length)
    outer.set(head)
    outer.set(bytes, head.length)
    bytes = outer
  }
  return bytes
}
