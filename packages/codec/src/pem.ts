/** Textual encodings, RFC 7468. */
import { decodeBase64, encodeBase64 } from './base64.ts'

/** What stands between BEGIN and END of a label. */
export type PemBlock = { readonly label: string; readonly bytes: Uint8Array<ArrayBuffer> }

/** A text that is not the PEM it should be. */
export class PemError extends Error {
  readonly code: 'malformed' | 'missing' | 'too_large'
  constructor(code: PemError['code'], message: string) {
    super(message)
    this.name = 'PemError'
    this.code = code
  }
}

const LONGEST = 16 * 1024 * 1024
const LABEL = /^-----BEGIN ([A-Z0-9 ]{1,64})-----$/

/** The block of a label, in lines of 64 characters (§2). */
export function encodePem(label: string, bytes: Uint8Array): string {
  const lines = encodeBase64(bytes).match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.map((line) => `${line}\n`).join('')}-----END ${label}-----\n`
}

/** Every block of a text, in order; what stands between blocks is explanatory text and passed over (§2). */
export function decodePem(text: string): PemBlock[] {
  if (text.length > LONGEST) throw new PemError('too_large', `a PEM text of more than ${LONGEST} characters`)
  const blocks: PemBlock[] = []
  let label: string | undefined
  let body: string[] = []
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim()
    if (label === undefined) {
      label = LABEL.exec(line)?.[1]
      body = []
    } else if (line === `-----END ${label}-----`) {
      blocks.push({ label, bytes: decodeBody(body, label) })
      label = undefined
    } else if (line.startsWith('-----')) {
      throw new PemError('malformed', `line ${index + 1}: expected -----END ${label}-----`)
    } else body.push(line)
  }
  if (label !== undefined) throw new PemError('malformed', `no -----END ${label}----- to its BEGIN`)
  return blocks
}

/** The first block of that label. Throws PemError when there is none. */
export function decodePemBlock(text: string, label: string): Uint8Array<ArrayBuffer> {
  const block = decodePem(text).find((candidate) => candidate.label === label)
  if (!block) throw new PemError('missing', `no -----BEGIN ${label}----- block`)
  return block.bytes
}

function decodeBody(lines: readonly string[], label: string): Uint8Array<ArrayBuffer> {
  try {
    return decodeBase64(lines.join('').replace(/[ \t]/g, ''))
  } catch {
    throw new PemError('malformed', `the ${label} block is not base64`)
  }
}
