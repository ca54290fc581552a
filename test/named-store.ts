/** A picture that holds no manifest store, but names one that stands elsewhere. */
import { readFileSync } from 'node:fs'
import { crc32 } from 'node:zlib'

const VECTOR = new URL('vectors/c2pa/ok-png.png', import.meta.url)

type Chunk = { readonly type: string; readonly bytes: Buffer }

function chunksOf(png: Buffer): Chunk[] {
  const chunks: Chunk[] = []
  for (let at = 8; at < png.length; ) {
    const end = at + 12 + png.readUInt32BE(at)
    chunks.push({ type: png.toString('latin1', at + 4, at + 8), bytes: png.subarray(at, end) })
    at = end
  }
  return chunks
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data])
  const numbers = Buffer.alloc(8)
  numbers.writeUInt32BE(data.length, 0)
  numbers.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([numbers.subarray(0, 4), body, numbers.subarray(4)])
}

const vector = readFileSync(VECTOR)
const chunks = chunksOf(vector)

/** A manifest store, that of another picture. */
export const store: Buffer = chunks.find(({ type }) => type === 'caBX')?.bytes.subarray(8, -4) as Buffer

/** A picture whose XMP names that URL for its manifest store. */
export function pictureNaming(url: string): Uint8Array<ArrayBuffer> {
  const rdf = `<rdf:RDF xmlns:dcterms="http://purl.org/dc/terms/"><rdf:Description dcterms:provenance="${url}"/></rdf:RDF>`
  const xmp = chunk('iTXt', Buffer.from(`XML:com.adobe.xmp\0\0\0\0\0${rdf}`))
  const rest = chunks.filter(({ type }) => type !== 'caBX').map(({ bytes }) => bytes)
  return new Uint8Array(Buffer.concat([vector.subarray(0, 8), rest[0] as Buffer, xmp, ...rest.slice(1)]))
}
