/** What every parser is given: bytes that are not quite what they should be. */
import assert from 'node:assert/strict'
import { C2paError } from '../src/c2pa-error.ts'

/** Runs a parser; true when it refused with C2paError, and any other exception fails the test. */
export function refuses(parse: () => unknown, what: string): boolean {
  try {
    parse()
    return false
  } catch (error) {
    assert.ok(error instanceof C2paError, `${what}: ${(error as Error).stack}`)
    return true
  }
}

/** Every truncation is refused; each byte, changed in four ways, is refused or read, and nothing else ever happens. */
export function refusesMalformed(bytes: Uint8Array, parse: (bytes: Uint8Array) => unknown): void {
  parse(bytes)
  for (let length = 0; length < bytes.length; length++)
    assert.ok(
      refuses(() => parse(bytes.subarray(0, length)), `cut to ${length}`),
      `cut to ${length} bytes it was read`,
    )
  survivesFlips(bytes, parse)
}

export function survivesFlips(bytes: Uint8Array, parse: (bytes: Uint8Array) => unknown): void {
  for (let index = 0; index < bytes.length; index++)
    for (const mask of [0x01, 0x40, 0x80, 0xff]) {
      const flipped = bytes.slice()
      flipped[index] = (flipped[index] as number) ^ mask
      refuses(() => parse(flipped), `byte ${index} changed by ${mask}`)
    }
}
