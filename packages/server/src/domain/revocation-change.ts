/** That a certificate was revoked, put on hold or released: in the store since that same transaction. */
export type RevocationChange = {
  /** UUID. */
  readonly id: string
  readonly authorityId: string
  /** As it stands in the store. */
  readonly serialNumber: string
  /** The part of the authority's revocation list that tells of it, beside the list of everything. */
  readonly partition: number | undefined
  readonly at: Date
}

/** What changed of revocations, in the store, for lists that have to be made anew and answers that no longer hold. */
export type RevocationChanges = {
  /** From a moment on, so many at most. */
  listSince(from: Date, limit: number): Promise<readonly RevocationChange[]>
  /** Takes some that no list tells of yet, until a moment: who took them makes the lists, and where it doesn't, others do then. */
  claim(at: Date, until: Date, limit: number): Promise<readonly RevocationChange[]>
  /** Lists tell of them. */
  settle(ids: readonly string[]): Promise<void>
  /** Forgets those before a moment that lists tell of. */
  forget(before: Date): Promise<void>
}
