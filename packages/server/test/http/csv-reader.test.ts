import { test } from 'node:test'
import fc from 'fast-check'
import { CsvError, createCsvReader } from '../../src/http/csv-reader.ts'

const BOUNDS = { mostCells: 4, longestRecord: 40 }

/** The records of a text that comes in pieces of a length, each with its line. */
function read(text: string, piece = text.length || 1, bounds = BOUNDS): (readonly [number, ...string[]])[] {
  const records: (readonly [number, ...string[]])[] = []
  const reader = createCsvReader(bounds, (cells, line) => records.push([line, ...cells]))
  for (let at = 0; at < text.length; at += piece) reader.write(text.slice(at, at + piece))
  reader.end()
  return records
}

test('records are as RFC 4180 has them, whatever the pieces they come in', (t) => {
  for (const [text, ...records] of [
    [''],
    ['\n\r\n\n'],
    ['a', [1, 'a']],
    ['a,b\r\nc,d\r\n', [1, 'a', 'b'], [2, 'c', 'd']],
    ['a,b\nc,d', [1, 'a', 'b'], [2, 'c', 'd']],
    ['a\n\n\nb\n', [1, 'a'], [4, 'b']],
    [',\n', [1, '', '']],
    ['a,\n,b', [1, 'a', ''], [2, '', 'b']],
    ['""\n', [1, '']],
    ['"a,b","c\r\nd"\ne', [1, 'a,b', 'c\r\nd'], [3, 'e']],
    ['"a ""quoted"" word",""""', [1, 'a "quoted" word', '"']],
    [' a , b \n', [1, ' a ', ' b ']],
    ['"a"\r\n"b"\r\n', [1, 'a'], [2, 'b']],
  ] as const)
    for (let piece = 1; piece <= text.length + 1; piece++) t.assert.deepEqual(read(text, piece), records, text)
})

test('what is no table is named by its line', (t) => {
  for (const [text, line, message] of [
    ['a\nb"c\n', 2, 'a quote stands within a cell that is not in quotes.'],
    ['a\n"b"c\n', 2, 'a cell goes on behind the quote that ends it.'],
    ['a\n"b\nc', 2, 'a quote that begins a cell has none that ends it.'],
    ['a\rb\n', 1, 'a carriage return stands without a line feed.'],
    ['a\nb\r', 2, 'a carriage return stands without a line feed.'],
    ['"a"\r"', 1, 'a carriage return stands without a line feed.'],
    ['a\na,b,c,d,e\n', 2, 'it has more than 4 cells.'],
    [`a\n"${'b\n'.repeat(21)}"`, 2, 'it is longer than 40 characters.'],
    [`a,${'b'.repeat(40)}`, 1, 'it is longer than 40 characters.'],
  ] as const)
    for (let piece = 1; piece <= text.length; piece++)
      t.assert.throws(
        () => read(text, piece),
        (error: CsvError) => error instanceof CsvError && error.line === line && error.message === message,
        text,
      )
})

test('what is written is what is read, and anything else is a fault and no other error', (t) => {
  const cell = fc.string({ maxLength: 8 })
  const bounds = { mostCells: 100, longestRecord: 10_000 }
  fc.assert(
    fc.property(
      fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { maxLength: 5 }),
      fc.nat(9),
      (rows, piece) => {
        const text = rows.map((row) => `${row.map((one) => `"${one.replaceAll('"', '""')}"`).join(',')}\r\n`).join('')
        t.assert.deepEqual(
          read(text, piece + 1, bounds).map(([, ...cells]) => cells),
          rows,
        )
      },
    ),
  )
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '"', ',', '\r', '\n', '\0', 'é'), maxLength: 30 }), (text) => {
      const outcome = (piece: number): unknown => {
        try {
          return read(text, piece, bounds)
        } catch (error) {
          if (!(error instanceof CsvError)) throw error
          return [error.line, error.message]
        }
      }
      t.assert.deepEqual(outcome(1), outcome(7))
    }),
  )
})
