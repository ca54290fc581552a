import { createTransport, startFileThreads } from '#platform'
import { type Api, api } from './api.ts'
import { createCaller } from './call.ts'
import { CountersignError } from './countersign-error.ts'
import type { CredentialOptions } from './credential-key.ts'
import { wait } from './retry.ts'
import type { FileThreads, LocallySigned, LocalSigner, SignImageOptions } from './sign-image.ts'
import { createRemoteSigner, type RemoteSigner } from './sign-remote.ts'
import type { Source } from './source.ts'
import type { ClientCertificate, Transport } from './transport.ts'
import { createRemoteVerifier, type RemoteVerifier } from './verify.ts'

/** Where the platform is, and who asks. */
export type ConnectOptions = {
  /** The API host, as https://countersign.example; it begins with https. */
  readonly url: string
  /** The mutual-TLS host; `clientauth.` before the name of the API host unless given. */
  readonly clientAuthUrl?: string
  /** With it everything goes to the mutual-TLS host. */
  readonly certificate?: ClientCertificate
  readonly apiKey?: string
  /** Roots that the platform's own certificate is believed by, PEM, instead of those that the machine knows. */
  readonly ca?: string | Uint8Array
  /** For how long the platform may be silent; a minute unless given. */
  readonly timeoutSeconds?: number
  /** How often what is safe to repeat is repeated; 3 times unless given. */
  readonly retries?: number
  /** Another way to send requests than HTTPS by Node, or fetch in a browser. */
  readonly transport?: Transport
}

/** The platform, as functions. */
export type Countersign = Api &
  RemoteSigner &
  RemoteVerifier & {
    /** Signs a file where it is, by one credential of the platform: nothing of the file goes there. */
    signImage(file: Source, options: SignImageOptions & Omit<CredentialOptions, 'signatures'>): Promise<LocallySigned>
    /** Takes a credential into use for many files: its PIN is asked for once. */
    openCredential(options: CredentialOptions): Promise<LocalSigner>
    /** Ends the connections that are kept, and the threads that read files. */
    close(): void
  }

/** The platform at an address. Nothing is asked of it before the first call. */
export function connect(options: ConnectOptions): Countersign {
  const { certificate, ca, apiKey, timeoutSeconds = 60, retries = 3 } = options
  const url = httpsUrl('url', options.url)
  const clientAuthUrl = httpsUrl('clientAuthUrl', options.clientAuthUrl ?? withHost(url, `clientauth.${url.hostname}`))
  const transport = options.transport ?? createTransport({ certificate, ca, timeoutSeconds })
  const now = (): Date => new Date()
  const caller = createCaller({
    transport,
    url,
    clientAuthUrl: certificate && clientAuthUrl,
    headers: apiKey === undefined ? {} : { 'x-api-key': apiKey },
    retry: { retries, random: Math.random, wait },
    now,
  })
  const operations = api(caller)
  let threads: FileThreads | undefined
  const files = (): FileThreads => {
    threads ??= startFileThreads()
    return threads
  }
  // Who only calls need not load what signs.
  const openCredential: Countersign['openCredential'] = async (options) =>
    (await import('./sign-image.ts')).createLocalSigner(operations.csc, options, now, files)
  return {
    openCredential,
    signImage: async (file, { credentialId, pin, signatureAlgorithm, ...options }) => {
      const credential = {
        credentialId,
        ...(pin !== undefined && { pin }),
        ...(signatureAlgorithm && { signatureAlgorithm }),
      }
      return (await openCredential(credential)).signImage(file, options)
    },
    ...operations,
    ...createRemoteSigner(operations),
    ...createRemoteVerifier(operations),
    close() {
      threads?.end()
      threads = undefined
      transport.close()
    },
  }
}

function httpsUrl(option: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'https:' && url.username === '' && url.password === '') return url
  throw new CountersignError('invalid_option', `${option}: an address like https://countersign.example is needed.`)
}

function withHost(url: URL, hostname: string): string {
  const other = new URL(url)
  other.hostname = hostname
  return other.href
}
