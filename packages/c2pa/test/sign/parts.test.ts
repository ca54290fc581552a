/** The pieces of a signed asset are the caller's: a server hands them to other threads, and gives their memory back. */
import { type TestContext, test } from 'node:test'
import { concatBytes, utf8Bytes } from '@countersign/codec'
import { encodeBox } from '../../src/jumbf/box.ts'
import { signInParts } from '../../src/sign/sign.ts'
import { verify } from '../../src/verify/verify.ts'
import { credential } from '../credential.ts'
import { samples } from '../formats/samples.ts'
import { inspect } from '../inspect.ts'

const options = {
  ...(await credential('EdDSA')),
  claimGenerator: { name: 'Example' },
  verifyParent: () => verify(new Uint8Array(), { trust: [], tsaTrust: [], now: new Date() }),
}

/** Older than `ftyp`: it gets one. */
const quickTime = concatBytes([
  encodeBox('wide', new Uint8Array()),
  encodeBox('mdat', utf8Bytes('sixteen bytes of')),
  encodeBox('moov', new Uint8Array()),
])

test('what was given away of one signed file is missed in no other', async (t: TestContext) => {
  const all = [...(await samples()), { name: 'QuickTime without ftyp', mediaType: 'video/quicktime', bytes: quickTime }]
  const lengthsOf = async (bytes: Uint8Array): Promise<number[]> => {
    const { parts } = await signInParts(bytes, options)
    const lengths = parts.map(({ length }) => length)
    for (const part of parts)
      if (part instanceof Uint8Array && part.buffer instanceof ArrayBuffer) part.buffer.transfer(0)
    return lengths
  }
  for (const { name, bytes, mediaType } of all) {
    const first = await lengthsOf(bytes)
    t.assert.deepEqual(await lengthsOf(bytes), first, name)
    t.assert.equal(inspect(bytes)?.mediaType, mediaType, name)
  }
  for (const { name, bytes, mediaType } of all) t.assert.equal(inspect(bytes)?.mediaType, mediaType, name)
})
