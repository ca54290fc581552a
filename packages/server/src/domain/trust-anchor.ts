/** What an authority is believed about: who signed content, or when. C2PA 2.2 §14.4 keeps the two apart. */
export const TRUST_PURPOSES = ['signers', 'time-stamps'] as const

export type TrustPurpose = (typeof TRUST_PURPOSES)[number]

/** An authority outside of the platform that its verifier believes. */
export type TrustAnchor = {
  /** UUID. */
  readonly id: string
  readonly purpose: TrustPurpose
  /** SHA-256 of the certificate; unique within a purpose. */
  readonly sha256: Uint8Array
  /** DER. */
  readonly certificate: Uint8Array
  readonly subject: string
  readonly notBefore: Date
  readonly notAfter: Date
  /** Whether it stands in the list that C2PA publishes, and goes when it goes there, or somebody added it. */
  readonly source: 'c2pa' | 'added'
  readonly createdAt: Date
}

/** The trust anchors in the store. */
export type TrustAnchors = {
  find(id: string): Promise<TrustAnchor | undefined>
  /** Oldest first. */
  list(): Promise<readonly TrustAnchor[]>
  add(anchor: TrustAnchor): Promise<void>
  remove(id: string): Promise<void>
}
