/** What a user may do, under DigiCert ONE's names where one is public. Each route names the one that it needs. */
export const PERMISSIONS = [
  'SIGN_CTM_CONTENT',
  'VIEW_CTM_CREDENTIAL',
  'MANAGE_CTM_CREDENTIAL',
  'VIEW_CTM_TRUST_LIST',
  'MANAGE_CTM_TRUST_LIST',
  'MANAGE_AM_PLATFORM',
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
  'MANAGE_IOT_CERTIFICATE',
  'VIEW_IOT_CERTIFICATE',
  'VIEW_IOT_ENROLLMENT_PROFILE',
] as const

export type Permission = (typeof PERMISSIONS)[number]
