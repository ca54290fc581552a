import type { Caller } from './call.ts'

/** What signing needs of the CSC API. */
export type CscService = {
  info(body: { readonly credentialID: string; readonly certificates: 'chain' }): Promise<{
    readonly cert?: { readonly certificates?: readonly string[] }
  }>
  authorize(body: {
    readonly credentialID: string
    readonly numSignatures: number
    readonly hash: readonly string[]
    readonly hashAlgo: string
    readonly PIN?: string
  }): Promise<{ readonly SAD: string; readonly expiresIn?: number }>
  extendTransaction(body: {
    readonly credentialID: string
    readonly hash: readonly string[]
    readonly hashAlgo: string
    readonly SAD: string
  }): Promise<{ readonly SAD: string; readonly expiresIn?: number }>
  signHash(body: {
    readonly credentialID: string
    readonly SAD: string
    readonly hash: readonly string[]
    readonly hashAlgo: string
    readonly signAlgo: string
    readonly signAlgoParams?: string
  }): Promise<{ readonly signatures: readonly string[] }>
  timestamp(body: {
    readonly hash: string
    readonly hashAlgo: string
    readonly nonce?: string
  }): Promise<{ readonly timestamp: string }>
}

const PATH = '/documentmanager/csc/v1'

/** The CSC API of the platform. */
export function cscService({ call }: Caller): CscService {
  const method =
    (path: string) =>
    <Answer>(body: object): Promise<Answer> =>
      call({ method: 'POST', path: `${PATH}${path}`, body, isByCertificate: true })
  return {
    info: method('/credentials/info'),
    authorize: method('/credentials/authorize'),
    extendTransaction: method('/credentials/extendTransaction'),
    signHash: method('/signatures/signHash'),
    timestamp: method('/signatures/timestamp'),
  }
}
