/** Signing where the file is: what is signed for is a hash of the claim, and nothing of the file goes to the platform. */
import {
  type Asset,
  type AssetReader,
  bytesOf as bytesOfPart,
  piecesOf,
  type SignOptions,
  sign,
  signInParts,
} from '@countersign/c2pa'
import { openAsset, writeFile } from '#platform'
import type { Api } from './api.ts'
import type { CallOptions } from './call.ts'
import { type CredentialKey, type CredentialOptions, openCredentialKey } from './credential-key.ts'
import type { Source } from './source.ts'
import { VERSION } from './version.ts'

/** What the manifest says, and where the signed file goes. */
export type SignImageOptions = CallOptions &
  Partial<
    Pick<
      SignOptions,
      | 'title'
      | 'digitalSourceType'
      | 'assertions'
      | 'thumbnail'
      | 'hashAlgorithm'
      | 'claimGenerator'
      | 'softwareAgent'
      | 'allActionsIncluded'
      | 'verifyParent'
    >
  > & {
    /** false leaves it out. */
    readonly timestamp?: boolean
    /** Writes the signed file there (on Node), all of it or nothing; files of any size, then. */
    readonly to?: string
  }

/** A file that was signed where it is. */
export type LocallySigned = {
  /** Empty where the file was written by `to`. */
  readonly bytes: Uint8Array
  readonly mediaType: string
  readonly manifestLabel: string
  readonly size: number
}

/** A credential that signs files where they are, and whatever else `signer` is given. */
export type LocalSigner = CredentialKey & {
  /** Signs a file; many at once share what they ask of the platform. */
  signImage(file: Source, options?: SignImageOptions): Promise<LocallySigned>
}

/** Takes a credential into use; many files of this machine are read and written by `files`. */
export async function createLocalSigner(
  csc: Api['csc'],
  options: CredentialOptions,
  now: () => Date,
  files: () => FileThreads,
): Promise<LocalSigner> {
  let opening = 0
  const key = await openCredentialKey(csc, options, now, () => opening)
  const { signer, certificates, timeStamp } = key
  const isForMany = (options.signatures ?? 1) > 1

  async function opened(file: Source): Promise<OpenedAsset> {
    if (typeof file !== 'string' || !isForMany) return openedAsset(file)
    opening++
    try {
      return await files().open(file)
    } finally {
      opening--
    }
  }

  return {
    ...key,
    async signImage(file, { to, timestamp = true, signal, ...manifest } = {}) {
      const asset = await opened(file)
      try {
        signal?.throwIfAborted()
        const title = manifest.title ?? asset.name
        const signOptions: SignOptions = {
          claimGenerator: { name: 'Countersign SDK', version: VERSION },
          ...manifest,
          ...(title !== undefined && { title }),
          ...(asset.name !== undefined && { parentTitle: asset.name }),
          ...(asset.hash && { assetHash: asset.hash }),
          signer,
          certificates,
          now,
          ...(timestamp && { timeStamp }),
        }
        return await (to === undefined
          ? signedBytes(asset, signOptions, signal)
          : signedTo(to, asset, signOptions, signal))
      } finally {
        await asset.close()
      }
    },
  }
}

async function signedBytes(
  { asset }: OpenedAsset,
  options: SignOptions,
  signal: AbortSignal | undefined,
): Promise<LocallySigned> {
  const signed = await sign(asset as AssetReader, options)
  signal?.throwIfAborted()
  const bytes = await bytesOf(signed.asset)
  return { bytes, mediaType: signed.format, manifestLabel: signed.manifestLabel, size: bytes.length }
}

/** Nothing of an asset in memory is copied but into the file. */
async function signedTo(
  to: string,
  { asset, write }: OpenedAsset,
  options: SignOptions,
  signal: AbortSignal | undefined,
): Promise<LocallySigned> {
  const written = { bytes: new Uint8Array() }
  if (!(asset instanceof Uint8Array)) {
    const { asset: signed, format, manifestLabel } = await sign(asset as AssetReader, options)
    signal?.throwIfAborted()
    await write(to, piecesOf(signed))
    return { ...written, mediaType: format, manifestLabel, size: signed.size }
  }
  const { parts, format, manifestLabel } = await signInParts(asset, options)
  signal?.throwIfAborted()
  const pieces = parts.map((part) => bytesOfPart(asset, part))
  await write(to, pieces)
  return { ...written, mediaType: format, manifestLabel, size: pieces.reduce((sum, { length }) => sum + length, 0) }
}

/** A file as c2pa reads it; whoever has it closes it, and then its bytes are others'. */
export type OpenedAsset = {
  readonly asset: Asset
  readonly name: string | undefined
  /** SHA-256 of all of it, where it is known. */
  readonly hash?: Uint8Array
  /** Writes what was made of it, all of it or nothing. */
  write(path: string, pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void>
  close(): Promise<void>
}

/** Threads that read, hash and write files. */
export type FileThreads = {
  open(path: string): Promise<OpenedAsset>
  /** Ends them; what was asked for and is not done fails. */
  end(): void
}

async function openedAsset(source: Source): Promise<OpenedAsset> {
  if (typeof source === 'string') return openAsset(source)
  // What the caller has stays his.
  const given = { write: writeFile, close: async (): Promise<void> => {} }
  if (source instanceof Uint8Array) return { asset: source, name: undefined, ...given }
  if (source instanceof Blob)
    return { asset: source, name: 'name' in source ? String(source.name) : undefined, ...given }
  const pieces: Uint8Array<ArrayBuffer>[] = []
  for await (const piece of source) pieces.push(piece as Uint8Array<ArrayBuffer>)
  // What comes once is looked at more than once.
  return { asset: await bytesOf(new Blob(pieces)), name: undefined, ...given }
}

async function bytesOf(asset: Asset): Promise<Uint8Array> {
  if (asset instanceof Uint8Array) return asset
  if (asset instanceof Blob) return new Uint8Array(await asset.arrayBuffer())
  return asset.read(0, asset.size)
}
