import { fileOf, type Source } from './source.ts'
import type { BodyPart } from './transport.ts'

/** The fields of a form; those that are undefined stay out. */
export type FormFields = Readonly<Record<string, string | FormFile | undefined>>

/** A file in a form, and what it is called there. */
export type FormFile = { readonly file: Source; readonly fileName?: string }

/** A form as it goes over the wire: around the files' own bytes, which are not copied. RFC 7578. */
export type EncodedForm = { readonly contentType: string; readonly body: readonly BodyPart[] }

/** Encodes a form. */
export async function encodeForm(fields: FormFields): Promise<EncodedForm> {
  const boundary = `countersign-${crypto.randomUUID()}`
  const body: BodyPart[] = []
  for (const [field, value] of Object.entries(fields)) {
    if (value === undefined) continue
    const begin = `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(field)}"`
    if (typeof value === 'string') {
      body.push(encode(`${begin}\r\n\r\n${value}\r\n`))
      continue
    }
    const { name, content } = await fileOf(value.file)
    const fileName = quoted(value.fileName ?? name ?? 'file')
    body.push(encode(`${begin}; filename="${fileName}"\r\nContent-Type: application/octet-stream\r\n\r\n`))
    body.push(content, encode('\r\n'))
  }
  body.push(encode(`--${boundary}--\r\n`))
  return { contentType: `multipart/form-data; boundary=${boundary}`, body }
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)

/** As browsers write a name in quotes: what would end it is written in percent (HTML §4.10.21.8). A backslash would escape what follows. */
function quoted(name: string): string {
  return name.replaceAll('\\', '\\\\').replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('"', '%22')
}
