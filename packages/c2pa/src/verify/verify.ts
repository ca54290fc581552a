/**
 * Verification of an asset, step by step as C2PA 2.2 chapter 15 has it: a file a step.
 *
 *     §15.5 locate.ts, manifest/compressed.ts            §15.6 claim.ts
 *     §15.7 signature.ts, cose-credential.ts, signing-credential.ts, trust.ts
 *     §15.8 time-stamp.ts          §15.9 revocation.ts, responder.ts
 *     §15.10 assertions.ts, manifest-assertions.ts, actions.ts, known-assertions.ts
 *     §15.10.3 references.ts, metadata-assertion.ts, cloud-data.ts, external-reference.ts, alternative-content.ts
 *     §15.10.4 external-data.ts, referenced-data.ts
 *     §15.11 lineage.ts, ingredients.ts                  §15.12 content-binding.ts, data-hash.ts, bmff-hash.ts
 *     CAWG Identity Assertion 1.1 §7: cawg/identity.ts
 */
import { type Asset, headOf } from '../formats/asset.ts'
import type { AssetFormat, MediaType } from '../formats/asset-format.ts'
import { assetFormat } from '../formats/detect.ts'
import { decompressed } from '../manifest/compressed.ts'
import { activeManifest, type Manifest } from '../manifest/store.ts'
import { type Finding, finding } from '../report/finding.ts'
import { type ManifestReport, type Report, validationState } from '../report/report.ts'
import { BoxHashes } from './box-hashes.ts'
import { validateIdentities } from './cawg/identity.ts'
import { validateContent } from './content-binding.ts'
import { type ExternalData, retrieveExternalData } from './external-data.ts'
import type { Fetchers } from './fetchers.ts'
import { validateIngredients } from './ingredients.ts'
import { type Lineage, lineageOf } from './lineage.ts'
import { type Elsewhere, isUnreadable, locateManifestStore, STORE_URI } from './locate.ts'
import { type ManifestValidation, manifestReport, unchecked, validateManifest } from './manifest-validation.ts'
import { retrieveExternalReferences } from './referenced-data.ts'
import { checkOptions } from './sensible-options.ts'
import { signingPurposes } from './signing-credential.ts'
import { telling, told } from './told.ts'
import { decodeCertificates } from './trust.ts'
import { MOST_EVIDENCE, manifestUri, type TrustAnchors, type Verification } from './verification.ts'

/** Whom to believe, and as of when. Certificates are DER; the same array handed in again is not decoded again. */
export type VerifyOptions = {
  /** Anchors for signers of claims. C2PA 2.2 §14.4.1. */
  readonly trust: readonly Uint8Array[]
  /** Anchors for time-stamp authorities. §14.4.2. */
  readonly tsaTrust: readonly Uint8Array[]
  /** Signers' certificates that are trusted as they are, self-signed ones too. §14.4.3. */
  readonly allowed?: readonly Uint8Array[]
  /** Extended key usages that the signers' anchors are for: claim signing and its older stand-ins unless said. */
  readonly purposes?: readonly string[]
  /** Anchors for the actors of identity assertions: none unless said, since who may sign claims may not vouch for persons. CAWG Identity Assertion 1.1 §8.2.3. */
  readonly identityTrust?: readonly Uint8Array[]
  /** DIDs of aggregators of identity claims that are believed: none unless said. CAWG Identity Assertion 1.1 §8.1.6.4. */
  readonly identityIssuers?: readonly string[]
  /** A manifest store that comes beside the asset, a `.c2pa` file: it counts where the asset holds none. §11.4. */
  readonly manifestStore?: Uint8Array
  /** Where the asset is the initialization segment of fragmented media: all fragments of its tracks, each a file, in order. §15.12.2.2. */
  readonly fragments?: readonly Asset[]
  /** Where the asset is the manifest store of a collection: its files, by their URIs relative to it. §18.8. */
  readonly collection?: ReadonlyMap<string, Asset>
  /** What may be fetched, and how: nothing unless said. */
  readonly fetchers?: Fetchers
  readonly now: Date
}

const NONE: readonly Uint8Array[] = []

/**
 * Verifies an asset; a Blob is read piece by piece, as often as its content is hashed and its structure walked. Whatever the bytes are, the
 * outcome is a report: only options that make no sense throw, PkiError or C2paError, and a Blob that can't be read, C2paError `unreadable_asset`.
 */
export async function verify(asset: Asset, options: VerifyOptions): Promise<Report> {
  checkOptions(asset, options)
  const anchors: TrustAnchors = {
    signers: decodeCertificates(options.trust),
    timeStampAuthorities: decodeCertificates(options.tsaTrust),
    allowed: decodeCertificates(options.allowed ?? NONE),
    purposes: options.purposes ?? signingPurposes,
    identities: decodeCertificates(options.identityTrust ?? NONE),
    identityIssuers: options.identityIssuers ?? [],
  }
  const head = await headOf(asset)
  const format = assetFormat(head)
  const mediaType = format?.recognizes(head)
  const elsewhere = { manifestStore: options.manifestStore, fetchers: options.fetchers ?? {} }
  const beside = { fragments: options.fragments ?? [], collection: options.collection ?? new Map() }
  try {
    return await verifyAsset(asset, beside, format, mediaType, anchors, elsewhere, options.now)
  } catch (error) {
    if (isUnreadable(error)) throw error
    const message = error instanceof Error ? error.message : String(error)
    return rejected(mediaType, options.now, finding('general.error', STORE_URI, message))
  }
}

async function verifyAsset(
  asset: Asset,
  beside: Pick<Verification, 'fragments' | 'collection'>,
  assetFormat: AssetFormat | undefined,
  guessedType: MediaType | undefined,
  anchors: TrustAnchors,
  elsewhere: Elsewhere,
  now: Date,
): Promise<Report> {
  const located = await locateManifestStore(asset, assetFormat, elsewhere)
  if ('code' in located) return rejected(guessedType, now, located)
  const { container, format, mediaType } = located
  const store = await decompressed(located.store)
  const active = activeManifest(store)
  if (!active) return rejected(mediaType, now, finding('claim.missing', STORE_URI, 'the manifest store is empty'))
  const hashes = new BoxHashes()
  const lineage = lineageOf(store, active, hashes)
  const { redactions, redactedManifests, timeStamps, ocspResponses } = lineage
  const verification: Verification = {
    asset,
    ...beside,
    format,
    container,
    store,
    anchors,
    fetchers: elsewhere.fetchers,
    answers: new Map(),
    now,
    hashes,
    redactions,
    redactedManifests,
    timeStamps,
    ocspResponses,
    evidence: { left: MOST_EVIDENCE },
  }

  const left = telling()
  const validations = new Map<Manifest, ManifestValidation>()
  const validationOf = async (manifest: Manifest): Promise<ManifestValidation> => {
    const known = validations.get(manifest)
    if (known) return known
    const all = await validateManifest(verification, manifest)
    const validation = { ...all, findings: told(left, manifestUri(manifest), all.findings) }
    validations.set(manifest, validation)
    return validation
  }
  const validation = await validationOf(active)
  const { claim, assertions } = validation
  const ofAsset: Finding[] = []
  await validateBinding(verification, active, lineage, validationOf, ofAsset)
  await validateIdentities(verification, validation, ofAsset)
  const findings = [...validation.findings, ...told(left, manifestUri(active), ofAsset)]
  if (lineage.isCut) findings.push(finding('general.error', manifestUri(active), 'more ingredients than are followed'))
  if (lineage.isCyclic)
    findings.push(finding('general.error', manifestUri(active), 'ingredients lead back to themselves'))
  const ingredientDeltas = await validateIngredients(verification, lineage, validationOf, left)
  const state = validationState(findings, ingredientDeltas)
  const context = claim && state !== 'Invalid' ? { verification, manifest: active, claim, findings } : undefined
  const externalData = context && (await retrieveExternalData(context, assertions))
  if (context) await retrieveExternalReferences(context, assertions)
  return {
    state,
    format: mediaType,
    validatedAt: now,
    activeManifest: active.label,
    manifests: store.manifests.map((manifest) =>
      withExternalData(manifestReport(validations.get(manifest) ?? unchecked(verification, manifest)), externalData),
    ),
    findings,
    ingredientDeltas,
  }
}

/** §15.12: by the active manifest's own hard binding, or for an update manifest by that of the first standard one above it. */
async function validateBinding(
  verification: Verification,
  active: Manifest,
  { descents }: Lineage,
  validationOf: (manifest: Manifest) => Promise<ManifestValidation>,
  findings: Finding[],
): Promise<void> {
  const passed = new Set<Manifest>()
  let bound: Manifest | undefined = active
  while ((bound?.kind === 'update' || bound?.kind === 'timeStamp') && !passed.has(bound)) {
    passed.add(bound)
    const parent = descents.find(({ from, ingredient }) => from === bound && ingredient?.relationship === 'parentOf')
    bound = parent?.manifest
  }
  if (bound?.kind !== 'standard') {
    if (bound?.kind !== 'compressed') findings.push(finding('claim.hardBindings.missing', manifestUri(active)))
    return
  }
  const { claim, assertions } = await validationOf(bound)
  const isChecked = claim && (await validateContent(verification, claim, assertions, bound !== active, findings))
  // What is missing from a standard manifest its own checks have told; what an update manifest records may hide them.
  if (!isChecked && bound !== active) findings.push(finding('claim.hardBindings.missing', manifestUri(active)))
}

function withExternalData(report: ManifestReport, externalData: ExternalData | undefined): ManifestReport {
  if (!externalData?.size) return report
  return {
    ...report,
    assertions: report.assertions.map((assertion) => {
      const retrieved = externalData.get(assertion.uri)
      return retrieved ? { ...assertion, retrieved } : assertion
    }),
  }
}

function rejected(mediaType: MediaType | undefined, now: Date, reason: Finding): Report {
  return {
    state: 'Invalid',
    ...(mediaType ? { format: mediaType } : {}),
    validatedAt: now,
    manifests: [],
    findings: [reason],
    ingredientDeltas: [],
  }
}
