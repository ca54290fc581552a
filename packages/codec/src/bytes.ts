/** Plain operations on byte strings that neither Node nor the browser has under one name. */

/** All the bytes, one part after the other. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0
  for (const part of parts) length += part.length
  const bytes = new Uint8Array(length)
  let position = 0
  for (const part of parts) {
    bytes.set(part, position)
    position += part.length
  }
  return bytes
}

/** Whether two byte strings are equal. Not for secrets: it stops at the first difference. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false
  return true
}

/** Order of byte strings, the shorter first where one begins the other: that of a DER SET OF (X.690 §11.6). */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const difference = (a[index] as number) - (b[index] as number)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

const encoder = new TextEncoder()

/** The text as UTF-8. */
export function utf8Bytes(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text)
}

const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Text of well-formed UTF-8; throws TypeError on anything else. */
export function utf8Text(bytes: Uint8Array): string {
  return strictDecoder.decode(bytes)
}

/** Text in which each byte is one character: ISO 8859-1. */
export function latin1Text(bytes: Uint8Array): string {
  let text = ''
  for (let index = 0; index < bytes.length; index += 4096)
    text += String.fromCharCode.apply(null, bytes.subarray(index, index + 4096) as unknown as number[])
  return text
}
