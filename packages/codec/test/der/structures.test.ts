import { test } from 'node:test'
import fc from 'fast-check'
import { type Der, DerError, decodeHex, der, encodeHex } from '../../src/index.ts'

type Sample = {
  readonly version: number
  readonly name: string
  readonly tags: readonly bigint[]
  readonly nonce?: bigint
  readonly isFinal: boolean
  readonly choice: der.Choice<{ text: string; number: bigint }>
  readonly inner?: der.Captured<{ readonly a: bigint }>
}

/** One of each kind of component. */
const Sample: Der<Sample> = der.sequence<Sample>({
  version: der.withDefault(der.explicit(0, der.smallInteger), 0),
  name: der.utf8String,
  tags: der.setOf(der.integer),
  nonce: der.optional(der.implicit(1, der.integer)),
  isFinal: der.withDefault(der.boolean, false),
  choice: der.choice<{ text: string; number: bigint }>({ text: der.printableString, number: der.integer }),
  inner: der.optional(
    der.explicit(2, der.octetStringOf(der.captured(der.sequence<{ a: bigint }>({ a: der.integer })))),
  ),
})

const full: Sample = {
  version: 2,
  name: 'x',
  tags: [1n, 2n],
  nonce: 5n,
  isFinal: true,
  choice: { type: 'number', value: 7n },
  inner: { value: { a: 9n }, bytes: decodeHex('3003020109') },
}
const FULL = '3022a0030201020c017831060201010201028101050101ff020107a20704053003020109'

test('each kind of component is written as X.690 has it', (t) => {
  t.assert.equal(encodeHex(Sample.encode(full)), FULL)
  t.assert.deepEqual(Sample.decode(decodeHex(FULL)), full)
})

test('defaults and options are left out, and absent from what is read', (t) => {
  const least: Sample = { version: 0, name: '', tags: [], isFinal: false, choice: { type: 'text', value: '' } }
  t.assert.equal(encodeHex(Sample.encode(least)), '30060c0031001300')
  t.assert.deepEqual(Sample.decode(Sample.encode(least)), least)
  t.assert.equal('nonce' in Sample.decode(Sample.encode(least)), false)
})

test('a default that is written out is read, since certificates in use have it', (t) => {
  t.assert.equal(Sample.decode(decodeHex('30090c0031000101001300')).isFinal, false)
})

test('the members of a SET OF are written in order, and read in any', (t) => {
  const type = der.setOf(der.integer)
  t.assert.equal(encodeHex(type.encode([300n, 2n, 1n])), '310a0201010201020202012c')
  t.assert.deepEqual(type.decode(decodeHex('3106020102020101')), [2n, 1n])
})

test('captured bytes are the very ones that were read, and are written as they are', (t) => {
  // The order of this SET OF is not that of DER: what was signed must not change.
  const bytes = decodeHex('3106020102020101')
  const value = der.captured(der.setOf(der.integer)).decode(bytes)
  t.assert.deepEqual(value, { value: [2n, 1n], bytes })
  t.assert.deepEqual(der.captured(der.setOf(der.integer)).encode(value), bytes)
})

test('a type may refer to itself', (t) => {
  type Tree = readonly Tree[]
  const Tree: Der<Tree> = der.lazy(() => der.sequenceOf(Tree))
  t.assert.deepEqual(Tree.decode(Tree.encode([[], [[]]])), [[], [[]]])
})

test('a choice can only be tagged explicitly', (t) => {
  const type = der.choice<{ text: string; number: bigint }>({ text: der.printableString, number: der.integer })
  t.assert.throws(() => der.implicit(0, type), TypeError)
  t.assert.equal(encodeHex(der.explicit(0, type).encode({ type: 'number', value: 1n })), 'a003020101')
})

test('implicit tags keep the constructed bit of what they tag', (t) => {
  t.assert.equal(encodeHex(der.implicit(1, der.integer).encode(5n)), '810105')
  t.assert.equal(encodeHex(der.implicit(1, der.sequenceOf(der.integer)).encode([5n])), 'a103020105')
})

const refused: { readonly [what: string]: readonly [string, string] } = {
  'a component that is missing': ['30020c00', 'truncated'],
  'a component too many': ['30080c00310013000500', 'trailing'],
  'components in another order': ['300631000c001300', 'tag'],
  'none of the choices': ['30060c0031000500', 'tag'],
  'a member of another type': ['30080c00310205001300', 'tag'],
  'an explicit tag around two': ['300ea0060201010201010c0031001300', 'trailing'],
  'an explicit tag around nothing': ['3008a0000c0031001300', 'truncated'],
  'an OCTET STRING that holds something else': ['300c0c0031001300a20404020500', 'tag'],
  'an OCTET STRING with something after': ['30130c0031001300a20b0409300302010905000500', 'trailing'],
  'the primitive form of a SEQUENCE': ['10060c0031001300', 'tag'],
}

for (const [what, [hex, code]] of Object.entries(refused)) {
  test(`refused: ${what}`, (t) => {
    t.assert.throws(() => Sample.decode(decodeHex(hex)), { name: 'DerError', code })
  })
}

test('every truncation, and a byte more, is refused', (t) => {
  const bytes = Sample.encode(full)
  for (let length = 0; length < bytes.length; length++)
    t.assert.throws(() => Sample.decode(bytes.subarray(0, length)), DerError)
  t.assert.throws(() => Sample.decode(Uint8Array.of(...bytes, 0)), { code: 'trailing' })
})

test('whatever is written is read back', (t) => {
  const samples = fc.record(
    {
      version: fc.nat(),
      name: fc.string({ unit: 'grapheme' }),
      tags: fc.constant([]),
      isFinal: fc.boolean(),
      choice: fc.bigInt().map((value) => ({ type: 'number' as const, value })),
      nonce: fc.bigInt(),
    },
    { requiredKeys: ['version', 'name', 'tags', 'isFinal', 'choice'] },
  )
  fc.assert(
    fc.property(samples, (sample) => {
      t.assert.deepEqual(Sample.decode(Sample.encode(sample)), { ...sample })
    }),
    { numRuns: 300 },
  )
})

test('random bytes are read or refused with DerError, nothing else', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      try {
        Sample.decode(Uint8Array.of(0x30, bytes.length, ...bytes))
      } catch (error) {
        t.assert.equal((error as Error).name, 'DerError')
      }
    }),
    { numRuns: 2000 },
  )
})
