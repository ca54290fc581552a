/** Keys from passwords in the way that PKCS#12 brought along. RFC 7292 Appendix B. */
import { concatBytes } from '@countersign/codec'
import { createHash, digest } from '#crypto'
import { hashLength } from '../crypto/algorithm-identifier.ts'
import type { HashAlgorithm } from '../crypto/port.ts'

/** What the bytes are for. Appendix B.3. */
export type KeyPurpose = 'key' | 'initialization vector' | 'mac'

const DIVERSIFIERS: { readonly [P in KeyPurpose]: number } = { key: 1, 'initialization vector': 2, mac: 3 }
/** Hashes between two breaths, some 4 ms: nothing in the thread pool does this, and others have to be served meanwhile. */
const SLICE = 4096

/** Bytes from a password and a salt, as many as are wanted. Appendix B.2. */
export async function deriveKey({
  hash,
  purpose,
  password,
  salt,
  iterations,
  length,
}: {
  readonly hash: HashAlgorithm
  readonly purpose: KeyPurpose
  readonly password: string
  readonly salt: Uint8Array
  readonly iterations: number
  readonly length: number
}): Promise<Uint8Array> {
  const blockLength = hash === 'sha1' || hash === 'sha256' ? 64 : 128
  const diversifier = new Uint8Array(blockLength).fill(DIVERSIFIERS[purpose])
  const input = concatBytes([repeated(salt, blockLength), repeated(bmpPassword(password), blockLength)])
  const output: Uint8Array[] = []
  for (let missing = length; missing > 0; missing -= hashLength(hash)) {
    const block = await hashedOften(hash, createHash(hash).update(diversifier).update(input).digest(), iterations)
    output.push(block)
    addToBlocks(input, repeated(block, blockLength).subarray(0, blockLength))
  }
  return concatBytes(output).subarray(0, length)
}

/** How many iterations that takes in all. */
export function derivationCost({
  hash,
  iterations,
  length,
}: {
  readonly hash: HashAlgorithm
  readonly iterations: number
  readonly length: number
}): number {
  return iterations * Math.ceil(length / hashLength(hash))
}

async function hashedOften(hash: HashAlgorithm, first: Uint8Array, iterations: number): Promise<Uint8Array> {
  let block = first
  for (let iteration = 1; iteration < iterations; iteration++) {
    block = digest(hash, block)
    if (iteration % SLICE === 0) await new Promise((resolve) => setTimeout(resolve, 0))
  }
  return block
}

/** To each block of the input: plus the other, plus one, as big-endian numbers without what runs over. Step 6 C. */
function addToBlocks(input: Uint8Array, addend: Uint8Array): void {
  for (let end = input.length; end > 0; end -= addend.length) {
    let carry = 1
    for (let index = 1; index <= addend.length; index++) {
      carry += (input[end - index] as number) + (addend[addend.length - index] as number)
      input[end - index] = carry & 0xff
      carry >>= 8
    }
  }
}

/** The bytes over and over, up to the next whole number of blocks. */
function repeated(bytes: Uint8Array, blockLength: number): Uint8Array {
  const result = new Uint8Array(Math.ceil(bytes.length / blockLength) * blockLength)
  for (let index = 0; index < result.length; index++) result[index] = bytes[index % bytes.length] as number
  return result
}

/** UTF-16, big-endian, with a zero character at the end. Appendix B.1. */
function bmpPassword(password: string): Uint8Array {
  const bytes = new Uint8Array((password.length + 1) * 2)
  for (let index = 0; index < password.length; index++) {
    const unit = password.charCodeAt(index)
    bytes[index * 2] = unit >> 8
    bytes[index * 2 + 1] = unit & 0xff
  }
  return bytes
}
