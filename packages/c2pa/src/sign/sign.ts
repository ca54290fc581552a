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
import { INGREDIENT_THUMBNAIL_LABEL, type Parent, parentAssertion } from '../assertions/ingredient.ts'
import { C2paError } from '../c2pa-error.ts'
import { encodeClaim } from '../claim/claim.ts'
import { claimSigner, TokenTooLong } from '../claim/claim-signature.ts'
import { type Asset, type AssetReader, headOf, walk } from '../formats/asset.ts'
import { type ByteRange, checkStoreLength, type Embedding, type MediaType, type Part } from '../formats/asset-format.ts'
import { signableFormat } from '../formats/detect.ts'
import { encodeManifestStore, manifestStoreLength } from '../manifest/encode.ts'
import type { Report } from '../report/report.ts'
import { verify } from '../verify/verify.ts'
import { assembled } from './assemble.ts'
import { type HardBinding, hardBinding } from './hard-binding.ts'
import { customAssertions, type SignedAsset, type SignedParts, type SignOptions } from './options.ts'
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
 * What is not in memory never is as a whole: it is hashed piece by piece, and the signed asset reads its content from there. `piecesOf` writes
 * it somewhere else.
 */
export function sign(asset: Uint8Array, options: SignOptions): Promise<SignedAsset>
export function sign(asset: Blob, options: SignOptions): Promise<SignedAsset<Blob>>
export function sign(asset: AssetReader, options: SignOptions): Promise<SignedAsset<AssetReader>>
export async function sign(asset: Asset, options: SignOptions): Promise<SignedAsset<Asset>> {
  const { parts, ...signed } = await signInParts(asset, options)
  return { asset: assembled(asset, parts, signed, options.allocate), ...signed }
}

/** Signs as `sign` does, and leaves it to the caller to put the signed asset together. */
export async function signInParts(asset: Asset, options: SignOptions): Promise<SignedParts> {
  const format = signableFormat(await headOf(asset))
  const layout = await walk(asset, format.inspect)
  if (layout.damage) throw layout.damage
  const { embedding, mediaType } = layout
  if (!embedding) throw new C2paError('unsupported_format', `This ${format.name} can't hold a manifest store.`)

  const { hashAlgorithm = 'sha256', randomBytes: random = randomBytes, now = () => new Date() } = options
  const randomness = random(48)
  const identity = {
    label: `urn:c2pa:${uuid(randomness.subarray(0, 16))}`,
    instanceId: `xmp:iid:${uuid(randomness.subarray(16, 32))}`,
    parentInstanceId: `xmp:iid:${uuid(randomness.subarray(32))}`,
  }
  const signer = claimSigner({ ...options, ocspResponses: options.ocspResponses ?? [] })
  const known = hashAlgorithm === 'sha256' && !layout.manifestStore ? options.assetHash : undefined
  const binding = hardBinding(asset, embedding, hashAlgorithm, known)
  const carried = await carriedStore(asset, layout, options.verifyParent ?? verifiedByNoOne(now))
  const plan: Plan = {
    embedding,
    binding,
    identity,
    hashAlgorithm,
    carried: carried?.boxes ?? [],
    statements: statements(options, identity.parentInstanceId, mediaType, hashAlgorithm, carried),
  }

  const { store, draft } = await signedStore(plan, options, signer, options.timeStampLength ?? TIME_STAMP_LENGTH)
  const container = new Uint8Array(draft.container.length)
  embedding.writeContainer(container, 0, store)
  const { before, after } = embedding.surroundings(container.length)
  return {
    parts: [...before.map(owned), container, ...after.map(owned)],
    format: mediaType,
    manifestLabel: identity.label,
    instanceId: identity.instanceId,
    contentHash: draft.hash,
    contentHashAlgorithm: hashAlgorithm,
    hadManifest: carried !== undefined,
    isParentCarried: carried?.provenance.carried !== undefined,
    container: draft.container,
  }
}

/** What a format adds may be the same bytes for every asset: the caller gets its own, and may give them away. */
function owned(part: Part): Part {
  return part instanceof Uint8Array ? part.slice() : part
}

/** Who trusts no one can tell whether a manifest is whole, though not who signed it. */
function verifiedByNoOne(now: () => Date): (asset: Asset) => Promise<Report> {
  return (asset) => verify(asset, { trust: [], tsaTrust: [], now: now() })
}

/** An assertion and where the claim lists it. */
type Statement = { readonly assertion: Assertion; readonly reference: HashedUri; readonly created: boolean }

type Plan = {
  readonly embedding: Embedding
  readonly binding: HardBinding
  readonly identity: { readonly label: string; readonly instanceId: string }
  readonly hashAlgorithm: ContentHashAlgorithm
  readonly carried: readonly Uint8Array[]
  readonly statements: readonly Statement[]
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

/** A claim with the assertion that binds it, for the container that it will stand in. */
type Draft = {
  readonly container: ByteRange
  readonly hash: Uint8Array
  readonly binding: Assertion
  readonly claim: Uint8Array
}

type SignedStore = { readonly store: Uint8Array; readonly draft: Draft }

/** The store, signed. A time-stamp token that is longer than thought takes a second round with the room it needs. */
async function signedStore(
  plan: Plan,
  options: SignOptions,
  signer: ReturnType<typeof claimSigner>,
  timeStampLength: number,
  isSecondRound = false,
): Promise<SignedStore> {
  const { timeStamp: authority, randomBytes: random = randomBytes } = options
  const room = signer.room(authority ? timeStampLength : undefined)
  const draft = await boundClaim(plan, options, room.length)
  const { claim } = draft
  const assertions = [...plan.statements.map(({ assertion }) => assertion), draft.binding]
  const timeStamp = authority && { authority, algorithm: plan.hashAlgorithm, randomBytes: random }
  try {
    const signature = await signer.sign(claim, timeStamp, room)
    const store = encodeManifestStore(plan.carried, { label: plan.identity.label, assertions, claim, signature })
    return { store, draft }
  } catch (error) {
    if (!(error instanceof TokenTooLong)) throw error
    if (isSecondRound) throw new C2paError('time_stamp', 'The time-stamp tokens grow from one to the next.')
    return signedStore(plan, options, signer, error.tokenLength + 256, true)
  }
}

/** The claim around a signature of that length. Where the hash depends on the container, that is measured with another in its place. */
async function boundClaim(plan: Plan, options: SignOptions, signatureLength: number): Promise<Draft> {
  const { binding } = plan
  const early = binding.isFixed ? await binding.hash(0) : binding.placeholder
  const draft = draftOf(plan, options, signatureLength, early)
  if (binding.isFixed) return draft
  const hash = await binding.hash(draft.container.length)
  const assertion = binding.assertion(hash, draft.container)
  return { ...draft, hash, binding: assertion, claim: claimOver(plan, options, assertion) }
}

/** What the last container of a signer took: the likeliest length of its next one. */
const lastLengths = new WeakMap<Signer, number>()

/**
 * The claim in a container as long as it takes. The hard binding states how long that is, and with its digits the
 * container grows: a few rounds find the length that is its own consequence.
 */
function draftOf(plan: Plan, options: SignOptions, signatureLength: number, hash: Uint8Array): Draft {
  const { embedding, identity, statements: others } = plan
  const carriedLength = plan.carried.reduce((total, box) => total + box.length, 0)
  const othersLength = others.reduce((total, { assertion }) => total + assertion.bytes.length, 0)
  let length = lastLengths.get(options.signer) ?? LIKELY_LENGTH
  for (let round = 0; round < 8; round++) {
    const container = { start: embedding.position, length }
    const binding = plan.binding.assertion(hash, container)
    const claim = claimOver(plan, options, binding)
    const storeLength = manifestStoreLength(identity.label, {
      carried: carriedLength,
      assertions: othersLength + binding.bytes.length,
      claim: claim.length,
      signature: signatureLength,
    })
    checkStoreLength(storeLength)
    const needed = embedding.containerLength(storeLength)
    if (needed === length) {
      lastLengths.set(options.signer, length)
      return { container, hash, binding, claim }
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
