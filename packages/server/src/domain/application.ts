import { PERMISSIONS, type Permission } from './permission.ts'

/** A part of the platform that people know by a name, and whose permissions belong together. */
export type Application = {
  readonly id: string
  readonly code: ApplicationCode
  readonly name: string
  readonly permissions: readonly Permission[]
}

/** How requests name an application. */
export type ApplicationCode = (typeof NAMES)[number]['code']

/** Ids, names and the code of Account Manager as DigiCert ONE has them, where it tells them; Content Trust's id and the other codes are ours. */
const NAMES = [
  { id: '8c7a2f0e-3d0b-4b8e-9f51-6d2f0c4e7a19', code: 'content_trust_manager', name: 'Content Trust', infix: '_CTM_' },
  { id: '1a05282a-ec70-4da9-b921-933c070fcf80', code: 'iot_trust_manager', name: 'IoT Trust', infix: '_IOT_' },
  { id: '78c0355a-e1ca-4978-b60c-e9d66b9e1f30', code: 'account_manager', name: 'Account Manager', infix: '_AM_' },
] as const

/** The applications, each with its permissions; every permission belongs to one. */
export const APPLICATIONS: readonly Application[] = NAMES.map(({ id, code, name, infix }) => ({
  id,
  code,
  name,
  permissions: PERMISSIONS.filter((permission) => permission.includes(infix)),
}))

/** What somebody may do, by application; without those in which it is nothing. */
export function applicationsOf(permissions: readonly Permission[]): readonly Application[] {
  return APPLICATIONS.map((application) => ({
    ...application,
    permissions: application.permissions.filter((permission) => permissions.includes(permission)),
  })).filter((application) => application.permissions.length > 0)
}
