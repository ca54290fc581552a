/** Signing an asset in one pass: its bytes are hashed where they are, once, and copied to where they go, once. C2PA 2.2 §10. */
import { randomBytes, type Signer } from '@countersign/pki'
import { actionsAssertion, type Origin } from '../assertions/actions.ts'
import {
  type Assertion,
  assertionReference,
  type ContentHashAlgorithm,
  claimReference,
  fileAssertion,
  type HashedUri,
} from '../assertions/assertion.ts'
import { dataHashAssertion } from '../assertions/data-hash.ts'
import { INGREDIENT_THUMBNAIL_LABEL, type Parent, parentAssertion } from '../assertions/ingredient.ts'
import { C2paError } from '../c2pa-error.ts'
import { encodeClaim } from '../claim/claim.ts'
import { claimSigner, TokenTooLong } from '../claim/claim-signature.ts'
import { type Asset, checkBlobLength, hashRanges, headOf, isInMemory, lengthOf, walk } from '../formats/asset.ts'
import {
  type AssetLayout,
  type ByteRange,
  checkStoreLength,
  contentRanges,
  type MediaType,
} from '../formats/asset-format.ts'
import { assetFormat } from '../formats/detect.ts'
import { encodeManifestStore, manifestStoreLength } from '../manifest/encode.ts'
import type { Report } from '../report/report.ts'
import { verify } from '../verify/verify.ts'
import { customAssertions, type SignedAsset, type SignOptions } from './options.ts'
import { type CarriedStore, carriedStore } from './parent.ts'
import { uuid } from './uuid.ts'

const THUMBNAIL_LABEL = 'c2pa.thumbnail.claim'
/** A token of two RSA certificates takes about 6 KB. */
const TIME_STAMP_LENGTH = 8192
/** As many digits as the length of most containers has. */
const LIKELY_LENGTH = 16_384

/**
 * Binds a claim about the asset to it. A manifest that it has is carried along as its parent; one that states no
 * source and has no manifest is its own parent, of unknown origin. Throws C2paError for an asset that can't be signed.
 *
 * A Blob is never whole in memory: it is hashed piece by piece, and the signed one is put together from its slices.
 */
export function sign(asset: Uint8Array, options: SignOptions): Promise<SignedAsset>
export function sign(asset: Blob, options: SignOptions): Promise<SignedAsset<Blob>>
export async function sign(asset: Asset, options: SignOptions): Promise<SignedAsset<Asset>> {
  const format = assetFormat(await headOf(asset))
  if (!format) throw new C2paError('unsupported_format', 'The file is neither a JPEG nor a PNG image.')
  const layout = await walk(asset, format.inspect)
  if (layout.damage) throw layout.damage

  const { hashAlgorithm = 'sha256', randomBytes: random = randomBytes, now = () => new Date() } = options
  const randomness = random(48)
  const identity = {
    label: `urn:c2pa:${uuid(randomness.subarray(0, 16))}`,
    instanceId: `xmp:iid:${uuid(randomness.subarray(16, 32))}`,
    parentInstanceId: `xmp:iid:${uuid(randomness.subarray(32))}`,
  }
  const signer = claimSigner({ ...options, ocspResponses: options.ocspResponses ?? [] })
  const ranges = contentRanges(layout, lengthOf(asset))
  const known = hashAlgorithm === 'sha256' && !layout.manifestStore ? options.assetHash : undefined
  const contentHash = known ?? (await hashRanges(asset, [...ranges.before, ...ranges.after], hashAlgorithm))
  const carried = await carriedStore(asset, layout, options.verifyParent ?? verifiedByNoOne(now))
  const plan: Plan = {
    layout,
    identity,
    contentHash,
    hashAlgorithm,
    carried: carried?.boxes ?? [],
    statements: statements(options, identity.parentInstanceId, format.mediaType, hashAlgorithm, carried),
    start: totalOf(ranges.before),
  }

  const store = await signedStore(plan, options, signer, options.timeStampLength ?? TIME_STAMP_LENGTH)
  const container = { start: plan.start, length: layout.containerLength(store.length) }
  const parts: Parts = { ...ranges, layout, store, container, format: format.mediaType }
  return {
    asset: isInMemory(asset) ? copied(asset, parts, options.allocate) : composed(asset, parts),
    format: format.mediaType,
    manifestLabel: identity.label,
    instanceId: identity.instanceId,
    contentHash,
    contentHashAlgorithm: hashAlgorithm,
    hadManifest: carried !== undefined,
    isParentCarried: carried?.provenance.carried !== undefined,
    container,
  }
}

type Parts = {
  readonly before: readonly ByteRange[]
  readonly after: readonly ByteRange[]
  readonly layout: AssetLayout
  readonly store: Uint8Array
  /** In the signed asset. */
  readonly container: ByteRange
  readonly format: MediaType
}

function copied(
  asset: Uint8Array,
  { before, after, layout, store, container }: Parts,
  allocate: SignOptions['allocate'],
): Uint8Array {
  const length = container.start + container.length + totalOf(after)
  const output = allocate?.(length) ?? new Uint8Array(length)
  if (output.length !== length)
    throw new C2paError('invalid_option', `allocate gave ${output.length} bytes, not ${length}.`)
  copyRanges(asset, before, output, 0)
  layout.writeContainer(output, container.start, store)
  copyRanges(asset, after, output, container.start + container.length)
  return output
}

/** The content stays where it is: whoever reads the new Blob reads it from the old one. */
function composed(asset: Blob, { before, after, layout, store, container, format }: Parts): Blob {
  const length = container.start + container.length + totalOf(after)
  checkBlobLength(length)
  const containerBytes = new Uint8Array(container.length)
  layout.writeContainer(containerBytes, 0, store)
  const slices = (ranges: readonly ByteRange[]): Blob[] =>
    ranges.map(({ start, length }) => asset.slice(start, start + length))
  const signed = new Blob([...slices(before), containerBytes, ...slices(after)], { type: format })
  // Versions of Node take a slice across 2 GiB for an empty one (nodejs/node#52585).
  if (signed.size === length) return signed
  throw new C2paError('unreadable_asset', `Of ${length} bytes a Blob has ${signed.size} here.`)
}

/** Who trusts no one can tell whether a manifest is whole, though not who signed it. */
function verifiedByNoOne(now: () => Date): (asset: Asset) => Promise<Report> {
  return (asset) => verify(asset, { trust: [], tsaTrust: [], now: now() })
}

/** An assertion and where the claim lists it. */
type Statement = { readonly assertion: Assertion; readonly reference: HashedUri; readonly created: boolean }

type Plan = {
  readonly layout: AssetLayout
  readonly identity: { readonly label: string; readonly instanceId: string }
  readonly contentHash: Uint8Array
  readonly hashAlgorithm: ContentHashAlgorithm
  readonly carried: readonly Uint8Array[]
  readonly statements: readonly Statement[]
  /** Where the container of the store begins in the signed asset. */
  readonly start: number
}

/** Every assertion but the hard binding, in the order of the store. */
function statements(
  options: SignOptions,
  parentInstanceId: string,
  mediaType: MediaType,
  algorithm: ContentHashAlgorithm,
  carried: CarriedStore | undefined,
): Statement[] {
  const { thumbnail, parentThumbnail, digitalSourceType, claimGenerator } = options
  const title = options.parentTitle ?? options.title
  const made: Statement[] = []
  const add = (assertion: Assertion, created = true): Assertion => {
    made.push({ assertion, reference: claimReference(assertion, algorithm), created })
    return assertion
  }
  if (thumbnail) add(fileAssertion(THUMBNAIL_LABEL, thumbnail.format, thumbnail.bytes))
  let origin: Origin
  if (digitalSourceType !== undefined && !carried) {
    origin = { action: 'c2pa.created', digitalSourceType }
  } else {
    const picture =
      parentThumbnail && add(fileAssertion(INGREDIENT_THUMBNAIL_LABEL, parentThumbnail.format, parentThumbnail.bytes))
    const parent: Parent = {
      ...(title === undefined ? {} : { title }),
      format: mediaType,
      instanceId: parentInstanceId,
      ...(picture ? { thumbnail: assertionReference(picture, algorithm) } : {}),
      ...(carried ? { provenance: carried.provenance } : {}),
    }
    origin = {
      action: 'c2pa.opened',
      parent: assertionReference(add(parentAssertion(parent, algorithm)), algorithm),
    }
  }
  add(
    actionsAssertion(origin, {
      softwareAgent: options.softwareAgent ?? claimGenerator,
      when: (options.now ?? (() => new Date()))(),
      allActionsIncluded: options.allActionsIncluded ?? true,
    }),
  )
  for (const { assertion, created } of customAssertions(options.assertions ?? [])) add(assertion, created)
  return made
}

/** The store, signed. A time-stamp token that is longer than thought takes a second round with the room it needs. */
async function signedStore(
  plan: Plan,
  options: SignOptions,
  signer: ReturnType<typeof claimSigner>,
  timeStampLength: number,
  isSecondRound = false,
): Promise<Uint8Array> {
  const { timeStamp: authority, randomBytes: random = randomBytes } = options
  const tokenLength = authority ? timeStampLength : undefined
  const unsigned = unsignedParts(plan, options, signer.length(tokenLength))
  const timeStamp = authority && { authority, algorithm: plan.hashAlgorithm, randomBytes: random }
  try {
    const signature = await signer.sign(unsigned.claim, timeStamp, tokenLength)
    return encodeManifestStore(plan.carried, { label: plan.identity.label, ...unsigned, signature })
  } catch (error) {
    if (!(error instanceof TokenTooLong)) throw error
    if (isSecondRound) throw new C2paError('time_stamp', 'The time-stamp tokens grow from one to the next.')
    return signedStore(plan, options, signer, error.tokenLength + 256, true)
  }
}

/** What the last container of a signer took: the likeliest length of its next one. */
const lastLengths = new WeakMap<Signer, number>()

/**
 * Claim and assertions around a signature of that length. The hard binding states how long the store's container is,
 * and with its digits the container grows: a few rounds find the length that is its own consequence.
 */
function unsignedParts(
  plan: Plan,
  options: SignOptions,
  signatureLength: number,
): { claim: Uint8Array; assertions: readonly Assertion[] } {
  const { layout, identity, contentHash, hashAlgorithm, statements: others, start } = plan
  const carriedLength = plan.carried.reduce((total, box) => total + box.length, 0)
  const othersLength = others.reduce((total, { assertion }) => total + assertion.bytes.length, 0)
  let length = lastLengths.get(options.signer) ?? LIKELY_LENGTH
  for (let round = 0; round < 8; round++) {
    const binding = dataHashAssertion(contentHash, hashAlgorithm, { start, length })
    const claim = claimOver(plan, options, binding)
    const storeLength = manifestStoreLength(identity.label, {
      carried: carriedLength,
      assertions: othersLength + binding.bytes.length,
      claim: claim.length,
      signature: signatureLength,
    })
    checkStoreLength(storeLength)
    const needed = layout.containerLength(storeLength)
    if (needed === length) {
      lastLengths.set(options.signer, length)
      return { claim, assertions: [...others.map(({ assertion }) => assertion), binding] }
    }
    length = needed
  }
  throw new C2paError('too_large', 'The manifest store finds no length of its own.')
}

function claimOver(
  { statements, identity, hashAlgorithm }: Plan,
  options: SignOptions,
  binding: Assertion,
): Uint8Array {
  const { claimGenerator, title } = options
  const referencesOf = (created: boolean): HashedUri[] =>
    statements.filter((statement) => statement.created === created).map(({ reference }) => reference)
  return encodeClaim({
    instanceId: identity.instanceId,
    generator: claimGenerator,
    ...(title === undefined ? {} : { title }),
    algorithm: hashAlgorithm,
    created: [...referencesOf(true), claimReference(binding, hashAlgorithm)],
    gathered: referencesOf(false),
  })
}

function copyRanges(asset: Uint8Array, ranges: readonly ByteRange[], target: Uint8Array, position: number): void {
  let at = position
  for (const { start, length } of ranges) {
    target.set(asset.subarray(start, start + length), at)
    at += length
  }
}

function totalOf(ranges: readonly ByteRange[]): number {
  return ranges.reduce((total, { length }) => total + length, 0)
}
