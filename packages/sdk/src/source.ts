import { fileAt } from '#platform'
import type { BodyPart } from './transport.ts'

/** A file as a caller has it: where it lies (on Node), its bytes, a Blob, or a stream, which is read once. */
export type Source = string | Uint8Array | Blob | AsyncIterable<Uint8Array>

/** What a form carries of it. */
export type NamedFile = { readonly name: string | undefined; readonly content: BodyPart }

/** The file that a source means. */
export async function fileOf(source: Source): Promise<NamedFile> {
  if (typeof source === 'string') return fileAt(source)
  if (source instanceof Uint8Array) return { name: undefined, content: source }
  if (source instanceof Blob) {
    const name = 'name' in source ? String(source.name) : undefined
    return { name, content: { size: source.size, stream: () => source.stream(), blob: source } }
  }
  return { name: undefined, content: { size: undefined, stream: () => source } }
}
