/** The right to act as a user over HTTP. Only its hash is kept: the key itself is 256 random bits, so a fast hash serves. */
export type ApiKey = {
  /** UUID. */
  readonly id: string
  readonly userId: string
  readonly name: string
  /** SHA-256 of the key's text. */
  readonly hash: Uint8Array
  readonly enabled: boolean
  readonly endsAt: Date | undefined
  readonly createdAt: Date
}
