/** What the steps of one verification share. */
import type { Certificate } from '@countersign/pki'
import type { Asset } from '../formats/asset.ts'
import type { AssetFormat, Container } from '../formats/asset-format.ts'
import type { Manifest, ManifestStore } from '../manifest/store.ts'
import type { BoxHashes } from './box-hashes.ts'
import type { Fetchers } from './fetchers.ts'
import type { Answers } from './responder.ts'

/** Whom to believe. Signers and time-stamp authorities have lists of their own. C2PA 2.2 §14.4. */
export type TrustAnchors = {
  /** For signers of claims. */
  readonly signers: readonly Certificate[]
  /** For time-stamp authorities. */
  readonly timeStampAuthorities: readonly Certificate[]
  /** Signers' certificates that are trusted as they are. §14.4.3. */
  readonly allowed: readonly Certificate[]
  /** The purposes that the signers' anchors are for. §14.4.1. */
  readonly purposes: readonly string[]
  /** For the actors of identity assertions. CAWG Identity Assertion 1.1 §8.2.3. */
  readonly identities: readonly Certificate[]
  /** DIDs of aggregators of identity claims. CAWG Identity Assertion 1.1 §8.1.6.4. */
  readonly identityIssuers: readonly string[]
}

/** An asset with its manifest store, and what it is to be judged by. */
export type Verification = {
  readonly asset: Asset
  /** Of which the asset is the initialization segment, each a file, in order. */
  readonly fragments: readonly Asset[]
  /** Files by their URIs relative to the manifest. */
  readonly collection: ReadonlyMap<string, Asset>
  readonly format: AssetFormat
  /** The range of the asset that the manifest store fills, with what the format puts around it; undefined for a store from elsewhere. */
  readonly container: Container | undefined
  readonly store: ManifestStore
  readonly anchors: TrustAnchors
  readonly fetchers: Fetchers
  /** Of OCSP responders. */
  readonly answers: Answers
  readonly now: Date
  readonly hashes: BoxHashes
  /** Absolute JUMBF URIs of assertions that some claim redacts in an ingredient's manifest. §15.10.2. */
  readonly redactions: ReadonlySet<string>
  /** Labels of the manifests that those are in. */
  readonly redactedManifests: ReadonlySet<string>
  /** Tokens of time-stamp assertions by the label of the manifest they are for. §15.8.1.2. */
  readonly timeStamps: ReadonlyMap<string, readonly Uint8Array[]>
  /** Responses of certificate-status assertions. §15.9. */
  readonly ocspResponses: readonly Uint8Array[]
  /** How many bytes of certificates, time-stamp tokens and OCSP responses are still looked into. */
  readonly evidence: { left: number }
}

/** Two hundred manifests don't need as much, and their signatures take half a minute to check. */
export const MOST_EVIDENCE: number = 4 * 1024 * 1024

/** What is said of it then. */
export const MORE_EVIDENCE = 'more certificates, time stamps and OCSP responses than are looked into'

/** Takes from what is looked into; false when that is used up. */
export function spendEvidence({ evidence }: Verification, bytes: Uint8Array): boolean {
  evidence.left -= bytes.length
  return evidence.left >= 0
}

/** Where a manifest stands in its store. C2PA 2.2 §8.3.1. */
export function manifestUri(manifest: Manifest): string {
  return `self#jumbf=/c2pa/${manifest.label}`
}
