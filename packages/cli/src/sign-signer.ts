/** What signs a file: here, where hashes of claims go to the platform; or there, where the file goes. */
import { open, readFile } from 'node:fs/promises'
import {
  type Countersign,
  CountersignError,
  type Credential,
  type SignImageOptions,
  type SignRemoteOptions,
} from '@countersign/sdk'
import { Refusal, VERSION } from '@countersign/server/settings'
import { type Platform, Refused } from './client-cert-platform.ts'
import { InputError } from './failure.ts'
import { type FileSigner, Stop } from './sign-batch.ts'
import type { OpenedCredential } from './sign-credential.ts'

/** What the manifests say. */
export type ManifestChoices = {
  readonly title: string | undefined
  /** A URL. */
  readonly digitalSourceType: string | undefined
  readonly hasThumbnail: boolean
  readonly hasTimestamp: boolean
}

/** Signs where the files are: hashes go to the platform, many of them under one PIN. */
export async function localSigner(
  platform: Platform,
  { credential, pin }: OpenedCredential,
  choices: ManifestChoices,
  signatures: number,
): Promise<FileSigner> {
  const { id: credentialId } = credential
  const options = { credentialId, signatures, ...(pin !== undefined && { pin }) }
  const signer = await platform.ask((api) => api.openCredential(options))
  const thumbnailOf = choices.hasThumbnail ? await thumbnails() : async () => undefined
  return async ({ file, out, size }, signal) => {
    const thumbnail = await thumbnailOf(file, size)
    const imageOptions: SignImageOptions = {
      ...manifestOf(choices),
      claimGenerator: { name: 'Countersign', version: VERSION },
      timestamp: choices.hasTimestamp,
      ...(thumbnail && { thumbnail }),
      to: out,
      signal,
    }
    return orStop(platform, () => signer.signImage(file, imageOptions))
  }
}

/** Has the platform sign them: the files go there and come back. */
export function remoteSigner(
  platform: Platform,
  opened: OpenedCredential | undefined,
  choices: ManifestChoices,
): FileSigner {
  const options: SignRemoteOptions = {
    ...manifestOf(choices),
    thumbnail: choices.hasThumbnail,
    timestamp: choices.hasTimestamp,
    ...(opened && { credentialId: opened.credential.id, ...ALGORITHMS[opened.credential.key_type] }),
    ...(opened?.pin !== undefined && { pin: opened.pin }),
  }
  return async ({ file, out }, signal) => {
    const { bytes, mediaType, manifestLabel } = await orStop(platform, (api) =>
      api.signRemote(file, { ...options, to: out, signal }),
    )
    return { mediaType, manifestLabel, size: bytes.length }
  }
}

function manifestOf({
  title,
  digitalSourceType,
}: ManifestChoices): Pick<SignImageOptions, 'title' | 'digitalSourceType'> {
  return { ...(title !== undefined && { title }), ...(digitalSourceType !== undefined && { digitalSourceType }) }
}

/** What the sign form has for the keys of credentials. RFC 8017 C, RFC 5758 §3.2, RFC 8410 §3. */
const RSASSA_PSS = { hashAlgo: 'SHA256', signAlgo: '1.2.840.113549.1.1.10' }
const ALGORITHMS: { readonly [K in Credential['key_type']]: Pick<SignRemoteOptions, 'hashAlgo' | 'signAlgo'> } = {
  p_256: { hashAlgo: 'SHA256', signAlgo: '1.2.840.10045.4.3.2' },
  p_384: { hashAlgo: 'SHA384', signAlgo: '1.2.840.10045.4.3.3' },
  p_521: { hashAlgo: 'SHA512', signAlgo: '1.2.840.10045.4.3.4' },
  rsa_2048: RSASSA_PSS,
  rsa_3072: RSASSA_PSS,
  rsa_4096: RSASSA_PSS,
  ed_25519: { hashAlgo: 'SHA256', signAlgo: '1.3.101.112' },
}

/** Larger pictures than any that is drawn. */
const MOST_DRAWN_BYTES = 256 * 1024 * 1024

/** As the platform makes them. */
async function thumbnails(): Promise<
  (file: string, size: number) => Promise<SignImageOptions['thumbnail'] | undefined>
> {
  const { createThumbnailMaker, isDrawn } = await import('@countersign/server')
  const make = createThumbnailMaker(() => {})
  return async (file, size) => {
    if (size > MOST_DRAWN_BYTES || !isDrawn(await headOf(file))) return undefined
    try {
      return await make(new Uint8Array(await readFile(file)))
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      throw new InputError(
        error.message.replace(/^Invalid parameter image\. /, '').replace('thumbnail=false', '--no-thumbnail'),
      )
    }
  }
}

async function headOf(file: string): Promise<Uint8Array> {
  const handle = await open(file)
  try {
    const { buffer, bytesRead } = await handle.read(new Uint8Array(4096))
    return buffer.subarray(0, bytesRead)
  } finally {
    await handle.close()
  }
}

/** What the platform says of the file itself. */
const ABOUT_THE_FILE = /^(?:Invalid|Missing)[^.]* parameter image\.? ?/

/** What the platform declines stops everything, unless it is about the file. */
async function orStop<Answer>(platform: Platform, work: (api: Countersign) => Promise<Answer>): Promise<Answer> {
  try {
    return await platform.ask((api) => work(api).catch(rethrowCause))
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    if (!ABOUT_THE_FILE.test(error.message)) throw new Stop(error)
    throw new InputError(error.message.replace(ABOUT_THE_FILE, ''), { cause: error })
  }
}

/** What the library wraps that makes a signature or asks for a time stamp. */
function rethrowCause(error: unknown): never {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (cause instanceof CountersignError) throw cause
  throw error
}
