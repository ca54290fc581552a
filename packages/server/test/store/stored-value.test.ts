import { test } from 'node:test'
import { assertStoredValue } from '../../src/store/stored-value.ts'

test('null, numbers, bigints, texts and bytes are values of a database', (t) => {
  for (const value of [null, 0, -1.5, 2 ** 53, 10n, '', 'ü', new Uint8Array(0), Buffer.from('x')]) {
    t.assert.doesNotThrow(() => assertStoredValue(value))
  }
})

test('nothing else is', (t) => {
  const others = [
    undefined,
    true,
    {},
    { $id: 'x' },
    [],
    ['x'],
    new Date(),
    new ArrayBuffer(2),
    new DataView(new ArrayBuffer(2)),
    new Float64Array(1),
    Number.NaN,
    -Infinity,
    () => {},
    Symbol('x'),
    Object('x'),
  ]
  for (const value of others) t.assert.throws(() => assertStoredValue(value), TypeError)
  t.assert.throws(() => assertStoredValue('a\0'), { name: 'Refusal', code: 'invalid_text' })
})
