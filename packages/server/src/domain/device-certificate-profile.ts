import { type Extension, extensions, type KeyUsageBit } from '@countersign/pki'
import type { DeviceKeyType } from './device-key-type.ts'
import type { SignatureHash } from './issuer.ts'
import type { ProfileField } from './profile-field.ts'

/** What the certificates of devices say, whoever asks for them. */
export type DeviceCertificateProfile = {
  /** UUID. */
  readonly id: string
  readonly accountId: string
  /** Unique within the account. */
  readonly name: string
  /** What of subject and alternative names there may be; nothing else gets in. */
  readonly fields: readonly ProfileField[]
  readonly keyTypes: readonly DeviceKeyType[]
  /** How many days a certificate is good for. */
  readonly days: number
  /** Of these each key has those that it can be used for. */
  readonly keyUsages: readonly KeyUsageBit[]
  /** Object identifiers. */
  readonly extendedKeyUsages: readonly string[]
  /** Of the authority's signature. */
  readonly signatureHash: SignatureHash
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** Which certificate profiles of an account are wanted: those of which all that is given is so. */
export type DeviceCertificateProfileQuery = {
  readonly accountId: string
  readonly name?: string
  readonly offset: number
  readonly limit: number
}

/** The certificate profiles in the store. */
export type DeviceCertificateProfiles = {
  find(id: string): Promise<DeviceCertificateProfile | undefined>
  /** The newest first, and how many there are of them in all. */
  list(
    query: DeviceCertificateProfileQuery,
  ): Promise<{ readonly total: number; readonly records: readonly DeviceCertificateProfile[] }>
  add(profile: DeviceCertificateProfile): Promise<void>
  update(profile: DeviceCertificateProfile): Promise<void>
  /** Throws a Refusal with the reason conflict where something refers to it. */
  remove(id: string): Promise<void>
}

/** What of the usages a key of that type can be for. RFC 3279 §2.3.1, RFC 5480 §3, RFC 8410 §5, RFC 9881 §5. */
export function usageBitsOf(keyUsages: readonly KeyUsageBit[], keyType: DeviceKeyType): readonly KeyUsageBit[] {
  const kind = keyType.split('_')[0]
  const others: readonly KeyUsageBit[] =
    kind === 'rsa'
      ? ['keyAgreement']
      : kind === 'p'
        ? ['keyEncipherment', 'dataEncipherment']
        : ['keyAgreement', 'keyEncipherment', 'dataEncipherment']
  return keyUsages.filter((usage) => !others.includes(usage))
}

/** What a certificate says that its key may be used for. */
export function usagesOf(
  { keyUsages, extendedKeyUsages }: DeviceCertificateProfile,
  keyType: DeviceKeyType,
): readonly Extension[] {
  return [
    extensions.keyUsage(usageBitsOf(keyUsages, keyType)),
    ...(extendedKeyUsages.length > 0 ? [extensions.extendedKeyUsage(extendedKeyUsages)] : []),
  ]
}
