/** Where a member of a CBOR map stands, for signatures over a part of what was decoded. RFC 8949 §3. */
import { type Token, Tokenizer, Type } from 'cborg'

/** The encoded value of a member of the map that these bytes are: bytes that decodeCbor has taken, and so bounded in depth and number. */
export function encodedField(bytes: Uint8Array, name: string): Uint8Array | undefined {
  const tokenizer = new Tokenizer(bytes, { allowIndefinite: true, allowUndefined: true, allowBigInt: true })
  const map = tokenizer.next()
  if (!Type.equals(map.type, Type.map)) return undefined
  for (let index = 0; index < map.value; index++) {
    const key = tokenizer.next()
    if (Type.equals(key.type, Type.break)) return undefined
    skipInside(tokenizer, key)
    const start = tokenizer.pos()
    skipInside(tokenizer, tokenizer.next())
    if (Type.equals(key.type, Type.string) && key.value === name) return bytes.subarray(start, tokenizer.pos())
  }
  return undefined
}

/** Passes over what stands inside the item that began with this token. */
function skipInside(tokenizer: Tokenizer, { type, value }: Token): void {
  const items = Type.equals(type, Type.array)
    ? value
    : Type.equals(type, Type.map)
      ? value * 2
      : Type.equals(type, Type.tag)
        ? 1
        : 0
  for (let index = 0; index < items; index++) {
    const token = tokenizer.next()
    if (Type.equals(token.type, Type.break)) return
    skipInside(tokenizer, token)
  }
}
