/** PDFs of every kind of cross-reference section, with incremental updates. ISO 32000-2 §7.5. */
import { deflateSync } from 'node:zlib'
import { concatBytes, utf8Bytes } from '@countersign/codec'

type Stream = { readonly dictionary: string; readonly bytes: Uint8Array /** A lie. */; readonly length?: number }

/** Objects by their numbers. */
export type Revision = { readonly [number: number]: string | Stream }

export type Kind = 'table' | 'stream' | 'object streams' | 'hybrid'

type Entry = { readonly type: 1 | 2; readonly second: number; readonly third: number }

export class PdfWriter {
  readonly #kind: Kind
  readonly #trailer: string
  #bytes: Uint8Array = utf8Bytes('%PDF-1.7\n')
  #previous: number | undefined
  #highest = 0
  /** Numbers of the objects that only hold others. */
  #next = 20

  constructor(kind: Kind, { trailer = '' }: { readonly trailer?: string } = {}) {
    this.#kind = kind
    this.#trailer = trailer
  }

  /** The file with these objects added or replaced. */
  update(revision: Revision): Uint8Array {
    const entries = new Map<number, Entry>()
    const packed: [number, string][] = []
    for (const [key, object] of Object.entries(revision)) {
      const number = Number(key)
      const isPacked = typeof object === 'string' && (this.#kind === 'object streams' || this.#kind === 'hybrid')
      if (isPacked) packed.push([number, object])
      else
        entries.set(number, this.#plain(number, typeof object === 'string' ? utf8Bytes(object) : streamBytes(object)))
    }
    if (packed.length > 0) this.#pack(packed, entries)
    this.#section(entries)
    return this.#bytes
  }

  #plain(number: number, content: Uint8Array): Entry {
    const second = this.#bytes.length
    this.#highest = Math.max(this.#highest, number)
    this.#append(utf8Bytes(`${number} 0 obj\n`), content, utf8Bytes('\nendobj\n'))
    return { type: 1, second, third: 0 }
  }

  #pack(packed: readonly [number, string][], entries: Map<number, Entry>): void {
    let offset = 0
    const header = packed.map(([number, object]) => {
      const pair = `${number} ${offset}`
      offset += object.length + 1
      return pair
    })
    const first = `${header.join(' ')} `
    const content = first + packed.map(([, object]) => object).join(' ')
    const holder = this.#next++
    const dictionary = `/Type /ObjStm /N ${packed.length} /First ${first.length} /Filter /FlateDecode`
    entries.set(holder, this.#plain(holder, streamBytes({ dictionary, bytes: new Uint8Array(deflateSync(content)) })))
    for (const [index, [number]] of packed.entries()) entries.set(number, { type: 2, second: holder, third: index })
  }

  #section(entries: Map<number, Entry>): void {
    const previous = this.#previous === undefined ? '' : `/Prev ${this.#previous} `
    if (this.#kind === 'hybrid') {
      const stream = this.#xrefStream(entries, '')
      const plain = new Map([...entries].filter(([, { type }]) => type === 1))
      this.#table(plain, `${previous}/XRefStm ${stream} `)
    } else if (this.#kind === 'table') this.#table(entries, previous)
    else this.#previous = this.#xrefStream(entries, previous)
    this.#append(utf8Bytes(`startxref\n${this.#previous}\n%%EOF\n`))
  }

  #table(entries: ReadonlyMap<number, Entry>, extra: string): void {
    this.#previous = this.#bytes.length
    const lines = ['xref\n', '0 1\n0000000000 65535 f \n']
    for (const [number, { second }] of entries)
      lines.push(`${number} 1\n${String(second).padStart(10, '0')} 00000 n \n`)
    lines.push(`trailer\n<< /Size ${this.#highest + 1} /Root 1 0 R ${extra}${this.#trailer} >>\n`)
    this.#append(utf8Bytes(lines.join('')))
  }

  /** With the predictor that most writers use. */
  #xrefStream(entries: Map<number, Entry>, extra: string): number {
    const number = this.#next++
    this.#highest = number
    const offset = this.#bytes.length
    const all = [...entries, [number, { type: 1, second: offset, third: 0 }] as const].sort(([a], [b]) => a - b)
    const rows = all.map(([, { type, second, third }]) => [
      type,
      second >> 16,
      (second >> 8) & 0xff,
      second & 0xff,
      third,
    ])
    const predicted = rows.flatMap((row, index) => [
      2,
      ...row.map((byte, column) => (byte - ((rows[index - 1] ?? [])[column] ?? 0)) & 0xff),
    ])
    const dictionary = [
      `/Type /XRef /Size ${this.#highest + 1} /Root 1 0 R /W [1 3 1] /Index [${all.map(([object]) => `${object} 1`).join(' ')}]`,
      `/Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 5 >> ${extra}${this.#trailer}`,
    ].join(' ')
    this.#plain(number, streamBytes({ dictionary, bytes: new Uint8Array(deflateSync(Uint8Array.from(predicted))) }))
    return offset
  }

  #append(...pieces: readonly Uint8Array[]): void {
    this.#bytes = concatBytes([this.#bytes, ...pieces])
  }
}

function streamBytes({ dictionary, bytes, length = bytes.length }: Stream): Uint8Array {
  return concatBytes([utf8Bytes(`<< ${dictionary} /Length ${length} >>\nstream\r\n`), bytes, utf8Bytes('\nendstream')])
}
