import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { certificateNames } from '../../src/domain/certificate-names.ts'
import {
  alternativeName,
  alternativeText,
  FieldFault,
  matchesPattern,
  subjectAttribute,
} from '../../src/domain/profile-field.ts'

test('a pattern is what a regular expression with the same places says, and never takes long', (t: TestContext) => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', '.', '😀'), maxLength: 12 })
  fc.assert(
    fc.property(letters, letters, (pattern, text) => {
      const expression = Array.from(pattern, (one) => ({ '*': '[^]*', '?': '[^]' })[one] ?? RegExp.escape(one)).join('')
      t.assert.equal(matchesPattern(pattern, text), new RegExp(`^${expression}$`, 'u').test(text), `${pattern} ${text}`)
    }),
    { numRuns: 2_000 },
  )
  t.assert.equal(matchesPattern(`${'a*'.repeat(30)}b`, 'a'.repeat(4_096)), false)
})

test('addresses are whole ones, in one form', (t: TestContext) => {
  const bytes = (text: string) => (alternativeName('san.ip_address', text) as { value: Uint8Array }).value
  t.assert.deepEqual(bytes('192.0.2.1'), Uint8Array.of(192, 0, 2, 1))
  t.assert.equal(bytes('2001:db8::1').length, 16)
  for (const wrong of ['192.0.2', '0x7f.1', '010.0.0.1', '127.1', '::ffff:10.0.0.1', 'fe80::1%eth0', '10.0.0.0/8', ''])
    t.assert.throws(() => bytes(wrong), FieldFault, wrong)
  for (const text of ['192.0.2.1', '2001:db8::1'])
    t.assert.equal(alternativeText(alternativeName('san.ip_address', text)), text)
})

test('hosts, mailboxes and URIs are ASCII, whole, and nothing else in disguise', (t: TestContext) => {
  for (const [id, right, wrong] of [
    [
      'san.dns_name',
      ['a', 'A.example', 'xn--exmple-cua.de', '1a.b2'],
      ['', '*', '*.a', 'a..b', '-a', 'a-', 'a b', '1.2.3.4', 'a.1', 'ä', `${'a'.repeat(64)}.b`, 'a\n'],
    ],
    ['san.email', ["o'x@a.example", 'a.b+c@d'], ['a', '@a', 'a@', 'a@b@c', 'a b@c', 'a@1.2.3.4', '<a@b>', 'ä@b']],
    [
      'san.uri',
      ['urn:uuid:1', 'https://a.example/?b#c'],
      ['a', '/a', 'https://a b', 'a:', 'https://ä', `a:${'b'.repeat(2_048)}`],
    ],
  ] as const) {
    for (const text of right)
      t.assert.equal(alternativeText(alternativeName(id, text)), id === 'san.dns_name' ? text.toLowerCase() : text)
    for (const text of wrong)
      if (text.trim() === text) t.assert.throws(() => alternativeName(id, text), FieldFault, `${id} ${text}`)
  }
})

test('attributes of a subject are of the kind of text that is theirs', (t: TestContext) => {
  t.assert.equal(subjectAttribute('subject.country', 'de').value, 'DE')
  t.assert.equal(subjectAttribute('subject.serial_number', 'A-1').encoding, 'printable')
  t.assert.equal(subjectAttribute('subject.common_name', 'Kamera Ü').encoding, 'utf8')
  for (const [id, text] of [
    ['subject.country', 'DEU'],
    ['subject.country', 'ß'],
    ['subject.serial_number', 'Ü'],
    ['subject.serial_number', 'a@b'],
    ['subject.common_name', ''],
    ['subject.common_name', 'x'.repeat(65)],
    ['subject.common_name', 'a\u0000b'],
    ['subject.common_name', 'a\u2028b'],
    ['subject.common_name', 'a\u202eb'],
    ['subject.common_name', 'a\ud800'],
    ['subject.common_name', '\u3164'],
    ['subject.common_name', 'a\u034fb'],
  ] as const)
    t.assert.throws(() => subjectAttribute(id, text), FieldFault, `${id} ${text}`)
})

test('names that no TLS would take are refused, however many fields they are in', (t: TestContext) => {
  const fields = (['san.email', 'san.uri'] as const).map((id) => ({
    ...{ id, rule: 'optional' as const, values: [], pattern: undefined, most: 100, isFromCsr: false },
  }))
  const namesOf = (uris: number) =>
    certificateNames(
      { fields },
      [
        { id: 'san.email', value: 'a@b.example' },
        { id: 'san.uri', value: Array.from({ length: uris }, () => `urn:${'x'.repeat(2_044)}`) },
      ],
      undefined,
    )
  t.assert.equal(namesOf(15).subjectAlternativeNames.length, 16)
  t.assert.throws(() => namesOf(16), /the names of a certificate have at most 32768 characters in all/)
})
