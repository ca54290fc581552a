import { test } from 'node:test'
import fc from 'fast-check'
import { canonicalJson } from '../../src/domain/canonical-json.ts'

test('RFC 8785 §3.2.2: the example of the serialization', (t) => {
  const value = {
    // biome-ignore lint/correctness/noPrecisionLoss: the example has it.
    numbers: [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
    string: '\u20ac$\u000F\u000aA\'\u0042\u0022\u005c\\"/',
    literals: [null, true, false],
  }
  t.assert.equal(
    canonicalJson(value),
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  )
})

test('RFC 8785 §3.2.3: the example of the sorting', (t) => {
  const value = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\u{1f600}': 5, '\u0080': 6, '\u00f6': 7 }
  const names = Object.keys(JSON.parse(canonicalJson(value)))
  t.assert.deepEqual(names, ['1', '\r', '\u0080', '\u00f6', '\u20ac', '\u{1f600}', '\ufb33'])
})

test('the text tells the value, whatever the order of its members', (t) => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      const text = canonicalJson(value)
      t.assert.equal(canonicalJson(JSON.parse(text)), text)
      t.assert.equal(canonicalJson(turned(value)), text)
    }),
    { numRuns: 300 },
  )
})

test('what JSON has no text for is refused', (t) => {
  let deep: unknown = null
  for (let n = 0; n < 40; n++) deep = [deep]
  for (const value of [
    undefined,
    1n,
    Number.NaN,
    Infinity,
    () => 1,
    Symbol('x'),
    new Date(),
    new Map(),
    [undefined],
    deep,
  ]) {
    t.assert.throws(() => canonicalJson(value), TypeError)
  }
  t.assert.equal(canonicalJson({ a: undefined, b: 1 }), '{"b":1}')
})

function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([name, member]) => [name, turned(member)]),
  )
}
