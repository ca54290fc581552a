/** What this package throws, and formats that throw it. */
import { type Der, DerError } from '@countersign/codec'

/** What kind of fault a PkiError is. */
export type PkiErrorCode = 'malformed' | 'unsupported' | 'invalid_argument' | 'wrong_password' | 'unavailable'

/** Malformed bytes, or a use of this package that can't work. What merely does not verify is a result, not an error. */
export class PkiError extends Error {
  readonly code: PkiErrorCode
  constructor(code: PkiErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'PkiError'
    this.code = code
  }
}

/** A format whose `decode` throws PkiError, saying what the bytes should have been. */
export function named<T>(what: string, type: Der<T>): Der<T> {
  return {
    ...type,
    decode: (bytes) => {
      try {
        return type.decode(bytes)
      } catch (error) {
        if (error instanceof DerError)
          throw new PkiError('malformed', `not ${what}: ${error.message}`, { cause: error })
        throw error
      }
    },
  }
}
