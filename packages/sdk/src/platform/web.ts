/** The browser's side: fetch, with the session cookie of the page. */
import { CountersignError } from '../countersign-error.ts'
import type { FileThreads, OpenedAsset } from '../sign-image.ts'
import type { NamedFile } from '../source.ts'
import {
  type BodyPart,
  type Transport,
  type TransportAnswer,
  TransportError,
  type TransportOptions,
  type TransportRequest,
} from '../transport.ts'

/** There are no paths in a page. */
export async function fileAt(_path: string): Promise<NamedFile> {
  throw noPaths()
}

/** There are no paths in a page. */
export async function openAsset(_path: string): Promise<OpenedAsset> {
  throw noPaths()
}

/** There are no paths in a page. */
export async function writeFile(
  _path: string,
  _pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  throw noPaths()
}

/** There are no paths in a page. */
export function startFileThreads(): FileThreads {
  throw noPaths()
}

function noPaths(): CountersignError {
  return new CountersignError('invalid_option', 'A page takes a File, a Blob or bytes, not a path.')
}

/** What the page's own certificates and cookies let it do. */
export function createTransport({ certificate, ca, timeoutSeconds }: TransportOptions): Transport {
  const option = certificate ? 'certificate' : ca === undefined ? undefined : 'ca'
  if (option) throw new CountersignError('invalid_option', `${option}: a browser has its own; leave it out.`)
  return { send: (request) => send(request, timeoutSeconds * 1000), close() {} }
}

/** How far an upload has got, fetch does not tell: it is given the time that it takes over a slow line. */
const SLOWEST_BYTES_PER_MS = 50

async function send(request: TransportRequest, milliseconds: number): Promise<TransportAnswer> {
  const { method, url, headers, signal } = request
  const body = request.body.length > 0 ? new Blob(await Promise.all(request.body.map(blobPart))) : undefined
  const deadline = milliseconds + (body?.size ?? 0) / SLOWEST_BYTES_PER_MS
  const late = AbortSignal.timeout(deadline)
  try {
    const answer = await fetch(url, {
      method,
      // The browser counts for itself.
      headers: Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'content-length')),
      ...(body && { body }),
      credentials: 'include',
      redirect: 'error',
      cache: 'no-store',
      signal: signal ? AbortSignal.any([signal, late]) : late,
    })
    const bytes = new Uint8Array(await answer.arrayBuffer())
    return { status: answer.status, header: (name) => answer.headers.get(name) ?? undefined, body: bytes }
  } catch (cause) {
    if (signal?.aborted) throw signal.reason
    if (late.aborted) {
      throw new TransportError('timed_out', `${url.host} did not answer in ${deadline / 1000} seconds.`, true, cause)
    }
    throw new TransportError('connection_failed', `No answer from ${url.host}.`, true, cause)
  }
}

async function blobPart(part: BodyPart): Promise<BlobPart> {
  if (part instanceof Uint8Array) return part as Uint8Array<ArrayBuffer>
  if (part.blob) return part.blob
  const pieces: Uint8Array<ArrayBuffer>[] = []
  for await (const piece of part.stream()) pieces.push(piece as Uint8Array<ArrayBuffer>)
  return new Blob(pieces)
}
