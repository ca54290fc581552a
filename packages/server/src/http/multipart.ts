/** multipart/form-data, RFC 7578 and RFC 2046 §5.1, taken apart as it comes in; nothing of a part's content is kept here. */

/** What the headers of a part say. */
export type Part = {
  readonly name: string
  /** Undefined when it is no file. */
  readonly fileName: string | undefined
  /** In lower case, without parameters; undefined when none is stated. */
  readonly contentType: string | undefined
}

/** Takes the content of a part; the bytes are the caller's only until `data` returns. */
export type PartSink = { data(bytes: Uint8Array): void; end(): void }

export type MultipartErrorCode = 'malformed' | 'too_large' | 'truncated'

/** The body is no multipart form, or one of a size that nobody needs. */
export class MultipartError extends Error {
  readonly code: MultipartErrorCode
  constructor(code: MultipartErrorCode, message: string) {
    super(message)
    this.name = 'MultipartError'
    this.code = code
  }
}

type State = 'preamble' | 'delimiter' | 'headers' | 'body' | 'epilogue'

export type MultipartParser = {
  write(chunk: Buffer): void
  /** Throws `truncated` unless the closing delimiter has come. */
  end(): void
}

const MOST_HEADERS = 8_192
/** Spaces after a delimiter; RFC 2046 calls them transport padding, and nobody sends them. */
const MOST_PADDING = 64
const LINE_END = '\r\n'

/** The boundary in a Content-Type, whatever the type is called; undefined when there is none that can be one. */
export function boundaryOf(contentType: string): string | undefined {
  const [, quoted, bare] = /;\s*boundary\s*=\s*(?:"([^"]{1,70})"|([^\s;"]{1,70}))\s*(?:;|$)/i.exec(contentType) ?? []
  const boundary = quoted ?? bare
  return boundary !== undefined && /^[\x20-\x7e]*[\x21-\x7e]$/.test(boundary) ? boundary : undefined
}

/** Finds the parts between delimiters. Each byte is searched once, by the machine's own search. */
export function createMultipartParser(
  boundary: string,
  mostParts: number,
  onPart: (part: Part) => PartSink,
): MultipartParser {
  const delimiter = Buffer.from(`${LINE_END}--${boundary}`, 'latin1')
  let state: State = 'preamble'
  // The first delimiter has no line before it that it would have to end.
  let rest: Buffer = Buffer.from(LINE_END)
  let sink: PartSink | undefined
  let parts = 0

  /** Content up to the next delimiter; gives where to go on, or undefined when more has to come. */
  function content(data: Buffer, at: number): number | undefined {
    const found = data.indexOf(delimiter, at)
    const end = found < 0 ? data.length - partialDelimiter(data, at) : found
    if (end > at) sink?.data(data.subarray(at, end))
    if (found < 0) return keep(data, end)
    sink?.end()
    sink = undefined
    state = 'delimiter'
    return found + delimiter.length
  }

  /** How many bytes at the end could be the beginning of a delimiter. */
  function partialDelimiter(data: Buffer, from: number): number {
    let at = Math.max(from, data.length - delimiter.length + 1)
    for (at = data.indexOf(13, at); at >= 0; at = data.indexOf(13, at + 1)) {
      if (data.compare(delimiter, 0, data.length - at, at) === 0) return data.length - at
    }
    return 0
  }

  function keep(data: Buffer, from: number): undefined {
    rest = Buffer.from(data.subarray(from))
  }

  /** `--` ends the form; else the line ends, and headers begin. */
  function afterDelimiter(data: Buffer, at: number): number | undefined {
    if (data.length < at + 2) return keep(data, at)
    if (data[at] === 0x2d && data[at + 1] === 0x2d) {
      state = 'epilogue'
      return undefined
    }
    const end = data.indexOf(LINE_END, at)
    const padding = data.toString('latin1', at, end < 0 ? data.length : end)
    if (padding.length > MOST_PADDING || !/^[ \t]*\r?$/.test(padding)) {
      throw new MultipartError('malformed', 'a boundary that goes on')
    }
    if (end < 0) return keep(data, at)
    state = 'headers'
    return end
  }

  /** From the end of the delimiter's line to the empty line. */
  function headers(data: Buffer, at: number): number | undefined {
    const end = data.indexOf('\r\n\r\n', at)
    if ((end < 0 ? data.length : end) - at > MOST_HEADERS) throw new MultipartError('too_large', 'headers without end')
    if (end < 0) return keep(data, at)
    if (++parts > mostParts) throw new MultipartError('too_large', `more than ${mostParts} parts`)
    sink = onPart(partOf(data.toString('utf8', at, end)))
    state = 'body'
    // The line end before an immediate delimiter is the one after the headers.
    return end + 2
  }

  let isFirstOfBody = false

  /** A body without content has its delimiter where its first byte would be, on the line end of the empty line. */
  function body(data: Buffer, at: number): number | undefined {
    if (!isFirstOfBody) return content(data, at)
    if (data.length < at + delimiter.length) {
      const isPrefix = data.compare(delimiter, 0, data.length - at, at) === 0
      if (isPrefix) return keep(data, at)
    }
    isFirstOfBody = false
    const isEmpty = data.compare(delimiter, 0, delimiter.length, at, Math.min(data.length, at + delimiter.length)) === 0
    return content(data, isEmpty ? at : at + 2)
  }

  return {
    write(chunk) {
      if (state === 'epilogue') return
      const data = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
      rest = EMPTY
      let at: number | undefined = 0
      while (at !== undefined) {
        if (state === 'delimiter') at = afterDelimiter(data, at)
        else if (state === 'headers') {
          at = headers(data, at)
          isFirstOfBody = at !== undefined
        } else at = state === 'body' ? body(data, at) : content(data, at)
      }
    },
    end() {
      if (state !== 'epilogue') throw new MultipartError('truncated', 'the form does not end')
    },
  }
}

const EMPTY = Buffer.alloc(0)

function partOf(text: string): Part {
  const fields = new Map<string, string>()
  for (const line of text.split(LINE_END)) {
    const colon = line.indexOf(':')
    if (colon > 0) fields.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim())
  }
  const disposition = fields.get('content-disposition') ?? ''
  // curl says attachment where its user set a Content-Type of another kind.
  if (!/^(form-data|attachment)\s*;/i.test(disposition)) throw new MultipartError('malformed', 'a part without a name')
  const parameters = new Map<string, string>()
  for (const [, name = '', quoted, bare] of disposition.matchAll(
    /;\s*([\w*-]+)\s*=\s*(?:"((?:\\.|[^"\\])*)"|([^\s;"]*))/g,
  )) {
    const value = quoted === undefined ? (bare ?? '') : quoted.replaceAll(/\\(["\\])/g, '$1')
    if (!parameters.has(name.toLowerCase())) parameters.set(name.toLowerCase(), value)
  }
  const name = parameters.get('name')
  if (name === undefined) throw new MultipartError('malformed', 'a part without a name')
  return {
    name,
    fileName: extendedName(parameters.get('filename*')) ?? writtenName(parameters.get('filename')),
    contentType: fields.get('content-type')?.split(';')[0]?.trim().toLowerCase(),
  }
}

/** What browsers escape in a name, and no more (HTML, multipart form data): whoever means a percent sign sends it as it is. */
function writtenName(text: string | undefined): string | undefined {
  return text?.replaceAll(/%(?:22|0D|0A)/gi, decodeURIComponent)
}

/** `UTF-8''…`, RFC 8187; RFC 7578 has no use for it, but clients do. */
function extendedName(text: string | undefined): string | undefined {
  const [, encoded] = /^utf-8'[^']*'(.*)$/i.exec(text ?? '') ?? []
  if (encoded === undefined) return undefined
  try {
    return decodeURIComponent(encoded)
  } catch {
    return undefined
  }
}
