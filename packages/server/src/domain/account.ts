/** A customer of the platform: users, credentials and what they make belong to one. */
export type Account = {
  /** UUID. */
  readonly id: string
  readonly name: string
  /** The number under which people know it; unique. */
  readonly friendlyIdentifier: string
  readonly active: boolean
  /** Full URL of the IPTC digital source type that its images have when a request says nothing; none when undefined. */
  readonly defaultDigitalSourceType: string | undefined
  readonly createdAt: Date
}
