export const DIVISION_STATUSES = ['active', 'disabled'] as const

/** In a disabled one nothing new is made: no devices, no profiles, and no certificates for devices. */
export type DivisionStatus = (typeof DIVISION_STATUSES)[number]

/** A part of an account to which devices and profiles belong. */
export type Division = {
  /** UUID. */
  readonly id: string
  readonly accountId: string
  /** Unique within the account. */
  readonly name: string
  readonly description: string
  readonly status: DivisionStatus
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** Which divisions of an account are wanted: those of which all that is given is so. */
export type DivisionQuery = {
  readonly accountId: string
  readonly name?: string
  readonly status?: DivisionStatus
  readonly offset: number
  readonly limit: number
}

/** The divisions in the store. */
export type Divisions = {
  find(id: string): Promise<Division | undefined>
  /** The newest first, and how many there are of them in all. */
  list(query: DivisionQuery): Promise<{ readonly total: number; readonly records: readonly Division[] }>
  add(division: Division): Promise<void>
  update(division: Division): Promise<void>
  /** Throws a Refusal with the reason conflict where something belongs to it. */
  remove(id: string): Promise<void>
}
