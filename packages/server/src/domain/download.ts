/** What is handed out once: it stands wrapped under the master key until it is fetched, or its time is over. */
export type Download = {
  /** Of what it belongs to. */
  readonly id: string
  readonly wrapped: Uint8Array
  readonly endsAt: Date
}

/** The downloads in the store. */
export type Downloads = {
  add(download: Download): Promise<void>
  /** Gives it and removes it: of several who ask at once one gets it. */
  take(id: string): Promise<Download | undefined>
  /** Removes those that ended before; how many. */
  removeEnded(before: Date): Promise<number>
}
