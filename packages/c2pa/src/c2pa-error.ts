export type C2paErrorCode =
  | 'unsupported_format'
  | 'unreadable_asset'
  | 'malformed_asset'
  | 'multiple_manifest_stores'
  | 'malformed_manifest'
  | 'malformed_jumbf'
  | 'malformed_cbor'
  | 'malformed_cose'
  | 'too_large'
  | 'invalid_option'
  | 'time_stamp'
  | 'signature'

/** Bytes that are not what they should be, or a misuse of this library; the message is a sentence that says which. */
export class C2paError extends Error {
  readonly code: C2paErrorCode
  constructor(code: C2paErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'C2paError'
    this.code = code
  }
}
