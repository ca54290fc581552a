import { decodeBase64 } from '@countersign/codec'
import { writeFile } from '#platform'
import type { Api, ReaderReport, SignForm } from './api.ts'
import type { CallOptions } from './call.ts'
import type { Source } from './source.ts'

/** How the platform is to sign a file: what the sign form has, none of it needed. */
export type SignRemoteOptions = CallOptions &
  Partial<Pick<SignForm, 'hashAlgo' | 'signAlgo' | 'signAlgoParams' | 'accountId' | 'schemaField'>> &
  Pick<SignForm, 'digitalSourceType' | 'title'> & {
    /** Which credential signs, by id or nickname. */
    readonly credentialId?: string
    /** Of a user's own credential. */
    readonly pin?: string
    /** false leaves it out. */
    readonly thumbnail?: boolean
    /** false leaves it out. */
    readonly timestamp?: boolean
    /** What the file is called, unless its own name will do. */
    readonly fileName?: string
    /** Writes the signed file there too (on Node), all of it or nothing. */
    readonly to?: string
  }

/** A file that the platform signed. */
export type RemotelySigned = {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly mediaType: string
  readonly fileName: string
  readonly manifestLabel: string
}

/** A file that the platform signed, and what its verifier says of it. */
export type ReportedFile = RemotelySigned & { readonly report: ReaderReport }

/** Signing by the sign endpoint: the file goes there and comes back. */
export type RemoteSigner = {
  /** Has the platform sign a file. */
  signRemote(file: Source, options?: SignRemoteOptions): Promise<RemotelySigned>
  /** Has the platform sign a file and report on it, which takes it longer. */
  signRemoteWithReport(file: Source, options?: SignRemoteOptions): Promise<ReportedFile>
}

/** ECDSA with SHA-256. RFC 5758 §3.2. */
const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2'
/** What the API documents for algorithms that need no parameters. */
const NO_PARAMETERS = 'MTIzNDQ='

/** Fills in the form, and reads the answers. */
export function createRemoteSigner({ content, users }: Pick<Api, 'content' | 'users'>): RemoteSigner {
  let ownAccount: Promise<string> | undefined
  function accountId(): Promise<string> {
    ownAccount ??= users.me().then((user) => user.primary_account_id)
    // The next one asks again.
    ownAccount.catch(() => {
      ownAccount = undefined
    })
    return ownAccount
  }

  async function formOf(file: Source, options: SignRemoteOptions): Promise<SignForm> {
    const { credentialId, pin, thumbnail, timestamp, fileName, to: _, signal: __, ...fields } = options
    return {
      hashAlgo: 'SHA256',
      signAlgo: ECDSA_WITH_SHA256,
      signAlgoParams: NO_PARAMETERS,
      schemaField: 'publisher',
      ...fields,
      accountId: options.accountId ?? (await accountId()),
      ...(credentialId !== undefined && { credentialID: credentialId }),
      ...(pin !== undefined && { PIN: pin }),
      ...(thumbnail !== undefined && { thumbnail: String(thumbnail) }),
      ...(timestamp !== undefined && { timestamp: String(timestamp) }),
      // The file goes last: the platform can refuse what is wrong with the rest before it comes.
      image: { file, ...(fileName !== undefined && { fileName }) },
    }
  }

  return {
    async signRemote(file, options = {}) {
      const { bytes, mediaType, header } = await content.signAsFile(await formOf(file, options), options)
      await writeTo(options.to, bytes)
      return {
        bytes,
        mediaType,
        fileName: fileNameOf(header('content-disposition')),
        manifestLabel: header('x-manifest-label') ?? '',
      }
    },

    async signRemoteWithReport(file, options = {}) {
      const signed = await content.sign(await formOf(file, options), options)
      const report = JSON.parse(signed.signed_manifest) as ReaderReport
      const bytes = decodeBase64(signed.encoded_signed_content)
      await writeTo(options.to, bytes)
      return {
        bytes,
        mediaType: signed.mime_type,
        fileName: signed.file_name,
        manifestLabel: report.active_manifest ?? '',
        report,
      }
    },
  }
}

async function writeTo(path: string | undefined, bytes: Uint8Array): Promise<void> {
  if (path !== undefined) await writeFile(path, [bytes])
}

/** The name of the file that an answer carries. RFC 6266 §4.3. */
function fileNameOf(disposition: string | undefined): string {
  const encoded = /;\s*filename\*=UTF-8''([^;]+)/i.exec(disposition ?? '')?.[1] ?? ''
  try {
    return decodeURIComponent(encoded)
  } catch {
    return ''
  }
}
