const JSON_TYPES = ['application/json', 'application/*', '*/*']
const IMAGE_TYPES = ['image/jpeg', 'image/png', 'image/*']

/** Whether an Accept header prefers the image itself to JSON. RFC 9110 §12.5.1; without a preference JSON it is. */
export function acceptedImage(accept: string | undefined): boolean {
  const qualities = new Map<string, number>()
  for (const range of (accept ?? '').slice(0, 1_000).split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2)
    const quality = weight === undefined ? 1 : Number(weight)
    if (Number.isFinite(quality)) qualities.set(type, quality)
  }
  return quality(qualities, IMAGE_TYPES) > quality(qualities, JSON_TYPES)
}

/** The quality of the most specific range that is there; the best of several as specific. */
function quality(qualities: ReadonlyMap<string, number>, types: readonly string[]): number {
  const exact = types.filter((type) => !type.endsWith('*')).flatMap((type) => qualities.get(type) ?? [])
  if (exact.length > 0) return Math.max(...exact)
  for (const type of types) {
    const found = qualities.get(type)
    if (found !== undefined) return found
  }
  return 0
}
