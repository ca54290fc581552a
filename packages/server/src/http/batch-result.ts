/** The result of a batch as a ZIP file, written as it is read from the store. */
import { once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { crc32, createDeflateRaw } from 'node:zlib'
import { encodeHex, encodePem } from '@countersign/codec'
import type { Batch } from '../domain/batch.ts'
import type { ResultWithChain } from '../domain/manage-batches.ts'
import { csvRecord } from './csv.ts'
import { createZipWriter } from './zip-writer.ts'

/** Bytes that are sent at a time: each sending may wait for the reader. */
const PIECE = 128 * 1024
/** Rows that are written in one go. */
const ROWS = 100
/** So that names of files are in the order of lines. */
const DIGITS = 6

const COLUMNS = [
  'line',
  'status',
  'error',
  'common_name',
  'serial_number',
  'certificate_id',
  'certificate',
  'private_key',
]

/**
 * Certificates and keys, one file each under the number of its line, the authorities in `chain.pem`, and `results.csv`
 * with what has become of each line.
 */
export async function* batchResultFile(
  { settings, finishedAt, createdAt }: Batch,
  results: AsyncIterable<ResultWithChain>,
): AsyncGenerator<Uint8Array> {
  const zip = createZipWriter(finishedAt ?? createdAt)
  const table = createTable()
  const authorities = new Map<string, Uint8Array>()
  let pieces: Uint8Array[] = []
  let length = 0
  let rows = 0
  const add = (more: readonly Uint8Array[]): void => {
    pieces.push(...more)
    for (const { byteLength } of more) length += byteLength
  }
  const take = (): Buffer => {
    const taken = Buffer.concat(pieces)
    pieces = []
    length = 0
    return taken
  }

  table.add(COLUMNS)
  for await (const { line, status, error, certificate, privateKey, chain } of results) {
    const number = String(line).padStart(DIGITS, '0')
    const files = [
      certificate && `certificates/${number}.${settings.certificateFormat === 'der' ? 'cer' : 'pem'}`,
      privateKey && `private-keys/${number}.p7m`,
    ]
    const [certificateFile, keyFile] = files
    if (certificate && certificateFile) {
      const isPem = settings.certificateFormat === 'pem'
      const all = [certificate.bytes, ...(settings.includesChain ? chain : [])]
      add(zip.file(certificateFile, isPem ? pem(all) : certificate.bytes))
    }
    if (privateKey && keyFile) add(zip.file(keyFile, privateKey))
    for (const bytes of chain) authorities.set(encodeHex(bytes), bytes)
    table.add([
      String(line),
      status,
      error,
      certificate?.commonName,
      certificate?.serialNumber.toUpperCase(),
      certificate?.id,
      ...files,
    ])
    if (length >= PIECE) yield take()
    // SQLite answers at once: without a pause nobody else would be served until the end.
    if (++rows % ROWS === 0) await turn()
  }
  if (authorities.size > 0) add(zip.file('chain.pem', pem([...authorities.values()])))
  const { bytes, ...of } = await table.end()
  add(zip.deflated('results.csv', bytes, of))
  yield take()
  yield* zip.end()
}

function pem(certificates: readonly Uint8Array[]): Uint8Array {
  return Buffer.from(certificates.map((bytes) => encodePem('CERTIFICATE', bytes)).join(''))
}

type Table = {
  add(cells: readonly (string | undefined)[]): void
  /** All of it, deflated. */
  end(): Promise<{ readonly bytes: Uint8Array; readonly crc: number; readonly size: number }>
}

/** A table that is deflated as it grows: it stands behind all other files, and would be the largest of them. */
function createTable(): Table {
  const deflate = createDeflateRaw()
  const chunks: Buffer[] = []
  deflate.on('data', (chunk: Buffer) => chunks.push(chunk))
  let text = ''
  let crc = 0
  let size = 0
  const flush = (): void => {
    const bytes = Buffer.from(text)
    crc = crc32(bytes, crc)
    size += bytes.length
    deflate.write(bytes)
    text = ''
  }
  return {
    add(cells) {
      text += csvRecord(cells)
      if (text.length >= PIECE) flush()
    },
    async end() {
      flush()
      deflate.end()
      await once(deflate, 'end')
      return { bytes: Buffer.concat(chunks), crc, size }
    },
  }
}
