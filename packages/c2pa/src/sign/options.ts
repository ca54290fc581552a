/** What signing is told, and the checks on it. */
import type { Signer } from '@countersign/pki'
import type { GeneratorInfo } from '../assertions/actions.ts'
import { type Assertion, type ContentHashAlgorithm, cborAssertion, jsonAssertion } from '../assertions/assertion.ts'
import { C2paError } from '../c2pa-error.ts'
import type { CborValue } from '../cbor.ts'
import type { TimeStampAuthority } from '../claim/time-stamp.ts'
import type { Asset } from '../formats/asset.ts'
import type { MediaType, Part } from '../formats/asset-format.ts'
import type { Report } from '../report/report.ts'

/** A picture of the asset, for display beside its credentials. C2PA 2.2 §18.6. */
export type Thumbnail = { readonly format: 'image/jpeg' | 'image/png' | 'image/webp'; readonly bytes: Uint8Array }

/** An assertion of the caller's own. */
export type CustomAssertion = {
  readonly label: string
  readonly data: unknown
  /** The signer states it itself; otherwise it is gathered. C2PA 2.2 §10.2.1. */
  readonly created?: boolean
  /** `json` by default. */
  readonly encoding?: 'json' | 'cbor'
}

/** What `sign` needs. Only the credential and the name of the generator must be there. */
export type SignOptions = {
  readonly signer: Signer
  /** DER, leaf first, then every authority below the root. */
  readonly certificates: readonly Uint8Array[]
  /** Of the asset and the assertions; `sha256` by default. */
  readonly hashAlgorithm?: ContentHashAlgorithm
  /** Of the signed asset. */
  readonly title?: string
  /** Of the asset as it came, where it becomes an ingredient; `title` by default. */
  readonly parentTitle?: string
  readonly claimGenerator: GeneratorInfo
  /** What made the asset; the claim generator by default. */
  readonly softwareAgent?: GeneratorInfo
  /** An IPTC or C2PA URL. States that the asset was made new; of no effect where it has a manifest already. */
  readonly digitalSourceType?: string
  /** Whether the one action recorded, creation or opening, is all that was done; true by default. */
  readonly allActionsIncluded?: boolean
  readonly thumbnail?: Thumbnail
  /** A picture of the asset as it was opened. */
  readonly parentThumbnail?: Thumbnail
  readonly assertions?: readonly CustomAssertion[]
  readonly timeStamp?: TimeStampAuthority
  /** Room for the time-stamp token; a longer one costs a second signature and a second stamp. */
  readonly timeStampLength?: number
  /** Stapled, DER. */
  readonly ocspResponses?: readonly Uint8Array[]
  /**
   * Verifies the asset that comes in, where it has a manifest: its findings go into the ingredient (C2PA 2.2 §10.3.3).
   * By default it is verified without trust in anyone.
   */
  readonly verifyParent?: (asset: Asset) => Promise<Report>
  /**
   * Gives the memory of the signed asset, just so long; a new array by default. Fresh pages cost more than the copy
   * into them: whoever signs many files, and is done with each before the next, gives the same memory again. What is not in memory takes none.
   */
  readonly allocate?: (length: number) => Uint8Array
  /**
   * SHA-256 of the asset as it is handed in, where it is known already. For an asset without a manifest, of a format in which nothing else
   * changes, under sha256, it is what the claim binds to, and is not computed again: a wrong one makes a signature that no verifier takes.
   */
  readonly assetHash?: Uint8Array
  readonly now?: () => Date
  readonly randomBytes?: (length: number) => Uint8Array
}

/** The outcome of `sign`; `asset` is of the kind that was signed. */
export type SignedAsset<Kind extends Asset = Uint8Array> = Omit<SignedParts, 'parts'> & { readonly asset: Kind }

/** The outcome of `signInParts`. */
export type SignedParts = {
  /** The signed asset in order: ranges of the asset that was signed, and new bytes. */
  readonly parts: readonly Part[]
  readonly format: MediaType
  readonly manifestLabel: string
  readonly instanceId: string
  /** The hash that binds; in most formats, if `hadManifest` is false, of the input as it came. */
  readonly contentHash: Uint8Array
  readonly contentHashAlgorithm: ContentHashAlgorithm
  /** Whether the input had a manifest store. */
  readonly hadManifest: boolean
  /** Whether that store is carried in the new one. One that no reader can read stays behind, and the ingredient tells why. */
  readonly isParentCarried: boolean
  /** Where the manifest store stands in the asset. */
  readonly container: { readonly start: number; readonly length: number }
}

/** Labels of what this library writes and checks itself. */
const RESERVED =
  /^c2pa\.(?:actions|assertions|claim|credentials|databoxes|hash|ingredient|signature|thumbnail|time-stamp)(?:\.|$)/
const LABEL = /^[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+$/

/** The caller's assertions as boxes; the second of a name gets the suffix `__1`. C2PA 2.2 §6.4; throws C2paError. */
export function customAssertions(
  assertions: readonly CustomAssertion[],
): readonly { assertion: Assertion; created: boolean }[] {
  const seen = new Map<string, number>()
  return assertions.map(({ label, data, created = false, encoding = 'json' }) => {
    if (!LABEL.test(label) || label.includes('__') || label.length > 255)
      throw new C2paError('invalid_option', `${JSON.stringify(label)} can't be the label of an assertion.`)
    if (RESERVED.test(label))
      throw new C2paError('invalid_option', `Assertions labelled ${label} are written by this library alone.`)
    const instance = seen.get(label) ?? 0
    seen.set(label, instance + 1)
    const unique = instance === 0 ? label : `${label}__${instance}`
    return { assertion: encoded(unique, data, encoding), created }
  })
}

function encoded(label: string, data: unknown, encoding: 'json' | 'cbor'): Assertion {
  try {
    if (encoding === 'cbor') return cborAssertion(label, data as CborValue)
    if (JSON.stringify(data) === undefined) throw new TypeError('it is nothing that JSON has')
    return jsonAssertion(label, data)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new C2paError('invalid_option', `The data of ${label} can't be written as ${encoding}: ${why}.`, { cause })
  }
}
