/** Which rule of fetching was not met. */
export type OutboundFault =
  | 'url'
  | 'port'
  | 'name'
  | 'address'
  | 'connection'
  | 'status'
  | 'encoding'
  | 'type'
  | 'size'
  | 'time'
  | 'budget'

/** Something was not fetched. The message is for the log alone: a stranger could learn from it what our network looks like. */
export class OutboundError extends Error {
  readonly fault: OutboundFault
  /** Of the answer, where its status was the fault. */
  readonly status: number | undefined
  constructor(fault: OutboundFault, message: string, options: ErrorOptions & { readonly status?: number } = {}) {
    super(message, options)
    this.name = 'OutboundError'
    this.fault = fault
    this.status = options.status
  }
}
