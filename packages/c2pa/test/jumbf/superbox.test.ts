import { type TestContext, test } from 'node:test'
import { concatBytes, equalBytes, utf8Bytes } from '@countersign/codec'
import { encodeBox } from '../../src/jumbf/box.ts'
import { ASSERTION_STORE, CBOR_CONTENT, JSON_CONTENT } from '../../src/jumbf/content-type.ts'
import { encodeDescription } from '../../src/jumbf/description.ts'
import { contentOf, decodeSuperbox, encodeSuperbox, superboxesOfType } from '../../src/jumbf/superbox.ts'
import { refuses, refusesMalformed, survivesFlips } from '../malformed.ts'

const inner = encodeSuperbox(
  {
    type: JSON_CONTENT,
    requestable: true,
    label: 'ä.json',
    id: 0x01020304,
    signature: new Uint8Array(32),
    salt: new Uint8Array(16).fill(9),
  },
  encodeBox('json', utf8Bytes('{}')),
)
const box = encodeSuperbox(
  { type: ASSERTION_STORE, requestable: true, label: 'c2pa.assertions' },
  inner,
  encodeBox('free', new Uint8Array(5)),
  encodeSuperbox({ type: CBOR_CONTENT, requestable: false }, encodeBox('cbor', Uint8Array.of(0xa0))),
)

test('a superbox is read as it was written', (t: TestContext) => {
  const read = decodeSuperbox(box)
  t.assert.equal(read.description.label, 'c2pa.assertions')
  t.assert.equal(read.boxes.length, 3)
  const [json] = superboxesOfType(read, JSON_CONTENT)
  t.assert.ok(json && equalBytes(json.bytes, inner))
  t.assert.deepEqual(json.description, {
    type: JSON_CONTENT,
    requestable: true,
    label: 'ä.json',
    id: 0x01020304,
    signature: new Uint8Array(32),
    salt: new Uint8Array(16).fill(9),
  })
  t.assert.deepEqual(contentOf(json, 'json'), utf8Bytes('{}'))
  const [cbor] = superboxesOfType(read, CBOR_CONTENT)
  t.assert.deepEqual(cbor?.description, { type: CBOR_CONTENT, requestable: false })
})

test('a length of 0 reaches to the end, one of 1 stands in eight bytes', (t: TestContext) => {
  const open = box.slice()
  open.fill(0, 0, 4)
  t.assert.equal(decodeSuperbox(open).boxes.length, 3)
  const long = concatBytes([
    Uint8Array.of(0, 0, 0, 1, ...utf8Bytes('jumb'), 0, 0, 0, 0, 0, 0, (box.length + 8) >> 8, (box.length + 8) & 0xff),
    box.subarray(8),
  ])
  const read = decodeSuperbox(long)
  t.assert.equal(read.boxes.length, 3)
  t.assert.ok(equalBytes(read.payload, box.subarray(8)))
})

test('malformed in every way', () => {
  refusesMalformed(box, decodeSuperbox)
})

test('what is no superbox is refused', (t: TestContext) => {
  const refused = (bytes: Uint8Array, what: string) =>
    t.assert.ok(
      refuses(() => decodeSuperbox(bytes), what),
      what,
    )
  refused(encodeBox('free', new Uint8Array(4)), 'another box')
  refused(encodeBox('jumb'), 'no description')
  refused(encodeBox('jumb', encodeBox('json', utf8Bytes('{}'))), 'content first')
  refused(concatBytes([box, new Uint8Array(1)]), 'a byte more')
  const description = encodeDescription({ type: CBOR_CONTENT, requestable: true, label: 'x' })
  const unterminated = description.slice(0, -1)
  unterminated[3] = unterminated.length
  refused(encodeBox('jumb', unterminated), 'a label without an end')
  const latin = description.slice()
  latin[25] = 0xff
  refused(encodeBox('jumb', latin), 'a label that is not UTF-8')
  refused(
    encodeBox('jumb', description, Uint8Array.of(0, 0, 0, 7, 0x66, 0x72, 0x65, 0x65)),
    'a box shorter than its header',
  )
  refused(
    encodeBox(
      'jumb',
      description,
      Uint8Array.of(0, 0, 0, 1, 0x66, 0x72, 0x65, 0x65, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
    ),
    'a length past 2^53',
  )
})

test('depth and number of boxes are bounded', (t: TestContext) => {
  let nested: Uint8Array = encodeBox('cbor', Uint8Array.of(0))
  for (let depth = 0; depth < 200; depth++) nested = encodeSuperbox({ type: CBOR_CONTENT, requestable: true }, nested)
  t.assert.ok(refuses(() => decodeSuperbox(nested), 'depth'))
  const one = encodeBox('free')
  const many = encodeSuperbox({ type: CBOR_CONTENT, requestable: true }, concatBytes(new Array(100_000).fill(one)))
  t.assert.ok(refuses(() => decodeSuperbox(many), 'number'))
  survivesFlips(nested.subarray(0, 200), decodeSuperbox)
})
