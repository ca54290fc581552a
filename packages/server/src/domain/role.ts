import type { ApplicationCode } from './application.ts'
import type { Permission } from './permission.ts'

/** What users have in order to do a kind of work: permissions under one name, and with it those that are added later. */
export type Role = {
  readonly name: string
  readonly applicationCode: ApplicationCode
  readonly description: string
  readonly permissions: readonly Permission[]
}

/** The roles, those of Account Manager under DigiCert ONE's names; the others' names are ours. */
export const ROLES = [
  {
    name: 'AM_ACCOUNT_ADMIN',
    applicationCode: 'account_manager',
    description: 'Manages the account, its users and their credentials',
    permissions: [
      'MANAGE_AM_ACCOUNT',
      'VIEW_AM_ACCOUNT',
      'VIEW_AM_USER',
      'MANAGE_AM_USER',
      'VIEW_AM_ROLE',
      'MANAGE_AM_ROLE',
      'VIEW_AM_API_KEY',
      'MANAGE_AM_API_KEY',
      'VIEW_AM_AUDIT_LOG',
      'MANAGE_AM_CLIENT_AUTH_CERTIFICATE',
    ],
  },
  {
    name: 'AM_USER_MANAGER',
    applicationCode: 'account_manager',
    description: 'Manages users and their credentials',
    permissions: [
      'VIEW_AM_ACCOUNT',
      'VIEW_AM_USER',
      'MANAGE_AM_USER',
      'VIEW_AM_ROLE',
      'VIEW_AM_API_KEY',
      'MANAGE_AM_API_KEY',
      'MANAGE_AM_CLIENT_AUTH_CERTIFICATE',
    ],
  },
  {
    name: 'AM_CERTIFICATE_HOLDER',
    applicationCode: 'account_manager',
    description: 'Has client authentication certificates of its own: requests, rotates and ends them',
    permissions: ['MANAGE_AM_CLIENT_AUTH_CERTIFICATE'],
  },
  {
    name: 'AM_VIEW_ONLY',
    applicationCode: 'account_manager',
    description: 'Sees everything of the account and changes nothing',
    permissions: ['VIEW_AM_ACCOUNT', 'VIEW_AM_USER', 'VIEW_AM_ROLE', 'VIEW_AM_API_KEY', 'VIEW_AM_AUDIT_LOG'],
  },
  {
    name: 'AM_PLATFORM_ADMIN',
    applicationCode: 'account_manager',
    description: 'Manages the accounts of the platform',
    permissions: ['MANAGE_AM_PLATFORM', 'MANAGE_AM_ACCOUNT', 'VIEW_AM_ACCOUNT'],
  },
  {
    name: 'CTM_ADMIN',
    applicationCode: 'content_trust_manager',
    description: 'Signs content, manages credentials and sees the trust list',
    permissions: ['SIGN_CTM_CONTENT', 'VIEW_CTM_CREDENTIAL', 'MANAGE_CTM_CREDENTIAL', 'VIEW_CTM_TRUST_LIST'],
  },
  {
    name: 'CTM_SIGNER',
    applicationCode: 'content_trust_manager',
    description: 'Signs content',
    permissions: ['SIGN_CTM_CONTENT', 'VIEW_CTM_CREDENTIAL'],
  },
  {
    name: 'CTM_VIEW_ONLY',
    applicationCode: 'content_trust_manager',
    description: 'Sees credentials and the trust list',
    permissions: ['VIEW_CTM_CREDENTIAL', 'VIEW_CTM_TRUST_LIST'],
  },
  {
    name: 'CTM_PLATFORM_ADMIN',
    applicationCode: 'content_trust_manager',
    description: 'Manages whom the verifier of the platform believes',
    permissions: ['VIEW_CTM_TRUST_LIST', 'MANAGE_CTM_TRUST_LIST'],
  },
  {
    name: 'IOT_ADMIN',
    applicationCode: 'iot_trust_manager',
    description: 'Manages devices, their profiles and their certificates',
    permissions: [
      'MANAGE_IOT_CERTIFICATE',
      'VIEW_IOT_CERTIFICATE',
      'APPROVE_IOT_CERTIFICATE',
      'VIEW_IOT_ENROLLMENT_PROFILE',
      'MANAGE_IOT_ENROLLMENT_PROFILE',
      'VIEW_IOT_DIVISION',
      'MANAGE_IOT_DIVISION',
      'VIEW_IOT_DEVICE',
      'MANAGE_IOT_DEVICE',
      'VIEW_IOT_DEVICE_PROFILE',
      'MANAGE_IOT_DEVICE_PROFILE',
      'VIEW_IOT_CERTIFICATE_PROFILE',
      'MANAGE_IOT_CERTIFICATE_PROFILE',
    ],
  },
  {
    name: 'IOT_APPROVER',
    applicationCode: 'iot_trust_manager',
    description: 'Approves certificates of devices that others request',
    permissions: ['APPROVE_IOT_CERTIFICATE', 'VIEW_IOT_CERTIFICATE', 'VIEW_IOT_ENROLLMENT_PROFILE'],
  },
  {
    name: 'IOT_VIEW_ONLY',
    applicationCode: 'iot_trust_manager',
    description: 'Sees devices, their profiles and their certificates',
    permissions: [
      'VIEW_IOT_CERTIFICATE',
      'VIEW_IOT_ENROLLMENT_PROFILE',
      'VIEW_IOT_DIVISION',
      'VIEW_IOT_DEVICE',
      'VIEW_IOT_DEVICE_PROFILE',
      'VIEW_IOT_CERTIFICATE_PROFILE',
    ],
  },
] as const satisfies readonly Role[]

export type RoleName = (typeof ROLES)[number]['name']

/** The roles of who may do everything in an account: its first administrator has them. */
export const ADMINISTRATOR_ROLES: readonly RoleName[] = ['AM_ACCOUNT_ADMIN', 'CTM_ADMIN', 'IOT_ADMIN']

/**
 * The roles of who may do what concerns all accounts: the first administrator of the platform has them. Since nobody
 * gives more than they have, they stay in the account that the platform began with.
 */
export const PLATFORM_ROLES: readonly RoleName[] = ['AM_PLATFORM_ADMIN', 'CTM_PLATFORM_ADMIN']

/** Whether every account has the role of this id. */
export function isBuiltIn(id: string): boolean {
  return ROLES.some(({ name }) => name === id)
}

/** All that those of the roles let do that every account has. */
export function permissionsOfRoles(names: readonly string[]): readonly Permission[] {
  const permissions = ROLES.filter(({ name }) => names.includes(name)).flatMap(
    (role): readonly Permission[] => role.permissions,
  )
  return [...new Set(permissions)]
}
