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
  readonly permissions: readonly Permission[]
  /** Argon2id in PHC form; service users have none. */
  readonly passwordHash: string | undefined
  readonly createdAt: Date
  readonly createdBy: string | undefined
}
