/** Certification requests as nobody in their right mind writes them, for the tests that want them refused or cut down to size. */
import { der, encodePem } from '@countersign/codec'
import type { Signer } from '@countersign/pki'
import fc from 'fast-check'

/** An attribute of the subject: its type, the tag of its value, and the bytes of that. */
export type RawAttribute = { readonly type: string; readonly tag: number; readonly bytes: Uint8Array }
/** A GeneralName by its tag. */
export type RawName = { readonly tag: number; readonly bytes: Uint8Array }
export type RawExtension = { readonly id: string; readonly critical: boolean; readonly value: Uint8Array }
export type RawRequest = {
  readonly subject: readonly (readonly RawAttribute[])[]
  readonly names: readonly RawName[]
  readonly extensions: readonly RawExtension[]
}

const TYPES = ['2.5.4.3', '2.5.4.5', '2.5.4.6', '2.5.4.8', '2.5.4.10', '2.5.4.11', '2.5.4.12', '1.2.840.113549.1.9.1']
const TAGS = {
  utf8: 0x0c,
  printable: 0x13,
  ia5: 0x16,
  teletex: 0x14,
  bmp: 0x1e,
  universal: 0x1c,
  octets: 4,
  integer: 2,
}

/** Texts of which many are just what a device would say, and the rest are what somebody would try. */
export const text: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 14,
    arbitrary: fc.constantFrom('dev-1', 'dev-22', 'DE', 'Maker', 'dev-1.example', '192.0.2.7', 'a@b.example'),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'dev-1\0.evil.example',
      '*.example.com',
      'dev-*',
      'dev-\u202e1',
      'dev-\ufeff1',
      'dev-1\r\nX: y',
      'x'.repeat(65),
      'dev-ﬀ',
      'dev-\u0130',
      ' dev-1 ',
      'DEV-1.EXAMPLE',
      '10.1',
      '::ffff:10.0.0.1',
      '2001:DB8::1',
      'https://a.example/',
      'urn:dev:1',
      'a..b@c.example',
      '//relative',
      '',
    ),
  },
  fc.string({ unit: 'binary', maxLength: 80 }),
)

function bytesOf(value: string, tag: number): Uint8Array {
  if (tag === TAGS.bmp) return new Uint8Array(Buffer.from(value, 'utf16le').swap16())
  return new Uint8Array(Buffer.from(value, tag === TAGS.utf8 ? 'utf8' : 'latin1'))
}

const attribute: fc.Arbitrary<RawAttribute> = fc
  .tuple(
    fc.constantFrom(...TYPES),
    fc.oneof({ weight: 20, arbitrary: fc.constant(TAGS.utf8) }, fc.constantFrom(...Object.values(TAGS))),
    fc.oneof({ weight: 40, arbitrary: text }, fc.constant(undefined)),
  )
  // Octets that are no UTF-8: an overlong slash, half a character.
  .map(([type, tag, value]) => ({
    type,
    tag,
    bytes: value === undefined ? Uint8Array.of(0x61, 0xc0, 0xaf, 0xed, 0xa0, 0x80) : bytesOf(value, tag),
  }))

const generalName: fc.Arbitrary<RawName> = fc.oneof(
  fc.tuple(fc.constantFrom(0x81, 0x82, 0x86), text).map(([tag, value]) => ({ tag, bytes: bytesOf(value, TAGS.ia5) })),
  fc.constantFrom(0, 4, 5, 16, 17).map((length) => ({ tag: 0x87, bytes: new Uint8Array(length).fill(10) })),
  fc.constantFrom(
    { tag: 0x88, bytes: Uint8Array.of(0x2a, 3) },
    { tag: 0xa4, bytes: Uint8Array.of(0x30, 0) },
    { tag: 0xa0, bytes: der.writeElement(6, [Uint8Array.of(0x2a, 3)]) },
  ),
)

const hex = (value: string): Uint8Array => new Uint8Array(Buffer.from(value, 'hex'))

/** What requests ask for that is not theirs to say. */
const extension: fc.Arbitrary<RawExtension> = fc.constantFrom(
  { id: '2.5.29.19', critical: true, value: hex('30030101ff') },
  { id: '2.5.29.19', critical: true, value: hex('30060101ff020100') },
  { id: '2.5.29.15', critical: true, value: hex('03020106') },
  { id: '2.5.29.37', critical: false, value: hex('300606042a030405') },
  { id: '2.5.29.37', critical: false, value: hex('300a06082b06010505070309') },
  { id: '2.5.29.37', critical: true, value: hex('30060604551d2500') },
  { id: '2.5.29.30', critical: true, value: hex('3000') },
  { id: '2.5.29.14', critical: false, value: hex('0401ff') },
  { id: '2.5.29.31', critical: false, value: hex('3000') },
  { id: '2.5.29.32', critical: false, value: hex('3006300406022a03') },
  { id: '1.2.3.4', critical: true, value: hex('0500') },
)

export const rawRequest: fc.Arbitrary<RawRequest> = fc.record({
  subject: fc.array(fc.array(attribute, { minLength: 1, maxLength: 3, size: 'small' }), { maxLength: 4 }),
  names: fc.array(generalName, { maxLength: 3 }),
  extensions: fc.uniqueArray(extension, { maxLength: 3, selector: ({ id }) => id }),
})

/** The request, signed, in PEM. */
export async function requestText({ subject, names, extensions }: RawRequest, signer: Signer): Promise<string> {
  const rdns = subject.map((rdn) =>
    der.writeElement(
      0x31,
      rdn.map(({ type, tag, bytes }) => der.writeElement(0x30, [der.oid.encode(type), der.writeElement(tag, [bytes])])),
    ),
  )
  const alternatives = names.map(({ tag, bytes }) => der.writeElement(tag, [bytes]))
  const all = [
    ...(names.length > 0 ? [{ id: '2.5.29.17', critical: false, value: der.writeElement(0x30, alternatives) }] : []),
    ...extensions,
  ].map(({ id, critical, value }) =>
    der.writeElement(0x30, [
      der.oid.encode(id),
      ...(critical ? [der.boolean.encode(true)] : []),
      der.octetString.encode(value),
    ]),
  )
  const asked = der.writeElement(0x30, [
    der.oid.encode('1.2.840.113549.1.9.14'),
    der.writeElement(0x31, [der.writeElement(0x30, all)]),
  ])
  const info = der.writeElement(0x30, [
    der.integer.encode(0n),
    der.writeElement(0x30, rdns),
    signer.publicKey,
    der.writeElement(0xa0, all.length > 0 ? [asked] : []),
  ])
  const algorithm = der.writeElement(0x30, [der.oid.encode('1.2.840.10045.4.3.2')])
  const signature = der.bitStringBytes.encode(await signer.sign(info))
  return encodePem('CERTIFICATE REQUEST', der.writeElement(0x30, [info, algorithm, signature]))
}
