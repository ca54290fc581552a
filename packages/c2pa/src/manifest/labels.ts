/** Labels and JUMBF URIs inside a manifest store. C2PA 2.2 §8.2, §8.3, §10.2. */

export const STORE_LABEL = 'c2pa'
export const CLAIM_LABEL = 'c2pa.claim.v2'
export const CLAIM_V1_LABEL = 'c2pa.claim'
export const SIGNATURE_LABEL = 'c2pa.signature'
export const ASSERTION_STORE_LABEL = 'c2pa.assertions'
export const CREDENTIAL_STORE_LABEL = 'c2pa.credentials'
export const DATABOX_STORE_LABEL = 'c2pa.databoxes'

/** An assertion's label with its instance number: `c2pa.ingredient.v3__2` is instance 2. §8.3. */
export type AssertionLabel = { readonly name: string; readonly instance: number }

export function parseAssertionLabel(label: string): AssertionLabel {
  const match = /^(.+)__([1-9][0-9]{0,8})$/.exec(label)
  return match ? { name: match[1] as string, instance: Number(match[2]) } : { name: label, instance: 0 }
}

/** The last component of a name without its version: `c2pa.actions` of `c2pa.actions.v2`. §6.2. */
export function withoutVersion(name: string): string {
  return name.replace(/\.v[0-9]+$/, '')
}

/** A reference inside the same manifest. */
export function relativeUri(...path: readonly string[]): string {
  return `self#jumbf=${path.join('/')}`
}

/** A reference from anywhere in the store. */
export function absoluteUri(...path: readonly string[]): string {
  return `self#jumbf=/${[STORE_LABEL, ...path].join('/')}`
}

/** Four labels of any real length: a URI is repeated in every finding about what it names. */
const LONGEST_URI = 4096

/** The labels that a JUMBF URI names; undefined for any other URI. `isAbsolute` ones begin with the store. */
export function parseUri(uri: string): { readonly isAbsolute: boolean; readonly path: readonly string[] } | undefined {
  const match = uri.length > LONGEST_URI ? null : /^self#jumbf=(\/?)(.+)$/.exec(uri)
  if (!match) return undefined
  const path = (match[2] as string).split('/')
  return path.includes('') ? undefined : { isAbsolute: match[1] === '/', path }
}
