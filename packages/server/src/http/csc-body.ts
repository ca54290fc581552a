/** The bodies of the Cloud Signature Consortium's API, taken to the letter, with its sentence for what is wrong. What nobody asked for is passed over, and null is nothing. */
import { decodeBase64 } from '@countersign/codec'
import { invalid, missing, refused } from '../domain/csc-refusal.ts'

/** A body by its parameters. */
export type CscBody = Readonly<Record<string, unknown>>

/** The object that came as JSON; an empty one where nothing came. */
export function cscBody(body: unknown): CscBody {
  if (body === undefined || body === null) return {}
  if (typeof body === 'object' && !Array.isArray(body)) return body as CscBody
  throw refused('The body is to be a JSON object.')
}

function value(body: CscBody, name: string): unknown {
  return Object.hasOwn(body, name) ? (body[name] ?? undefined) : undefined
}

export function optionalString(body: CscBody, name: string): string | undefined {
  const given = value(body, name)
  if (given === undefined || typeof given === 'string') return given
  throw missing('string', name)
}

/** A text; an empty one is as good as none. */
export function requiredString(body: CscBody, name: string): string {
  const given = optionalString(body, name)
  if (!given) throw missing('string', name)
  return given
}

export function boolean(body: CscBody, name: string): boolean {
  const given = value(body, name) ?? false
  if (typeof given === 'boolean') return given
  throw missing('boolean', name)
}

export function optionalInteger(body: CscBody, name: string): number | undefined {
  const given = value(body, name)
  if (given === undefined || Number.isSafeInteger(given)) return given as number | undefined
  throw missing('integer', name)
}

export function requiredInteger(body: CscBody, name: string): number {
  const given = optionalInteger(body, name)
  if (given === undefined) throw missing('integer', name)
  return given
}

/** One of some words; the first of them where none is given. */
export function oneOf<Word extends string>(body: CscBody, name: string, words: readonly [Word, ...Word[]]): Word {
  const given = value(body, name) ?? words[0]
  const word = words.find((one) => one === given)
  if (word === undefined) throw invalid(name)
  return word
}

/** Hashes in base64, at least one. */
export function requiredHashes(body: CscBody, name: string): readonly Uint8Array[] {
  const given = value(body, name)
  if (!Array.isArray(given)) throw missing('array', name)
  if (given.length === 0) throw refused('Empty hash array')
  return given.map(hashOf)
}

/** A hash in base64. */
export function requiredHash(body: CscBody, name: string): Uint8Array {
  const given = optionalString(body, name)
  if (given === undefined) throw missing('string', name)
  if (given === '') throw refused('Empty hash parameter')
  return hashOf(given)
}

function hashOf(text: unknown): Uint8Array {
  try {
    if (typeof text === 'string' && text !== '') return decodeBase64(text)
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
  }
  throw refused('Invalid Base64 hash string parameter')
}

/** What a list of authentication objects has for one of them. CSC 2 §11.6. */
export function authenticationValue(body: CscBody, id: string): string | undefined {
  const given = value(body, 'authData')
  if (given === undefined) return undefined
  if (!Array.isArray(given)) throw missing('array', 'authData')
  const objects = given.filter((one): one is CscBody => typeof one === 'object' && one !== null)
  const found = objects.filter((one) => one.id === id)
  if (objects.length < given.length || found.length > 1) throw invalid('authData')
  return found[0] && requiredString(found[0], 'value')
}
