import type { Role } from './role.ts'

/** A role that an account has made for itself, beside those that every account has. */
export type CustomRole = Role & {
  /** UUID: what users are given. */
  readonly id: string
  readonly accountId: string
  readonly createdAt: Date
  readonly createdBy: string
}

/** The roles that accounts have made. The name is unique within the account, without regard to case. */
export type CustomRoles = {
  find(id: string): Promise<CustomRole | undefined>
  /** Oldest first. */
  list(accountId: string): Promise<readonly CustomRole[]>
  add(role: CustomRole): Promise<void>
  /** Who has it may what it says from then on. */
  update(role: CustomRole): Promise<void>
  remove(id: string): Promise<void>
}
