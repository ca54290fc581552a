export type KeyErrorCode =
  | 'malformed_master_key'
  | 'missing_master_key'
  | 'wrong_master_key'
  | 'malformed_wrapping'
  | 'unsuitable_algorithm'
  | 'pin_needed'

/** A key that can't be had or used. */
export class KeyError extends Error {
  readonly code: KeyErrorCode
  constructor(code: KeyErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'KeyError'
    this.code = code
  }
}
