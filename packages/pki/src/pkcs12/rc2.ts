/** RC2 in CBC, only to read files that old programs wrote: it protects nothing. RFC 2268. */
import { decodeHex } from '@countersign/codec'
import { PkiError } from '../error.ts'

const BLOCK = 8

/** The digits of pi, which permute all bytes. §2. */
const PITABLE = decodeHex(
  'd978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2' +
    '179a59f587b34f1361456d8d09817d32bd8f40eb86b77b0bf09521225c6b4e82' +
    '54d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb626' +
    '6fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed7' +
    '08e8eade8052eef784aa72ac354d6a2a961ad2715a1549744b9fd05e0418a4ec' +
    'c2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731' +
    '2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a9' +
    '0d38341bab33ffb0bb480c5fb9b1cd2ec5f3db47e5a59c770aa62068fe7fc1ad',
)

/** What was encrypted under a key that counts whole; throws PkiError where the padding is none, as after a wrong key. §4 and §6. */
export async function decryptRc2Cbc(
  key: Uint8Array,
  initializationVector: Uint8Array,
  data: Uint8Array,
): Promise<Uint8Array> {
  if (data.length === 0 || data.length % BLOCK !== 0) throw doesNotDecrypt()
  const words = expandedKey(key)
  const plain = new Uint8Array(data.length)
  for (let start = 0; start < data.length; start += BLOCK) {
    const block = decryptedBlock(words, data.subarray(start, start + BLOCK))
    const before = start === 0 ? initializationVector : data.subarray(start - BLOCK, start)
    for (let index = 0; index < BLOCK; index++)
      plain[start + index] = (block[index] as number) ^ (before[index] as number)
  }
  return withoutPadding(plain)
}

/** §2, for as many effective bits as the key has. */
function expandedKey(key: Uint8Array): Uint16Array {
  const bytes = new Uint8Array(128)
  bytes.set(key)
  const at = (index: number): number => bytes[index] as number
  for (let index = key.length; index < 128; index++)
    bytes[index] = PITABLE[(at(index - 1) + at(index - key.length)) & 0xff] as number
  const last = 128 - key.length
  bytes[last] = PITABLE[at(last)] as number
  for (let index = last - 1; index >= 0; index--)
    bytes[index] = PITABLE[at(index + 1) ^ at(index + key.length)] as number
  return Uint16Array.from({ length: 64 }, (_, index) => at(2 * index) | (at(2 * index + 1) << 8))
}

const ROTATIONS = [1, 2, 3, 5] as const

/** §4: five rounds of mixing, one of mashing, six of mixing, one of mashing, five of mixing, backwards. */
function decryptedBlock(words: Uint16Array, block: Uint8Array): Uint8Array {
  const state = Uint16Array.from({ length: 4 }, (_, index) => {
    return (block[2 * index] as number) | ((block[2 * index + 1] as number) << 8)
  })
  const at = (index: number): number => state[index & 3] as number
  let position = 63
  const unmix = (rounds: number): void => {
    for (let round = 0; round < rounds; round++)
      for (let index = 3; index >= 0; index--) {
        const rotation = ROTATIONS[index] as number
        const turned = (at(index) >> rotation) | (at(index) << (16 - rotation))
        const [one, two, three] = [at(index + 3), at(index + 2), at(index + 1)]
        state[index] = turned - (words[position--] as number) - (one & two) - (~one & three)
      }
  }
  const unmash = (): void => {
    for (let index = 3; index >= 0; index--) state[index] = at(index) - (words[at(index + 3) & 63] as number)
  }
  unmix(5)
  unmash()
  unmix(6)
  unmash()
  unmix(5)
  return Uint8Array.from({ length: BLOCK }, (_, index) => at(index >> 1) >> (8 * (index & 1)))
}

function withoutPadding(plain: Uint8Array): Uint8Array {
  const length = plain[plain.length - 1] as number
  const isPadding = length >= 1 && length <= BLOCK && plain.subarray(-length).every((byte) => byte === length)
  if (!isPadding) throw doesNotDecrypt()
  return plain.subarray(0, plain.length - length)
}

function doesNotDecrypt(): PkiError {
  return new PkiError('malformed', 'what was encrypted does not decrypt')
}
