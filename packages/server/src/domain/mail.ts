/** What a mail says, to one recipient. */
export type MailContent = { readonly to: string; readonly subject: string; readonly text: string }

/** A mail that has to be delivered. What it says stands wrapped under the master key until then. */
export type Mail = {
  /** UUID; its Message-ID too, so that a mail that came twice is known to be one. */
  readonly id: string
  readonly accountId: string | undefined
  readonly wrapped: Uint8Array
  readonly attempts: number
  readonly nextAttemptAt: Date
  readonly createdAt: Date
}

/** The mails in the store: those that are not delivered yet. */
export type Mails = {
  find(id: string): Promise<Mail | undefined>
  /** Those that are to be tried now, the ones that wait for longest first. */
  listDue(at: Date, limit: number): Promise<readonly Mail[]>
  add(mail: Mail): Promise<void>
  /**
   * Takes on the attempt that follows those that `mail` tells of, so that no other node does; the next one may come at
   * `nextAttemptAt`. False when another node has taken it.
   */
  begin(mail: Mail, nextAttemptAt: Date): Promise<boolean>
  /** False when it was gone already. */
  remove(id: string): Promise<boolean>
}
