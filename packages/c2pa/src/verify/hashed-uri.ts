/** References inside the manifest store. C2PA 2.2 §8.3 and §8.4.2. */
import { equalBytes } from '@countersign/codec'
import { type CborValue, cborField } from '../cbor.ts'
import { isSuperbox, type Superbox } from '../jumbf/superbox.ts'
import { parseUri, STORE_LABEL } from '../manifest/labels.ts'
import type { Manifest, ManifestStore } from '../manifest/store.ts'
import { allowedHash, type BoxHashes } from './box-hashes.ts'

/**
 *     hashed-uri-map = { "url": jumbf-uri-type, ? "alg": tstr, "hash": bstr }
 */
export type HashedUri = { readonly url: string; readonly algorithm?: string; readonly hash?: Uint8Array }

/** The hashed URI that a value is; undefined when it has no URL. A field of another type counts as absent. */
export function hashedUri(value: CborValue): HashedUri | undefined {
  const url = cborField(value, 'url')
  const algorithm = cborField(value, 'alg')
  const hash = cborField(value, 'hash')
  if (typeof url !== 'string') return undefined
  return {
    url,
    ...(typeof algorithm === 'string' ? { algorithm } : {}),
    ...(hash instanceof Uint8Array ? { hash } : {}),
  }
}

/** What a reference from one manifest points to. */
export type Target = {
  /** The label of the manifest it points into, be it there or not; undefined for a reference to the store itself. */
  readonly manifestLabel: string | undefined
  /** Labels from the manifest down. */
  readonly path: readonly string[]
  /** The reference from the store's root. */
  readonly uri: string
  /** Absent when there is no such box. */
  readonly box?: Superbox
}

/** Follows a JUMBF URI; undefined for one that leads out of the store. Of boxes with one label the first counts. */
export function resolve(store: ManifestStore, from: Manifest, url: string): Target | undefined {
  const parsed = parseUri(url)
  // Version 1.0 wrote what is absolute without the slash; no box of a manifest is labelled as the store is.
  const isAbsolute = parsed?.isAbsolute || parsed?.path[0] === STORE_LABEL
  if (!parsed || (isAbsolute && parsed.path[0] !== STORE_LABEL)) return undefined
  const [manifestLabel, ...path] = isAbsolute ? parsed.path.slice(1) : [from.label, ...parsed.path]
  if (manifestLabel === undefined) return { manifestLabel, path, uri: `self#jumbf=/${STORE_LABEL}`, box: store.box }
  const manifest = manifestLabel === from.label ? from.box : children(store.box).get(manifestLabel)
  // What refers to a compressed manifest means it as it stands, what refers into it what was compressed.
  let box = manifest && path.length > 0 ? (store.decompressed.get(manifest) ?? manifest) : manifest
  for (const label of path) box = box && children(box).get(label)
  const uri = `self#jumbf=/${[STORE_LABEL, manifestLabel, ...path].join('/')}`
  return { manifestLabel, path, uri, ...(box ? { box } : {}) }
}

const known = new WeakMap<Superbox, ReadonlyMap<string, Superbox>>()

function children(parent: Superbox): ReadonlyMap<string, Superbox> {
  const before = known.get(parent)
  if (before) return before
  const labels = new Map<string, Superbox>()
  for (const box of parent.boxes) {
    if (!isSuperbox(box)) continue
    const { label } = box.description
    if (label !== undefined && !labels.has(label)) labels.set(label, box)
  }
  known.set(parent, labels)
  return labels
}

/** How the hash of a reference compares with the box it points to. C2PA 2.2 §15.4. */
export function compareHash(
  hashes: BoxHashes,
  { algorithm, hash }: HashedUri,
  enclosingAlgorithm: string | undefined,
  box: Superbox,
): 'match' | 'mismatch' | 'unsupported' {
  const allowed = allowedHash(algorithm ?? enclosingAlgorithm)
  if (!allowed) return 'unsupported'
  return hash && equalBytes(hash, hashes.of(box, allowed)) ? 'match' : 'mismatch'
}
