import { test } from 'node:test'
import { decodeHex, der, utf8Bytes } from '@countersign/codec'
import fc from 'fast-check'
import { commonName, equalNames, Name, name, nameText, oids, organization, PkiError } from '../../src/index.ts'
import { isWithin } from '../../src/x509/name.ts'
import { refusesMalformed } from '../malformed.ts'

test('names are built in the order given and read as text from the last level', (t) => {
  const value = name({ C: 'DE', O: 'Example', OU: ['One', 'Two'], CN: 'Someone' })
  t.assert.equal(nameText(value), 'CN=Someone,OU=Two,OU=One,O=Example,C=DE')
  t.assert.equal(commonName(value), 'Someone')
  t.assert.equal(organization(value), 'Example')
  t.assert.equal(commonName(name({ O: 'Example' })), undefined)
})

// RFC 4514 §4, and its rules of §2.4 one by one.
const texts: readonly (readonly [Parameters<typeof name>[0], string])[] = [
  [{ CN: 'James "Jim" Smith, III' }, 'CN=James \\"Jim\\" Smith\\, III'],
  [{ CN: 'Before\rAfter' }, 'CN=Before\\0dAfter'],
  [{ CN: ' space and ' }, 'CN=\\ space and\\ '],
  [{ CN: '#hash' }, 'CN=\\#hash'],
  [{ CN: 'a+b;c<d>e\\f' }, 'CN=a\\+b\\;c\\<d\\>e\\\\f'],
  [{ SN: 'Lučić' }, 'SN=Lučić'],
  [{}, ''],
]

for (const [attributes, text] of texts) {
  test(`the text of ${JSON.stringify(attributes)}`, (t) => {
    t.assert.equal(nameText(name(attributes)), text)
  })
}

test('an attribute type without a short name, and several attributes side by side', (t) => {
  const value = Name.decode(decodeHex('301b31193009060355040313027878300c06042a030401130474657374'))
  t.assert.equal(nameText(value), 'CN=xx+1.2.3.4.1=#130474657374')
})

test('attributes have the encoding that their type demands', (t) => {
  const encodings = name({ C: 'DE', DC: 'example', emailAddress: 'a@b.c', serialNumber: '1', CN: 'x' })
  t.assert.deepEqual(
    encodings.flat().map(({ encoding }) => encoding),
    ['printable', 'ia5', 'ia5', 'printable', 'utf8'],
  )
  t.assert.throws(() => name({ C: 'Ö' }), { name: 'PkiError', code: 'invalid_argument' })
  t.assert.throws(() => name({ emailAddress: 'ä@b.c' }), PkiError)
  t.assert.throws(() => name({ XX: 'x' } as never), PkiError)
})

function written(type: string, tag: number, text: string): Name {
  const attribute = der.writeElement(0x30, [der.oid.encode(type), der.writeElement(tag, [utf8Bytes(text)])])
  return Name.decode(der.writeElement(0x30, [der.writeElement(0x31, [attribute])]))
}

test('names are equal whatever their letter case, spaces and encoding', (t) => {
  const value = name({ CN: 'Example  Authority' })
  t.assert.equal(equalNames(value, written(oids.commonName, 0x13, ' example authority ')), true)
  t.assert.equal(equalNames(value, written(oids.commonName, 0x16, 'EXAMPLE AUTHORITY')), true)
  t.assert.equal(equalNames(value, written(oids.commonName, 0x13, 'exampleauthority')), false)
  t.assert.equal(equalNames(value, written(oids.organizationName, 0x13, 'Example Authority')), false)
  t.assert.equal(equalNames(value, name({ O: 'x', CN: 'Example Authority' })), false)
  t.assert.equal(equalNames([], []), true)
  t.assert.equal(equalNames(name({ CN: 'a', O: 'b' }), name({ O: 'b', CN: 'a' })), false)
})

test('what is no text is compared byte by byte', (t) => {
  const octets = written(oids.commonName, 0x04, 'a')
  t.assert.equal(octets.flat()[0]?.value, '#040161')
  t.assert.equal(equalNames(octets, written(oids.commonName, 0x04, 'A')), false)
  t.assert.equal(equalNames(octets, name({ CN: '#040161' })), false)
})

test('a name is within another when it goes on from it', (t) => {
  const base = name({ C: 'DE', O: 'Example' })
  t.assert.equal(isWithin(name({ C: 'DE', O: 'EXAMPLE', CN: 'x' }), base), true)
  t.assert.equal(isWithin(base, base), true)
  t.assert.equal(isWithin(name({ C: 'DE' }), base), false)
  t.assert.equal(isWithin(name({ O: 'Example', C: 'DE' }), base), false)
  t.assert.equal(isWithin(base, []), true)
})

test('names that are read are written back as they were', (t) => {
  // A PrintableString with an @, which it can't hold, as some certificates have.
  const odd = written(oids.commonName, 0x13, 'someone@example.com')
  t.assert.equal(commonName(odd), 'someone@example.com')
  t.assert.deepEqual(Name.decode(Name.encode(odd)), odd)
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 64 }), (text) => {
      const value = name({ O: 'Example', CN: text.replace(/\p{Cs}/gu, '') })
      t.assert.deepEqual(Name.decode(Name.encode(value)), value)
    }),
    { numRuns: 200 },
  )
})

test('malformed names are refused', (t) => {
  refusesMalformed(t, Name.encode(name({ C: 'DE', O: 'Example', CN: 'Someone' })), Name.decode)
  t.assert.throws(() => Name.decode(decodeHex('30023100')), PkiError)
  const many = der.writeElement(
    0x30,
    Array.from({ length: 101 }, () => Name.encode(name({ CN: 'x' })).subarray(2)),
  )
  t.assert.throws(() => Name.decode(many), PkiError)
})
