/** The manifest store as it stands in an asset, its bytes kept: what was hashed or signed is never encoded again. C2PA 2.2 §11.1. */
import { C2paError } from '../c2pa-error.ts'
import {
  ASSERTION_STORE,
  CLAIM,
  CLAIM_SIGNATURE,
  COMPRESSED_MANIFEST,
  CREDENTIAL_STORE,
  DATABOX_STORE,
  MANIFEST,
  MANIFEST_STORE,
  OLDER_MANIFEST,
  TIME_STAMP_MANIFEST,
  UPDATE_MANIFEST,
} from '../jumbf/content-type.ts'
import { contentOf, decodeSuperbox, isSuperbox, type Superbox, superboxesOfType } from '../jumbf/superbox.ts'
import { CLAIM_LABEL, CLAIM_V1_LABEL } from './labels.ts'

/** `compressed` is one that is not, or can't be, decompressed. C2PA 2.2 §11.2. */
export type ManifestKind = 'standard' | 'update' | 'timeStamp' | 'compressed'

/** A claim box: its CBOR as it was signed. */
export type ClaimBox = {
  readonly label: string
  readonly version: 1 | 2 | undefined
  readonly bytes: Uint8Array
  readonly box: Superbox
}

/** One manifest. Lists, because a broken manifest may have none or several of what must be there once. */
export type Manifest = {
  readonly label: string
  readonly kind: ManifestKind
  /** As it stands in the store, and is hashed; compressed, if it is. C2PA 2.2 §11.1.3.2. */
  readonly box: Superbox
  readonly isCompressed: boolean
  readonly claims: readonly ClaimBox[]
  readonly signatures: readonly { readonly label: string; readonly bytes: Uint8Array; readonly box: Superbox }[]
  readonly assertionStores: readonly Superbox[]
  /** The assertions of all assertion stores, in order. */
  readonly assertions: readonly Superbox[]
  readonly databoxes: readonly Superbox[]
  readonly credentials: readonly Superbox[]
}

export type ManifestStore = {
  readonly bytes: Uint8Array
  readonly box: Superbox
  /** In the order of the store: the last one is the active manifest. */
  readonly manifests: readonly Manifest[]
  /** What was compressed, by the box that it was compressed in. */
  readonly decompressed: ReadonlyMap<Superbox, Superbox>
}

/** Reads a manifest store; throws C2paError `malformed_jumbf` or `malformed_manifest`. */
export function decodeManifestStore(bytes: Uint8Array): ManifestStore {
  const box = decodeSuperbox(bytes)
  if (box.description.type !== MANIFEST_STORE)
    throw new C2paError('malformed_manifest', 'The manifest store is a JUMBF box of another type.')
  const manifests = box.boxes.filter(isSuperbox).flatMap((inner) => {
    const kind = manifestKind(inner.description.type)
    return kind ? [manifest(inner, kind)] : []
  })
  return { bytes, box, manifests, decompressed: new Map() }
}

/** The manifest that was compressed in `box`; undefined for what is neither a standard nor an update one of that label. C2PA 2.2 §11.2.4. */
export function compressedManifest(box: Superbox, content: Superbox): Manifest | undefined {
  const kind = manifestKind(content.description.type)
  if ((kind !== 'standard' && kind !== 'update') || content.description.label !== box.description.label)
    return undefined
  return { ...manifest(content, kind), box, isCompressed: true }
}

/** The manifest that speaks about the asset: the last one. C2PA 2.2 §11.1.4.2. */
export function activeManifest(store: ManifestStore): Manifest | undefined {
  return store.manifests.at(-1)
}

function manifestKind(type: string): ManifestKind | undefined {
  if (type === MANIFEST || type === OLDER_MANIFEST) return 'standard'
  if (type === UPDATE_MANIFEST) return 'update'
  if (type === TIME_STAMP_MANIFEST) return 'timeStamp'
  return type === COMPRESSED_MANIFEST ? 'compressed' : undefined
}

function manifest(box: Superbox, kind: ManifestKind): Manifest {
  const label = box.description.label
  if (label === undefined) throw new C2paError('malformed_manifest', 'A manifest has no label.')
  // It could not be referred to, and what is said of it be taken for something said of another.
  if (label.includes('/')) throw new C2paError('malformed_manifest', "A manifest's label has a slash in it.")
  const assertionStores = superboxesOfType(box, ASSERTION_STORE)
  const inside = (type: string): Superbox[] =>
    superboxesOfType(box, type).flatMap((store) => store.boxes.filter(isSuperbox))
  return {
    label,
    kind,
    box,
    isCompressed: kind === 'compressed',
    claims: superboxesOfType(box, CLAIM).map(claim),
    signatures: superboxesOfType(box, CLAIM_SIGNATURE).map((inner) => ({
      label: inner.description.label ?? '',
      bytes: contentOf(inner, 'cbor') ?? new Uint8Array(),
      box: inner,
    })),
    assertionStores,
    assertions: assertionStores.flatMap((store) => store.boxes.filter(isSuperbox)),
    databoxes: inside(DATABOX_STORE),
    credentials: inside(CREDENTIAL_STORE),
  }
}

function claim(box: Superbox): ClaimBox {
  const label = box.description.label ?? ''
  const version = label === CLAIM_LABEL ? 2 : label === CLAIM_V1_LABEL ? 1 : undefined
  return { label, version, bytes: contentOf(box, 'cbor') ?? new Uint8Array(), box }
}
