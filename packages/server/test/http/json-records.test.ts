import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { createJsonRecords, JsonError } from '../../src/http/json-records.ts'

const BOUNDS = { member: 'requests', longestElement: 60, longestRest: 80 }

/** The elements of a text that comes in pieces of a length, and what stands around them. */
function read(text: string, piece = text.length, bounds = BOUNDS): { elements: unknown[]; rest: unknown } {
  const elements: unknown[] = []
  const records = createJsonRecords(bounds, (value, number) => elements.push([number, value]))
  for (let at = 0; at < text.length; at += piece) records.write(text.slice(at, at + piece))
  return { rest: records.end(), elements }
}

test('elements are given one by one, and the rest as a whole, whatever the pieces they come in', (t) => {
  for (const [text, rest, ...elements] of [
    ['[]', []],
    [' [ ] ', []],
    ['[{"a":1}]', [], { a: 1 }],
    ['[{"a":"]}\\"{["} , {"b":[{"c":{}}]}]', [], { a: ']}"{[' }, { b: [{ c: {} }] }],
    ['{"requests":[]}', { requests: [] }],
    ['{"x":[1,[2]],"requests" :\n[{},{}],"y":{"z":"]"}}', { x: [1, [2]], requests: [], y: { z: ']' } }, {}, {}],
    [
      '{"a":"\\"requests\\":[{","requests":[{"requests":[{}]}]}',
      { a: '"requests":[{', requests: [] },
      { requests: [{}] },
    ],
    ['{"a\\\\":"\\\\","requests":[{"\\\\":"\\\\"}]}', { 'a\\': '\\', requests: [] }, { '\\': '\\' }],
    ['{"o":{"requests":[1]},"requests":[{}]}', { o: { requests: [1] }, requests: [] }, {}],
  ] as const)
    for (let piece = 1; piece <= text.length; piece++)
      t.assert.deepEqual(
        read(text, piece),
        { rest, elements: elements.map((element, index) => [index + 1, element]) },
        text,
      )
})

test('what is no such JSON is a fault of the element, or of none', (t) => {
  const deep = `[{"a":${'['.repeat(40)}`
  for (const [text, element, message] of [
    ['', undefined, 'it has no array requests.'],
    ['{}', undefined, 'it has no array requests.'],
    ['"[{}]"', undefined, 'it has no array requests.'],
    ['{"a":[{}]}', undefined, 'it has no array requests.'],
    ['x[{}]', undefined, 'it has no array requests.'],
    ['[', undefined, 'it is cut short.'],
    ['[{}', undefined, 'it is cut short.'],
    ['[{"', 1, 'it is cut short.'],
    ['{"requests":[{}]', undefined, 'it is cut short.'],
    ['[{}]]', undefined, 'a bracket is closed that was not opened.'],
    ['[{}]x', undefined, 'it is no JSON.'],
    ['[{}] [{}]', undefined, 'it is no JSON.'],
    ['{"requests":[{}],}', undefined, 'it is no JSON.'],
    ['[1]', 1, 'an object is to stand here, and a comma between two.'],
    ['[{},]', 2, 'an object is to stand here, and a comma between two.'],
    ['[,{}]', 1, 'an object is to stand here, and a comma between two.'],
    ['[{}{}]', 2, 'an object is to stand here, and a comma between two.'],
    ['[{},,{}]', 2, 'an object is to stand here, and a comma between two.'],
    ['[{"a":1},{"a":}]', 2, 'it is no JSON.'],
    ['[{"a":[}]', 1, undefined],
    [deep, 1, 'it is nested more than 32 deep.'],
    [`[{"a":"${'x'.repeat(60)}"}]`, 1, 'it is longer than 60 characters.'],
    [`{"a":"${'x'.repeat(80)}","requests":[]}`, undefined, 'there are more than 80 characters beside requests.'],
  ] as const)
    for (let piece = 1; piece <= Math.max(1, text.length); piece++)
      t.assert.throws(
        () => read(text, piece),
        (error: JsonError) =>
          error instanceof JsonError &&
          (message === undefined || (error.message === message && error.element === element)),
        `${text} ${piece}`,
      )
})

test('whatever stands before the array, it takes no longer than its length', (t) => {
  const bounds = { member: 'requests', longestElement: 60, longestRest: 256 * 1024 }
  const blanks = ' '.repeat(128 * 1024)
  const brackets = '[]'.repeat(65_000)
  t.assert.throws(() => read(`${blanks}x${brackets}`, 8_192, bounds), /it has no array requests/)
  t.assert.throws(() => read(`${blanks}{}${brackets}`, 8_192, bounds), /it has no array requests/)
  t.assert.deepEqual(read(`{${'"a":[],'.repeat(37_000)}"requests":[{}]}`, 8_192, bounds).elements, [[1, {}]])
})

test('whatever JSON it is, it is read as JSON.parse reads it', (t: TestContext) => {
  const bounds = { ...BOUNDS, longestElement: 1e5, longestRest: 1e5 }
  const element = fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 })
  fc.assert(
    fc.property(
      fc.array(element, { maxLength: 4 }),
      fc.jsonValue({ maxDepth: 2 }),
      fc.nat(20),
      (elements, other, piece) => {
        const text = JSON.stringify({ other, requests: elements, more: other }, undefined, piece % 3)
        const found = read(text, piece + 1, bounds)
        const plain = JSON.parse(text)
        t.assert.deepEqual(found.rest, { ...plain, requests: [] })
        t.assert.deepEqual(
          found.elements,
          plain.requests.map((value: unknown, index: number) => [index + 1, value]),
        )
      },
    ),
  )
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'[]{}",:\\ra1 '), maxLength: 24 }), (text) => {
      try {
        read(text, 1)
      } catch (error) {
        t.assert.ok(error instanceof JsonError, text)
      }
    }),
  )
})
