/** A part of an account to which devices and profiles belong. */
export type Division = {
  /** UUID. */
  readonly id: string
  readonly accountId: string
  /** Unique within the account. */
  readonly name: string
  readonly description: string
  readonly createdAt: Date
}

/** The divisions in the store. */
export type Divisions = {
  find(id: string): Promise<Division | undefined>
  add(division: Division): Promise<void>
}
