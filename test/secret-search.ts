/** Looks for secrets where none may be, in the clear and as they are usually written. */

export type Secret = { readonly name: string; readonly bytes: Buffer }

/** Where it is looked: the name of a place, and all that is there. */
export type Places = ReadonlyMap<string, Buffer>

/** A part of a secret that is long enough not to turn up by chance. */
const ENOUGH = 16

/** A sentence for each secret that is found in a place. */
export function leaks(secrets: readonly Secret[], places: Places): string[] {
  return secrets.flatMap((secret) => {
    const forms = formsOf(secret.bytes)
    return [...places].flatMap(([place, content]) =>
      forms
        .filter(({ parts }) => parts.some((part) => content.includes(part)))
        .map(({ form }) => `${secret.name} is in ${place}, ${form}`),
    )
  })
}

type Form = { readonly form: string; readonly parts: readonly Buffer[] }

function formsOf(bytes: Buffer): Form[] {
  const text = bytes.toString('utf8')
  const hex = bytes.toString('hex')
  const written: (readonly [string, readonly (string | Buffer)[]])[] = [
    ['in the clear', [bytes]],
    ['in hexadecimal', [hex, hex.toUpperCase()]],
    ['in base64', [0, 1, 2].map((before) => base64Behind(before, bytes))],
    ['in base64url', [0, 1, 2].map((before) => base64Behind(before, bytes).replaceAll('+', '-').replaceAll('/', '_'))],
  ]
  if (Buffer.from(text).equals(bytes))
    written.push([
      'URL-encoded',
      [encodeURIComponent(text), new URLSearchParams([['', text]]).toString().slice(1), hex.replaceAll(/../g, '%$&')],
    ])
  return written.map(([form, texts]) => ({ form, parts: texts.flatMap((one) => halves(Buffer.from(one as string))) }))
}

/** What base64 has of bytes that stand behind others: all that does not depend on its neighbours. */
function base64Behind(before: number, bytes: Buffer): string {
  const text = Buffer.concat([Buffer.alloc(before), bytes])
    .toString('base64')
    .replace(/=+$/, '')
  const isCutOff = (before + bytes.length) % 3 !== 0
  return text.slice(before === 0 ? 0 : before + 1, isCutOff ? -1 : undefined)
}

/** Each half by itself where it is long enough: databases cut long values in two. */
function halves(bytes: Buffer): Buffer[] {
  const half = Math.floor(bytes.length / 2)
  return half < ENOUGH ? [bytes] : [bytes.subarray(0, half), bytes.subarray(half)]
}
