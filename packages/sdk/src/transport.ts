/** Bytes that a request carries: at hand, or read as they are sent. */
export type BodyPart = Uint8Array | ReadablePart

/** What is read from its beginning, each time that it is sent. */
export type ReadablePart = {
  /** Undefined for a stream, which can be read once. */
  readonly size: number | undefined
  stream(): AsyncIterable<Uint8Array>
  /** Where there is one, a browser sends it without reading it first. */
  readonly blob?: Blob
}

/** A request as it is sent. */
export type TransportRequest = {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: readonly BodyPart[]
  readonly signal: AbortSignal | undefined
  /** A longer answer is none; undefined where it is as long as a file. */
  readonly mostAnswerBytes?: number
}

/** An answer, read to its end. */
export type TransportAnswer = {
  readonly status: number
  header(name: string): string | undefined
  readonly body: Uint8Array<ArrayBuffer>
}

/** Sends requests, over connections that it keeps. */
export type Transport = {
  /** Fails with a TransportError when there is no answer. */
  send(request: TransportRequest): Promise<TransportAnswer>
  /** Ends the connections. */
  close(): void
}

/** Whom a transport is, and whom it believes. */
export type TransportOptions = {
  readonly certificate: ClientCertificate | undefined
  readonly ca: string | Uint8Array | undefined
  readonly timeoutSeconds: number
}

/** A client authentication certificate with its key: two PEM texts, or a PKCS#12 file. */
export type ClientCertificate =
  | { readonly cert: string | Uint8Array; readonly key: string | Uint8Array; readonly passphrase?: string }
  | { readonly pkcs12: Uint8Array; readonly password: string }

/** Why a request has no answer. */
export class TransportError extends Error {
  readonly code: 'connection_failed' | 'untrusted_server' | 'timed_out' | 'invalid_answer'
  /** Whether the platform may have got any of the request. */
  readonly mayHaveArrived: boolean

  constructor(code: TransportError['code'], message: string, mayHaveArrived: boolean, cause?: unknown) {
    super(message, { cause })
    this.code = code
    this.mayHaveArrived = mayHaveArrived
  }
}
