/** Manifest stores of any shape, well signed: for what no honest signer writes. */
import { concatBytes, utf8Bytes } from '@countersign/codec'
import { digest, ecdsaSignatureToRaw, timeStampRequest } from '@countersign/pki'
import type { CborValue } from '../../src/cbor.ts'
import { encodeCbor } from '../../src/cbor-encode.ts'
import type { TimeStampAuthority } from '../../src/claim/time-stamp.ts'
import { encodeCoseSign1, signatureStructure } from '../../src/cose/sign1.ts'
import { bytesOf } from '../../src/formats/asset.ts'
import type { Part } from '../../src/formats/asset-format.ts'
import { encodeBox } from '../../src/jumbf/box.ts'
import {
  ASSERTION_STORE,
  CBOR_CONTENT,
  CLAIM,
  CLAIM_SIGNATURE,
  JSON_CONTENT,
  MANIFEST,
  MANIFEST_STORE,
  UPDATE_MANIFEST,
} from '../../src/jumbf/content-type.ts'
import { decodeSuperbox, encodeSuperbox, hashedPart, isSuperbox, type Superbox } from '../../src/jumbf/superbox.ts'
import { credential } from '../credential.ts'
import { inspect } from '../inspect.ts'
import { noise } from '../pictures.ts'

export const signer: Awaited<ReturnType<typeof credential>> = await credential()

/** The picture that manifests are forged for. */
export const picture: Uint8Array = new Uint8Array(await noise(24, 24).png().toBuffer())

export type Boxes = {
  /** Hashed URI to an assertion of the manifest, or to another manifest by its label. */
  reference(label: string): CborValue
  /** Hashed URI to the signature of another manifest. */
  signature(label: string): CborValue
  /** What a data hash of the picture says, whose exclusion covers the container. */
  readonly dataHash: CborValue
  /** The asset as it will be, but for what is in its manifest store. */
  readonly placed: Uint8Array
}

/** What an assertion holds: CBOR, or JSON as text. */
export type Content = (boxes: Boxes) => CborValue | string | Promise<CborValue>

export type ForgedManifest = {
  readonly label: string
  readonly isUpdate?: boolean
  /** Its JUMBF type, where it is neither a standard manifest nor an update. */
  readonly type?: string
  /** How it goes into the store, in the place of itself. */
  readonly stored?: (manifest: Uint8Array) => Uint8Array
  /** What its signature is as it stands, in the place of itself. */
  readonly cose?: (sign1: Uint8Array) => Uint8Array
  /** A claim as version 1 has it. */
  readonly isVersion1?: boolean
  /** Gives a token as versions 1.x had them, over the claim. */
  readonly timeStamp?: TimeStampAuthority
  /** Put into the protected header of its signature, over what that has. */
  readonly protectedHeader?: readonly (readonly [label: CborValue, value: CborValue])[]
  /** In order; each may refer to those before it. */
  readonly assertions: readonly (readonly [label: string, content: Content])[]
  /** Labels of those that the claim has gathered: the others it has created. */
  readonly gathered?: readonly string[]
  /** Put into the claim, over what it has. */
  readonly claim?: { readonly [field: string]: CborValue }
}

type Built = { readonly bytes: Uint8Array; readonly uri: string }

const box = (type: string, label: string, ...content: readonly Uint8Array[]): Uint8Array =>
  encodeSuperbox({ type, label, requestable: true }, ...content)

const hashOf = (bytes: Uint8Array): Uint8Array => digest('sha256', hashedPart(decodeSuperbox(bytes)))

async function manifest(
  forged: ForgedManifest,
  asset: Pick<Boxes, 'dataHash' | 'placed'>,
  others: ReadonlyMap<string, Built>,
): Promise<Uint8Array> {
  const built = new Map<string, Built>(others)
  const reference = (label: string): CborValue => {
    const target = built.get(label)
    return {
      url: target?.uri ?? `self#jumbf=c2pa.assertions/${label}`,
      hash: target ? hashOf(target.bytes) : new Uint8Array(32),
    }
  }
  const signatureOf = (label: string): CborValue => {
    const target = decodeSuperbox(built.get(label)?.bytes ?? new Uint8Array())
    const box = target.boxes.filter(isSuperbox).at(-1) as Superbox
    return { url: `self#jumbf=/c2pa/${label}/c2pa.signature`, hash: digest('sha256', hashedPart(box)) }
  }
  const assertions: Uint8Array[] = []
  for (const [label, content] of forged.assertions) {
    const value = await content({ reference, signature: signatureOf, ...asset })
    const bytes =
      typeof value === 'string'
        ? box(JSON_CONTENT, label, encodeBox('json', utf8Bytes(value)))
        : box(CBOR_CONTENT, label, encodeBox('cbor', encodeCbor(value)))
    built.set(label, { bytes, uri: `self#jumbf=c2pa.assertions/${label}` })
    assertions.push(bytes)
  }
  const { gathered = [] } = forged
  const labels = forged.assertions.map(([label]) => label)
  const claim = encodeCbor({
    instanceID: 'xmp:iid:1',
    ...(forged.isVersion1
      ? { claim_generator: 'forge', 'dc:format': 'image/png' }
      : { claim_generator_info: { name: 'forge' } }),
    signature: 'self#jumbf=c2pa.signature',
    [forged.isVersion1 ? 'assertions' : 'created_assertions']: labels
      .filter((label) => !gathered.includes(label))
      .map(reference),
    ...(gathered.length > 0 ? { gathered_assertions: gathered.map(reference) } : {}),
    alg: 'sha256',
    ...forged.claim,
  })
  const protectedBytes = encodeCbor(
    new Map<CborValue, CborValue>([[1, -7], [33, signer.certificates], ...(forged.protectedHeader ?? [])]),
  )
  const signature = await signer.signer.sign(signatureStructure('Signature1', protectedBytes, claim))
  const sign1 = encodeCoseSign1({
    protectedBytes,
    unprotectedHeader: forged.timeStamp ? await version1Stamp(forged.timeStamp, protectedBytes, claim) : new Map(),
    signature: ecdsaSignatureToRaw(signature, 32),
  })
  return box(
    forged.type ?? (forged.isUpdate ? UPDATE_MANIFEST : MANIFEST),
    forged.label,
    box(ASSERTION_STORE, 'c2pa.assertions', ...assertions),
    box(CLAIM, forged.isVersion1 ? 'c2pa.claim' : 'c2pa.claim.v2', encodeBox('cbor', claim)),
    box(CLAIM_SIGNATURE, 'c2pa.signature', encodeBox('cbor', forged.cose?.(sign1) ?? sign1)),
  )
}

async function version1Stamp(
  authority: TimeStampAuthority,
  protectedBytes: Uint8Array,
  claim: Uint8Array,
): Promise<ReadonlyMap<CborValue, CborValue>> {
  const hash = digest('sha256', signatureStructure('CounterSignature', protectedBytes, claim))
  const response = await authority(timeStampRequest({ hash, algorithm: 'sha256', certReq: true }))
  return new Map([['sigTst', { tstTokens: [{ val: response }] }]])
}

/** A store of that length with nothing in it. */
function emptyStore(length: number): Uint8Array {
  const filled = (rest: number) => box(MANIFEST_STORE, 'c2pa', encodeBox('free', new Uint8Array(rest)))
  return filled(Math.max(0, length - filled(0).length))
}

/**
 * The asset, of any format, with these manifests, the last one active. `alter` changes a manifest after it was signed.
 */
export async function forge(
  manifests: readonly ForgedManifest[],
  alter: (label: string, bytes: Uint8Array) => Uint8Array = (_, bytes) => bytes,
  asset: Uint8Array = picture,
): Promise<Uint8Array> {
  const embedding = inspect(asset)?.embedding
  if (!embedding) throw new Error('the asset can hold no manifest store')
  const withStore = (store: Uint8Array): Uint8Array => {
    const container = new Uint8Array(embedding.containerLength(store.length))
    embedding.writeContainer(container, 0, store)
    const { before, after } = embedding.surroundings(container.length)
    const bytes = (parts: readonly Part[]) => parts.map((part) => bytesOf(asset, part))
    return concatBytes([...bytes(before), container, ...bytes(after)])
  }
  for (let empty = emptyStore(0); ; ) {
    const placed = withStore(empty)
    const container = inspect(placed)?.manifestStore?.container ?? { start: 0, length: 0 }
    const { start, length } = container
    const dataHash = {
      exclusions: [{ start, length }],
      alg: 'sha256',
      hash: digest('sha256', concatBytes([placed.subarray(0, start), placed.subarray(start + length)])),
      pad: new Uint8Array(),
    }
    const others = new Map<string, Built>()
    const stored: Uint8Array[] = []
    for (const forged of manifests) {
      const signed = await manifest(forged, { dataHash, placed }, others)
      const bytes = forged.stored?.(signed) ?? signed
      others.set(forged.label, { bytes, uri: `self#jumbf=/c2pa/${forged.label}` })
      stored.push(alter(forged.label, bytes))
    }
    const store = box(MANIFEST_STORE, 'c2pa', ...stored)
    if (store.length === empty.length) return withStore(store)
    empty = emptyStore(store.length)
  }
}

/** A manifest label of the form that the specification asks for. */
export function manifestLabel(number: number): string {
  return `urn:c2pa:00000000-0000-4000-8000-${number.toString().padStart(12, '0')}`
}

/** A list of actions that begins as it has to. */
export const CREATED: CborValue = {
  actions: [
    { action: 'c2pa.created', digitalSourceType: 'http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture' },
  ],
}

/** The bytes with the last byte of `text` changed. */
export function tampered(bytes: Uint8Array, text: string): Uint8Array {
  const changed = concatBytes([bytes])
  const position = Buffer.from(bytes).indexOf(text) + text.length - 1
  changed[position] = (changed[position] as number) ^ 1
  return changed
}
