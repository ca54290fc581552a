/** A customer of the platform: users, credentials and what they make belong to one. */
export type Account = {
  /** UUID. */
  readonly id: string
  readonly name: string
  /** The number under which people know it; unique. */
  readonly friendlyIdentifier: string
  readonly active: boolean
  /** When it is served; before and after, nobody of it is known. No end when `to` is undefined. */
  readonly servicePeriod: { readonly from: Date; readonly to: Date | undefined }
  /** Language and country of what is written to its people, as `en_US`. */
  readonly locale: string
  /** Full URL of the IPTC digital source type that its images have when a request says nothing; none when undefined. */
  readonly defaultDigitalSourceType: string | undefined
  readonly createdAt: Date
}

/** Whether the account is served at that moment. */
export function isServed({ active, servicePeriod: { from, to } }: Account, at: Date): boolean {
  return active && at >= from && (to === undefined || at <= to)
}

/** The accounts in the store. */
export type Accounts = {
  find(id: string): Promise<Account | undefined>
  findByFriendlyIdentifier(friendlyIdentifier: string): Promise<Account | undefined>
  list(): Promise<readonly Account[]>
  add(account: Account): Promise<void>
  update(account: Account): Promise<void>
}
