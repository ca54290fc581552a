/** What may end under somebody who relies on it. */
export const ENDING_KINDS = ['client_auth_certificate', 'api_key', 'service_user', 'credential', 'account'] as const

export type EndingKind = (typeof ENDING_KINDS)[number]

/** Something in use that ends. */
export type Ending = {
  readonly kind: EndingKind
  /** UUID of the thing. */
  readonly id: string
  readonly accountId: string
  readonly name: string
  /** The friendly name of the user that it belongs to; undefined where it is the account's, or a user itself. */
  readonly holder: string | undefined
  /** Its id, or that of the user itself. */
  readonly userId: string | undefined
  readonly endsAt: Date
}

/** A warning so many days ahead. */
export type EndingQuery = {
  readonly kind: EndingKind
  readonly days: number
  readonly at: Date
  /** The next warning comes so many days ahead: what ends sooner is its matter. */
  readonly nextDays: number
}

/** What ends, and who was warned of what, in the store. */
export type Endings = {
  /**
   * What a warning is due of: it is enabled, so is whose it is, and the warning's moment came after it was made. Those that were
   * warned of are left out; what ends first comes first.
   */
  listDue(query: EndingQuery, limit: number): Promise<readonly Ending[]>
  /** When the next thing of a kind ends that is in use; undefined when nothing does. */
  nextEnd(kind: EndingKind, at: Date): Promise<Date | undefined>
  /** Notes the warning; false when it was noted already. Another end is another thing to be warned of. */
  noteWarning(ending: Ending, days: number, at: Date): Promise<boolean>
}
