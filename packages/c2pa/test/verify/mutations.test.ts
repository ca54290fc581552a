import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { concatBytes, decodePem, encodeHex } from '@countersign/codec'
import { digest } from '@countersign/pki'
import { cborField, decodeCbor } from '../../src/cbor.ts'
import { decodeCoseSign1 } from '../../src/cose/sign1.ts'
import { hashedPart } from '../../src/jumbf/superbox.ts'
import { activeManifest, decodeManifestStore } from '../../src/manifest/store.ts'
import { sign } from '../../src/sign/sign.ts'
import { verify } from '../../src/verify/verify.ts'
import { credential, root } from '../credential.ts'
import { inspect } from '../inspect.ts'

const folder = new URL('../../../../test/vectors/c2pa/', import.meta.url)
const read = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, folder)))
const anchors = ['trust/vectors-root.pem', 'trust/vectors-tsa-root.pem']
  .flatMap((name) => decodePem(readFileSync(new URL(name, folder), 'utf8')))
  .map(({ bytes }) => bytes)
const options = {
  trust: [...anchors, root.certificate.bytes],
  tsaTrust: anchors,
  now: new Date('2026-11-23T00:00:00Z'),
}

/** The same numbers on each run. */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

type Mutation = (asset: Uint8Array, next: (below: number) => number, from: number, to: number) => Uint8Array

const MUTATIONS: { readonly [name: string]: Mutation } = {
  'a bit flipped': (asset, next, from, to) => {
    const mutated = asset.slice()
    const position = from + next(to - from)
    mutated[position] = (mutated[position] as number) ^ (1 << next(8))
    return mutated
  },
  'four bytes that lie': (asset, next, from, to) => {
    const mutated = asset.slice()
    const lies = [0, 1, 7, 8, 0x7fffffff, 0xffffffff, next(0x10000), next(0xffffffff)]
    new DataView(mutated.buffer).setUint32(from + next(to - from - 4), lies[next(lies.length)] as number)
    return mutated
  },
  'cut off': (asset, next, from, to) => asset.subarray(0, from + next(to - from)),
  'a piece taken out': (asset, next, from, to) => {
    const start = from + next(to - from)
    return concatBytes([asset.subarray(0, start), asset.subarray(Math.min(asset.length, start + 1 + next(64)))])
  },
  'a piece twice': (asset, next, from, to) => {
    const start = from + next(to - from)
    const end = Math.min(asset.length, start + 1 + next(512))
    return concatBytes([asset.subarray(0, end), asset.subarray(start)])
  },
}

/** All that is signed, as one hash: content, claim, assertions, and what the signature is made of. */
function signedParts(asset: Uint8Array): string {
  const layout = inspect(asset)?.manifestStore
  if (!layout) return 'no manifest store'
  const { start, length } = layout.container
  const manifest = activeManifest(decodeManifestStore(layout.bytes))
  const claim = manifest?.claims[0]
  const signature = manifest?.signatures[0]
  if (!manifest || !claim || !signature) return 'no claim'
  const { protectedBytes, signature: value } = decodeCoseSign1(signature.bytes)
  const fields = decodeCbor(claim.bytes)
  const urls = ['created_assertions', 'gathered_assertions', 'assertions'].flatMap((name) => {
    const references = cborField(fields, name)
    return Array.isArray(references) ? references.map((reference) => String(cborField(reference, 'url'))) : []
  })
  const assertions = urls.map((url) => {
    const label = url.slice(url.lastIndexOf('/') + 1)
    const box = manifest.assertions.find(({ description }) => description.label === label)
    return box ? hashedPart(box) : new Uint8Array()
  })
  const parts = [
    asset.subarray(0, start),
    asset.subarray(start + length),
    claim.bytes,
    protectedBytes,
    value,
    ...assertions,
  ]
  return parts.map((part) => encodeHex(digest('sha256', part))).join(' ')
}

const original = read('ok-png.png')
const signed = await sign(original, {
  ...(await credential()),
  claimGenerator: { name: 'Example', version: '1' },
  verifyParent: (asset) => verify(asset, options),
})

const SUBJECTS: readonly (readonly [name: string, asset: Uint8Array])[] = [
  ...['ok-es256.jpg', 'tst2-ok-png.png', 'ok-v1.jpg', 'ok-thumbnail.jpg', 'jpg-many-segments.jpg'].map(
    (name) => [name, read(name)] as const,
  ),
  ['an ingredient inside', signed.asset],
]
const ROUNDS = 40

for (const [index, [name, asset]] of SUBJECTS.entries())
  for (const [kind, mutate] of Object.entries(MUTATIONS))
    test(`${name}, ${kind}: always a report, and Trusted only with what was signed`, async (t: TestContext) => {
      const next = numbers(index * 1000 + kind.length)
      const parts = signedParts(asset)
      const container = inspect(asset)?.manifestStore?.container
      t.assert.equal((await verify(asset, options)).state, 'Trusted')
      for (let round = 0; round < ROUNDS; round++) {
        // Most mutations where parsers work: in the manifest store.
        const [from, to] =
          container && round % 4 > 0 ? [container.start, container.start + container.length] : [0, asset.length]
        const mutated = mutate(asset, next, from as number, to as number)
        const { state, findings } = await verify(mutated, options)
        t.assert.ok(findings.length > 0)
        if (state !== 'Invalid' && signedParts(mutated) !== parts)
          t.assert.fail(`round ${round}: ${state} though what is signed has changed`)
      }
    })

test('every truncation of a signed file is Invalid', async (t: TestContext) => {
  const asset = read('ok-png.png')
  for (let length = 0; length < asset.length; length += 7)
    t.assert.equal((await verify(asset.subarray(0, length), options)).state, 'Invalid')
})
