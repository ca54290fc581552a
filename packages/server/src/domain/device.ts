/** A thing that certificates are for. */
export type Device = {
  /** UUID. */
  readonly id: string
  readonly accountId: string
  readonly divisionId: string
  /** What its maker calls it; unique within the account. */
  readonly identifier: string
  readonly createdAt: Date
}

/** The devices in the store. */
export type Devices = {
  find(id: string): Promise<Device | undefined>
  findByIdentifier(accountId: string, identifier: string): Promise<Device | undefined>
  add(device: Device): Promise<void>
}
