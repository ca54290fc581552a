import type { Permission } from './permission.ts'

/** A person, or a program (a service user), of one account. */
export type User = {
  /** UUID. */
  readonly id: string
  readonly accountId: string
  readonly kind: 'standard' | 'service'
  readonly email: string
  readonly friendlyName: string
  readonly description: string
  readonly status: 'active' | 'disabled'
  /** After it the user is known no longer; never when undefined. */
  readonly endsAt: Date | undefined
  /** Language and country, as `en_US`. */
  readonly locale: string
  /** Ids: the names of those that every account has, and UUIDs of the account's own. */
  readonly roles: readonly string[]
  /** All that it may do: what its roles let it, and what it was given beside them. */
  readonly permissions: readonly Permission[]
  /** Of these, what roles of the account's own let it. */
  readonly customPermissions: readonly Permission[]
  /** Ids of the people who may manage a service user. */
  readonly managers: readonly string[]
  /** Argon2id in PHC form; service users have none. */
  readonly passwordHash: string | undefined
  /** When the person chose the password; a password without it was made by the platform. */
  readonly passwordChangedAt?: Date
  readonly createdAt: Date
  readonly createdBy: string | undefined
}

/** The users in the store. The e-mail address of a standard user is the user's alone, without regard to case. */
export type Users = {
  find(id: string): Promise<User | undefined>
  /** A standard user: service users don't sign in, and may share an address. */
  findByEmail(email: string): Promise<User | undefined>
  list(accountId: string): Promise<readonly User[]>
  add(user: User): Promise<void>
  /** All but the password: a change of something else undoes no change of that. */
  update(user: User): Promise<void>
  setPassword(id: string, hash: string, changedAt: Date | undefined): Promise<void>
  /** The user is found no longer, and the address is free again; what refers to it still does. */
  remove(id: string): Promise<void>
}
