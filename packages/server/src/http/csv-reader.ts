/** Tables as they come in, RFC 4180, taken apart without an exception: what spreadsheets guess at is a fault here. */

/** What a table may be. In characters. */
export type CsvBounds = { readonly mostCells: number; readonly longestRecord: number }

/** The table is none, or one that nobody needs. */
export class CsvError extends Error {
  /** Of the text, the first being 1. */
  readonly line: number
  constructor(line: number, message: string) {
    super(message)
    this.name = 'CsvError'
    this.line = line
  }
}

export type CsvReader = {
  write(text: string): void
  /** The last line needs no line break. */
  end(): void
}

/** Where the reader is: at the first character of a cell, within one, behind a quote that ends one or is the first of two, or behind a carriage return. */
type State = 'cell' | 'bare' | 'quoted' | 'quote' | 'return'

/** Finds the records of a text that comes in pieces. Lines without anything are passed over. */
export function createCsvReader(
  { mostCells, longestRecord }: CsvBounds,
  onRecord: (cells: readonly string[], line: number) => void,
): CsvReader {
  let state: State = 'cell'
  let line = 1
  /** Where the record began. */
  let first = 1
  let cells: string[] = []
  let cell = ''
  let length = 0
  let isQuoted = false

  function take(text: string): void {
    length += text.length
    if (length > longestRecord) throw new CsvError(first, `it is longer than ${longestRecord} characters.`)
    cell += text
  }

  function endCell(): void {
    if (cells.length >= mostCells) throw new CsvError(first, `it has more than ${mostCells} cells.`)
    cells.push(cell)
    cell = ''
    state = 'cell'
  }

  function endRecord(): void {
    const isEmpty = cells.length === 0 && cell === '' && !isQuoted
    if (!isEmpty) {
      endCell()
      onRecord(cells, first)
    }
    cells = []
    length = 0
    isQuoted = false
    state = 'cell'
    first = line
  }

  /** A character that ends a cell, after one that is quoted or not. */
  function separator(character: string): void {
    if (character === ',') endCell()
    else if (character === '\r') state = 'return'
    else {
      line++
      endRecord()
    }
  }

  function quoted(text: string, at: number): number {
    const found = text.indexOf('"', at)
    const end = found < 0 ? text.length : found
    const part = text.slice(at, end)
    for (let next = part.indexOf('\n'); next >= 0; next = part.indexOf('\n', next + 1)) line++
    take(part)
    if (found < 0) return end
    state = 'quote'
    return end + 1
  }

  function bare(text: string, at: number): number {
    END_OF_BARE.lastIndex = at
    const found = END_OF_BARE.exec(text)
    const end = found ? found.index : text.length
    take(text.slice(at, end))
    if (!found) {
      state = 'bare'
      return end
    }
    if (found[0] === '"') throw new CsvError(line, 'a quote stands within a cell that is not in quotes.')
    separator(found[0])
    return end + 1
  }

  /** The next character, where one alone decides. */
  function one(character: string): void {
    if (state === 'cell') {
      state = 'quoted'
      isQuoted = true
    } else if (state === 'quote' && character === '"') {
      take('"')
      state = 'quoted'
    } else if (state === 'quote' && /[,\r\n]/.test(character)) separator(character)
    else if (state === 'quote') throw new CsvError(line, 'a cell goes on behind the quote that ends it.')
    else if (character === '\n') separator(character)
    else throw new CsvError(line, 'a carriage return stands without a line feed.')
  }

  return {
    write(text) {
      for (let at = 0; at < text.length; ) {
        if (state === 'quoted') at = quoted(text, at)
        else if (state === 'bare' || (state === 'cell' && text[at] !== '"')) at = bare(text, at)
        else one(text[at++] as string)
      }
    },
    end() {
      if (state === 'quoted') throw new CsvError(first, 'a quote that begins a cell has none that ends it.')
      if (state === 'return') throw new CsvError(line, 'a carriage return stands without a line feed.')
      endRecord()
    },
  }
}

const END_OF_BARE = /[",\r\n]/g
