import { type TestContext, test } from 'node:test'
import { CborTag } from '../../src/cbor.ts'
import { jsonValue } from '../../src/report/json-value.ts'

test('what JSON has not: bytes, large numbers, tags, maps with other keys', (t: TestContext) => {
  const cases: readonly (readonly [unknown, string])[] = [
    [Uint8Array.of(1, 2, 3), '"AQID"'],
    [2n ** 60n, '"1152921504606846976"'],
    [new CborTag(0, '2026-01-01T00:00:00Z'), '"2026-01-01T00:00:00Z"'],
    [
      new Map<unknown, unknown>([
        [1, 'one'],
        ['two', [undefined, Number.NaN]],
      ]),
      '{"1":"one","two":[null,null]}',
    ],
    // Keys of any kind, those that have no text of their own among them.
    [new Map<unknown, unknown>([[Object.create(null), 1]]), '{"{}":1}'],
    [new Map<unknown, unknown>([[[Object.create(null)], 1]]), '{"[{}]":1}'],
    [JSON.parse('{"__proto__":{"polluted":true},"a":1}'), '{"__proto__":{"polluted":true},"a":1}'],
  ]
  for (const [value, json] of cases) t.assert.equal(JSON.stringify(jsonValue(value)), json)
  t.assert.equal(({} as { polluted?: boolean }).polluted, undefined)
})

test('members stand in the order in which readers know them', (t: TestContext) => {
  const action = {
    action: 'c2pa.opened',
    parameters: { ingredients: [{ alg: 'sha256', url: 'u', hash: Uint8Array.of(0) }] },
    softwareAgent: 'x',
  }
  t.assert.equal(
    JSON.stringify(jsonValue(action)),
    '{"action":"c2pa.opened","softwareAgent":"x","parameters":{"ingredients":[{"url":"u","alg":"sha256","hash":"AA=="}]}}',
  )
})

test('the hash of a hashed URI that was written as a list of numbers is shown as bytes', (t: TestContext) => {
  t.assert.equal(
    JSON.stringify(jsonValue({ url: 'self#jumbf=x', hash: [0, 255] })),
    '{"url":"self#jumbf=x","hash":"AP8="}',
  )
  for (const value of [{ hash: [1] }, { url: 'x', hash: [256] }, { url: 'x', hash: [] }, { url: 'x', hash: [0.5] }])
    t.assert.equal(JSON.stringify(jsonValue(value)), JSON.stringify(value))
})

test('bytes are written as the caller wants them', (t: TestContext) => {
  t.assert.deepEqual(
    jsonValue([[Uint8Array.of(1)]], (bytes) => `${bytes.length}`),
    [['1']],
  )
})
