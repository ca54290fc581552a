/** Manifests that stand elsewhere: the URL is in the asset's XMP. C2PA 2.2 §15.5.3.1. */
import type { Source, Walk } from '../formats/asset.ts'
import type { AssetFormat, MediaType } from '../formats/asset-format.ts'
import { xmpElements } from '../formats/xmp.ts'

const LONGEST_URL = 2048
const MOST_PREFIXES = 8

/** The URL that an asset's XMP names for its manifest store; undefined where there is none. */
export function* remoteManifestUrl(
  format: AssetFormat,
  mediaType: MediaType,
  source: Source,
): Walk<string | undefined> {
  for (const element of yield* xmpElements(format, mediaType, source)) {
    const url = provenanceOf(withoutComments(element))
    if (url !== undefined && url.length <= LONGEST_URL) return url
  }
  return undefined
}

const PREFIX = /\bxmlns:([A-Za-z_][\w.-]{0,63})\s*=\s*["']http:\/\/purl\.org\/dc\/terms\/["']/g

/** The value of `dcterms:provenance`, whatever prefix the namespace has: an attribute, or the content or `rdf:resource` of an element. */
function provenanceOf(xml: string): string | undefined {
  const prefixes = new Set<string>()
  for (const [, prefix] of xml.matchAll(PREFIX)) if (prefixes.size < MOST_PREFIXES) prefixes.add(prefix as string)
  for (const prefix of prefixes) {
    const name = `${prefix.replaceAll('.', '\\.')}:provenance`
    const found =
      new RegExp(`\\s${name}\\s*=\\s*(?:"([^"<]*)"|'([^'<]*)')`).exec(xml) ??
      new RegExp(`<${name}\\s[^<>]*\\brdf:resource\\s*=\\s*(?:"([^"<>]*)"|'([^'<>]*)')`).exec(xml) ??
      new RegExp(`<${name}(?:\\s[^<>]*)?>([^<]+)</`).exec(xml)
    const value = found?.[1] ?? found?.[2]
    if (value !== undefined && value.trim() !== '') return withoutEntities(value.trim())
  }
  return undefined
}

function withoutComments(xml: string): string {
  let text = ''
  let position = 0
  for (;;) {
    const start = xml.indexOf('<!--', position)
    if (start < 0) return text + xml.slice(position)
    text += xml.slice(position, start)
    const end = xml.indexOf('-->', start + 4)
    if (end < 0) return text
    position = end + 3
  }
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** Of XML's own, and of ASCII by number: a URL has no other. */
function withoutEntities(text: string): string {
  return text.replace(/&(?:([a-z]{2,4})|#(\d{1,3})|#x([0-9A-Fa-f]{1,2}));/g, (all, name, decimal, hex) => {
    if (name !== undefined) return ENTITIES[name] ?? all
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal)
    return code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : all
  })
}
