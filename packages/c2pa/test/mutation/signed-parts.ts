/**
 * All that a signature covers, as text to compare: what differs in it may not verify. Left out is what nothing covers, a byte of
 * which may be another one in a file that is believed:
 *
 * - COSE's unprotected header: time stamps and OCSP responses, which are judged for themselves, and names of fields. Its padding has to be zero
 *   under a data hash (C2PA 2.2 §15.12.1.1), as have `free` boxes.
 * - Of the boxes around manifest store, manifests, assertion store, claim and signature: headers and descriptions, thereof in practice one bit
 *   that says whether the box may be referred to, and the active manifest's label. Assertions are covered with their descriptions.
 * - Manifests and boxes that nothing refers to.
 * - What the asset's own hash leaves out: metadata that a data hash names; in BMFF `ftyp`, `mfra`, C2PA's own `uuid` boxes with their version, flags
 *   and offset of Merkle boxes, and what the assertion's exclusions name.
 */
import { encodeHex } from '@countersign/codec'
import { digest } from '@countersign/pki'
import { type CborValue, cborField, decodeCbor } from '../../src/cbor.ts'
import { decodeCoseSign1 } from '../../src/cose/sign1.ts'
import type { ByteRange } from '../../src/formats/asset-format.ts'
import { contentOf, hashedPart, type Superbox } from '../../src/jumbf/superbox.ts'
import { decompressed } from '../../src/manifest/compressed.ts'
import { activeManifest, decodeManifestStore, type Manifest, type ManifestStore } from '../../src/manifest/store.ts'
import { inspect } from '../inspect.ts'

const hash = (bytes: Uint8Array): string => encodeHex(digest('sha256', bytes)).slice(0, 24)

/** Throws what the parsers throw. */
export async function signedParts(asset: Uint8Array): Promise<readonly string[]> {
  const layout = inspect(asset)
  if (!layout?.manifestStore) return ['no manifest store']
  const { bytes, container } = layout.manifestStore
  const store = await decompressed(decodeManifestStore(bytes))
  const active = activeManifest(store)
  if (!active) return ['no manifest']
  const seen = new Set<Manifest>()
  const parts: string[] = []
  let bound: Manifest | undefined
  const add = (manifest: Manifest): void => {
    if (seen.has(manifest)) return
    seen.add(manifest)
    const { claim, signature } = manifestParts(manifest)
    parts.push(hash(claim), signature)
    if (manifest.kind === 'standard') bound ??= manifest
    for (const box of claimedAssertions(manifest, decodeCbor(claim))) {
      parts.push(`${box.description.label} ${hash(hashedPart(box))}`)
      const below = ingredientManifest(store, box)
      if (below) add(below)
    }
  }
  add(active)
  return [...parts, ...contentParts(asset, container, bound)]
}

function manifestParts(manifest: Manifest): { readonly claim: Uint8Array; readonly signature: string } {
  const [claim] = manifest.claims
  const [signature] = manifest.signatures
  if (!claim || !signature) return { claim: Uint8Array.of(0xa0), signature: 'none' }
  const { protectedBytes, signature: value } = decodeCoseSign1(signature.bytes)
  return { claim: claim.bytes, signature: `${hash(protectedBytes)} ${hash(value)}` }
}

function claimedAssertions(manifest: Manifest, claim: CborValue): Superbox[] {
  const urls = ['created_assertions', 'gathered_assertions', 'assertions'].flatMap((name) => {
    const references = cborField(claim, name)
    return Array.isArray(references) ? references.map((reference) => String(cborField(reference, 'url'))) : []
  })
  return urls.flatMap((url) => {
    const label = url.slice(url.lastIndexOf('/') + 1)
    return manifest.assertions.find(({ description }) => description.label === label) ?? []
  })
}

function ingredientManifest(store: ManifestStore, box: Superbox): Manifest | undefined {
  const content = box.description.label?.startsWith('c2pa.ingredient') ? contentOf(box, 'cbor') : undefined
  const fields = content && decodeCbor(content)
  const url = cborField(cborField(fields, 'activeManifest') ?? cborField(fields, 'c2pa_manifest'), 'url')
  return typeof url === 'string' ? store.manifests.find(({ label }) => url.endsWith(`/${label}`)) : undefined
}

/** What the asset's own hash covers, without trusting it to have been computed so. */
function contentParts(asset: Uint8Array, container: ByteRange, bound: Manifest | undefined): string[] {
  const binding = bound?.assertions.find(({ description }) =>
    /^c2pa\.hash\.(?:data|boxes|bmff)/.test(description.label ?? ''),
  )
  const content = binding && contentOf(binding, 'cbor')
  if (!content) return ['nothing is bound']
  if (binding.description.label?.startsWith('c2pa.hash.bmff')) return bmffContent(asset, decodeCbor(content))
  const exclusions = cborField(decodeCbor(content), 'exclusions')
  const stated = Array.isArray(exclusions)
    ? exclusions.map((item) => ({ start: Number(cborField(item, 'start')), length: Number(cborField(item, 'length')) }))
    : []
  const others = stated.filter(({ start }) => start !== container.start)
  const parts: string[] = []
  let position = 0
  for (const { start, length } of [...others, container].sort((a, b) => a.start - b.start)) {
    parts.push(hash(asset.subarray(position, start)))
    position = start + length
  }
  return [...parts, hash(asset.subarray(position))]
}

/** Whole boxes of the first level, but for those that no BMFF hash covers, and those that this one leaves something out of. */
function bmffContent(asset: Uint8Array, fields: CborValue): string[] {
  const exclusions = cborField(fields, 'exclusions')
  const paths = Array.isArray(exclusions) ? exclusions.map((item) => String(cborField(item, 'xpath')).slice(1, 5)) : []
  const view = new DataView(asset.buffer, asset.byteOffset, asset.length)
  const parts: string[] = []
  for (let position = 0; position + 8 <= asset.length; ) {
    const short = view.getUint32(position)
    const length = short === 0 ? asset.length - position : short === 1 ? Number(view.getBigUint64(position + 8)) : short
    const type = Buffer.from(asset.subarray(position + 4, position + 8)).toString('latin1')
    // Of media data a tree of hashes covers the content; the header tells where it begins.
    if (!paths.includes(type) || type === 'mdat')
      parts.push(`${type} ${hash(asset.subarray(position + 16, position + length))}`)
    if (length < 8) break
    position += length
  }
  return parts
}
