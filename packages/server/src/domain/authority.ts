/** What an authority's certificates are for; also the last part of its URLs. */
export const AUTHORITY_PURPOSES = [
  'root',
  'tls-server',
  'client-auth',
  'content-signing',
  'time-stamping',
  'device',
] as const

export type AuthorityPurpose = (typeof AUTHORITY_PURPOSES)[number]

/** A certification authority of the platform. */
export type Authority = {
  /** UUID. */
  readonly id: string
  readonly purpose: AuthorityPurpose
  readonly name: string
  /** The authority above; undefined for the root. */
  readonly issuerId: string | undefined
  readonly keyId: string
  /** DER. */
  readonly certificate: Uint8Array
  readonly createdAt: Date
}
