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

/** The accounts in the store. */
export type Accounts = {
  find(id: string): Promise<Account | undefined>
  findByFriendlyIdentifier(friendlyIdentifier: string): Promise<Account | undefined>
  list(): Promise<readonly Account[]>
  add(account: Account): Promise<void>
  update(account: Account): Promise<void>
}
