const JSON_TYPE = /^application\/json$/
const JSON_RANGES = ['application/*', '*/*']
/** Of what is signed, and what people ask for when they mean the bytes. */
const FILE_TYPE = /^(?:(?:image|video|audio)\/[^*]+|application\/octet-stream)$/
const FILE_RANGES = ['image/*', 'video/*', 'audio/*']

const CSV_TYPE = /^text\/csv$/
const CSV_RANGES = ['text/*']

/** Whether an Accept header prefers the file itself to JSON. RFC 9110 §12.5.1; without a preference JSON it is. */
export function acceptsFile(accept: string | undefined): boolean {
  return isPreferred(accept, FILE_TYPE, FILE_RANGES)
}

/** Whether an Accept header prefers a table to JSON. */
export function acceptsCsv(accept: string | undefined): boolean {
  return isPreferred(accept, CSV_TYPE, CSV_RANGES)
}

function isPreferred(accept: string | undefined, type: RegExp, ranges: readonly string[]): boolean {
  const qualities = new Map<string, number>()
  for (const range of (accept ?? '').slice(0, 1_000).split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
    const quality = weight === undefined ? 1 : Number(weight)
    if (Number.isFinite(quality)) qualities.set(type, quality)
  }
  return quality(qualities, type, ranges) > quality(qualities, JSON_TYPE, JSON_RANGES)
}

/** The best quality of the types; without any of them that of the first range that is there. */
function quality(qualities: ReadonlyMap<string, number>, types: RegExp, ranges: readonly string[]): number {
  const exact = [...qualities].filter(([type]) => types.test(type)).map(([, value]) => value)
  if (exact.length > 0) return Math.max(...exact)
  return qualities.get(ranges.find((range) => qualities.has(range)) ?? '') ?? 0
}
