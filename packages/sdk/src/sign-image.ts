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
import { createFileBuffers, type FileBuffers } from './file-buffers.ts'
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

/** Takes a credential into use. */
export async function createLocalSigner(
  csc: Api['csc'],
  options: CredentialOptions,
  now: () => Date,
): Promise<LocalSigner> {
  const key = await openCredentialKey(csc, options, now)
  const { signer, certificates, timeStamp } = key
  const buffers = createFileBuffers()

  return {
    ...key,
    async signImage(file, { to, timestamp = true, signal, ...manifest } = {}) {
      const opened = await openedAsset(file, buffers)
      try {
        signal?.throwIfAborted()
        const title = manifest.title ?? opened.name
        const signOptions: SignOptions = {
          claimGenerator: { name: 'Countersign SDK', version: VERSION },
          ...manifest,
          ...(title !== undefined && { title }),
          ...(opened.name !== undefined && { parentTitle: opened.name }),
          signer,
          certificates,
          now,
          ...(timestamp && { timeStamp }),
        }
        if (to !== undefined && opened.asset instanceof Uint8Array)
          return await signedTo(to, opened.asset, signOptions, { signal, recycle: opened.recycle })
        const { asset, format, manifestLabel } = await sign(opened.asset as AssetReader, signOptions)
        signal?.throwIfAborted()
        const size = 'size' in asset ? asset.size : (asset as Uint8Array).length
        if (to !== undefined) await writeFile(to, piecesOf(asset))
        const bytes = to === undefined ? await bytesOf(asset) : new Uint8Array()
        return { bytes, mediaType: format, manifestLabel, size }
      } finally {
        await opened.close()
      }
    },
  }
}

/** Nothing of the asset is copied but into the file. */
async function signedTo(
  to: string,
  asset: Uint8Array,
  options: SignOptions,
  { signal, recycle }: Pick<OpenedAsset, 'recycle'> & { readonly signal: AbortSignal | undefined },
): Promise<LocallySigned> {
  const { parts, format, manifestLabel, hadManifest } = await signInParts(asset, options)
  signal?.throwIfAborted()
  const pieces = parts.map((part) => bytesOfPart(asset, part))
  await writeFile(to, pieces)
  const size = pieces.reduce((sum, { length }) => sum + length, 0)
  // What was verified may be remembered, with the bytes that it was read from.
  if (!hadManifest) recycle()
  return { bytes: new Uint8Array(), mediaType: format, manifestLabel, size }
}

/** A file as c2pa reads it; whoever has it closes it. */
export type OpenedAsset = {
  readonly asset: Asset
  readonly name: string | undefined
  close(): Promise<void>
  /** Gives back the memory that the asset is in: nothing may refer to it any more. */
  recycle(): void
}

async function openedAsset(source: Source, buffers: FileBuffers): Promise<OpenedAsset> {
  if (typeof source === 'string') return openAsset(source, buffers)
  // What the caller has stays his.
  const given = { close: async (): Promise<void> => {}, recycle: (): void => {} }
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
