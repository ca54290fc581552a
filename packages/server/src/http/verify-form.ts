import type { IncomingMessage } from 'node:http'
import type { Claim } from './bytes-in-hand.ts'
import { FileBuffer } from './file-buffer.ts'
import { invalidForm, isFile, readForm } from './form.ts'

/** What the field of the file may be called. */
const FILE_FIELDS = ['image', 'file', 'asset']

/** What is said to a form without any of them. */
export const NO_FILE = 'A file is needed in this field, or in one called file or asset.'

/** The one file of a form. Other fields are passed over: there is nothing to choose. `claim` counts the file. */
export async function readVerifyForm(
  request: IncomingMessage,
  maxUploadBytes: number,
  claim: Pick<Claim, 'add'>,
): Promise<Uint8Array<ArrayBuffer>> {
  let file: FileBuffer | undefined
  await readForm(request, { field: 'image', maxBytes: maxUploadBytes }, (part, bounds) => {
    const field = part.name.toLowerCase()
    if (!FILE_FIELDS.includes(field)) return { data() {}, end() {} }
    if (!isFile(part)) throw invalidForm(`Invalid parameter ${field}. It is to be a file, not a text.`)
    if (file) throw invalidForm(`Invalid parameter ${field}. There are two files in the form.`)
    file = new FileBuffer({ ...bounds, field }, claim)
    return file
  })
  if (!file) throw invalidForm(`Invalid parameter image. ${NO_FILE}`)
  return (file as FileBuffer).bytes()
}
