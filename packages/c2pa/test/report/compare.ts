/** Two JSON documents side by side: where they differ, and which of it is meant to be so. */

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** One place where ours and theirs differ; undefined is for a member that one of them lacks. */
export type Difference = {
  /** Members from the root, `*` for an index, and for a label or JUMBF URI. */
  readonly path: string
  readonly ours: Json | undefined
  readonly theirs: Json | undefined
}

/** A difference that is meant, and why. */
export type Departure = {
  readonly why: string
  readonly path: RegExp
  readonly when?: (difference: Difference) => boolean
}

type JsonObject = { readonly [key: string]: Json }

/** Every difference, in the order of ours. Texts for people, under `explanation`, are each validator's own. */
export function differencesOf(ours: Json | undefined, theirs: Json | undefined, path = ''): Difference[] {
  if (path.endsWith('/explanation') || ours === theirs) return []
  if (isStatuses(ours) && isStatuses(theirs)) return statusDifferences(ours, theirs, path)
  if (Array.isArray(ours) && Array.isArray(theirs)) return listDifferences(ours, theirs, path)
  if (isObject(ours) && isObject(theirs)) return memberDifferences(ours, theirs, path)
  return [{ path, ours, theirs }]
}

/** As text, for messages. */
export function differenceText({ path, ours, theirs }: Difference): string {
  const short = (value: Json | undefined) => JSON.stringify(value)?.slice(0, 160) ?? 'absent'
  return `${path}: ours ${short(ours)}, theirs ${short(theirs)}`
}

function listDifferences(ours: readonly Json[], theirs: readonly Json[], path: string): Difference[] {
  const length = Math.max(ours.length, theirs.length)
  return Array.from({ length }).flatMap((_, index) => differencesOf(ours[index], theirs[index], `${path}/*`))
}

function memberDifferences(ours: JsonObject, theirs: JsonObject, path: string): Difference[] {
  return [...new Set([...Object.keys(ours), ...Object.keys(theirs)])].flatMap((key) =>
    differencesOf(ours[key], theirs[key], `${path}/${/urn:/.test(key) ? '*' : key}`),
  )
}

/** Findings by what they say of what: those that both have are in one order. */
function statusDifferences(ours: readonly JsonObject[], theirs: readonly JsonObject[], path: string): Difference[] {
  const keys = (list: readonly JsonObject[]) => [...new Set(list.map(({ code, url }) => `${code} ${url}`))]
  const [our, their] = [keys(ours), keys(theirs)]
  const more = our.filter((key) => !their.includes(key)).map((key) => ({ path, ours: key, theirs: undefined }))
  const less = their.filter((key) => !our.includes(key)).map((key) => ({ path, ours: undefined, theirs: key }))
  const common = (list: readonly string[], other: readonly string[]) =>
    list.filter((key) => other.includes(key)).join('\n')
  const [ourOrder, theirOrder] = [common(our, their), common(their, our)]
  const order = ourOrder === theirOrder ? [] : [{ path: `${path} in order`, ours: ourOrder, theirs: theirOrder }]
  return [...more, ...less, ...order]
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isStatuses(value: Json | undefined): value is readonly JsonObject[] {
  return Array.isArray(value) && value.length > 0 && value.every((member) => isObject(member) && 'code' in member)
}
