import type { IncomingMessage } from 'node:http'
import { Refusal } from '../domain/refusal.ts'
import { type FileBounds, tooLarge } from './file-buffer.ts'
import { boundaryOf, createMultipartParser, MultipartError, type Part, type PartSink } from './multipart.ts'

/** The longest text of a field. */
export const MOST_FIELD_BYTES = 4_096
const MOST_PARTS = 32

/**
 * Reads a form with one file as it streams in; what is too large is refused before all of it has come. `open` takes each part.
 */
export async function readForm(
  request: IncomingMessage,
  file: Pick<FileBounds, 'field' | 'maxBytes'>,
  open: (part: Part, bounds: FileBounds) => PartSink,
): Promise<void> {
  // Whoever left meanwhile sends nothing more, not even an event.
  if (request.destroyed) throw invalidForm('The form is cut short.')
  const declared = Number(request.headers['content-length'] ?? Number.NaN)
  if (declared > file.maxBytes + MOST_PARTS * (MOST_FIELD_BYTES + 1_024)) throw tooLarge(file)
  // Clients that follow the documented headers send a form as application/json with a boundary.
  const boundary = boundaryOf(request.headers['content-type'] ?? '')
  if (!boundary) throw invalidForm('The body is no multipart form: its boundary is missing.')
  const bounds = { ...file, expectedBytes: Number.isFinite(declared) ? Math.min(declared, file.maxBytes) : 65_536 }
  try {
    await collect(request, boundary, (part) => open(part, bounds))
  } finally {
    // What is left of a refused form still comes in: it is passed over, so that the client gets to read the answer.
    request.resume()
  }
}

function collect(request: IncomingMessage, boundary: string, open: (part: Part) => PartSink): Promise<void> {
  const parser = createMultipartParser(boundary, MOST_PARTS, open)
  return new Promise((resolve, reject) => {
    const guarded = (step: () => void): void => {
      try {
        step()
      } catch (error) {
        request.removeAllListeners('data')
        reject(error instanceof MultipartError ? damaged(error) : error)
      }
    }
    request.on('data', (chunk: Buffer) => guarded(() => parser.write(chunk)))
    request.on('end', () =>
      guarded(() => {
        parser.end()
        resolve()
      }),
    )
    request.on('error', (cause) => reject(invalidForm('The form is cut short.', cause)))
    request.on('close', () => {
      if (!request.readableEnded) reject(invalidForm('The form is cut short.'))
    })
  })
}

function damaged(cause: MultipartError): Refusal {
  const what = cause.code === 'truncated' ? 'cut short' : cause.code === 'malformed' ? 'damaged' : 'too long'
  return invalidForm(`The form is ${what}: ${cause.message}.`, cause)
}

/** Whether a part is a file: by its name, or by a type that no text has. */
export function isFile({ fileName, contentType = 'text/plain' }: Part): boolean {
  return (
    fileName !== undefined || contentType === 'application/octet-stream' || /^(?:image|audio|video)\//.test(contentType)
  )
}

/** The refusal of a form, or of a field of it. */
export function invalidForm(sentence: string, cause?: Error): Refusal {
  return new Refusal('invalid', 'invalid_request', sentence, { cause })
}
