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

/** The authorities in the store. When a purpose has several, the newest one issues. */
export type Authorities = {
  find(id: string): Promise<Authority | undefined>
  /** The newest authority of a purpose. */
  findByPurpose(purpose: AuthorityPurpose): Promise<Authority | undefined>
  list(): Promise<readonly Authority[]>
  add(authority: Authority): Promise<void>
}
