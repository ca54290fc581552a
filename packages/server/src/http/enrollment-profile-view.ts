/** Enrollment profiles in requests and answers, and what they are looked for by. */
import { type Static, Type } from 'typebox'
import { DEVICE_KEY_TYPES } from '../domain/device-key-type.ts'
import {
  APPROVALS,
  ENROLLMENT_METHODS,
  ENROLLMENT_PROFILE_STATUSES,
  type EnrollmentProfileQuery,
  KEY_GENERATION_OPTIONS,
} from '../domain/enrollment-profile.ts'
import type {
  DescribedEnrollmentProfile,
  EnrollmentProfileChange,
  NewEnrollmentProfile,
} from '../domain/manage-enrollment-profiles.ts'
import { Refusal } from '../domain/refusal.ts'
import { secondText } from './timestamp.ts'

const KEY_TYPE_OPTIONS = ['fixed', 'selectable'] as const

const MOST_DAYS = 3_650
const MOST_USES = 1_000_000_000

const OptionalText = (description: string, maxLength = 255) => Type.Optional(Type.String({ maxLength, description }))
const OptionalNumber = (description: string, maximum: number) =>
  Type.Optional(
    Type.Unsafe<number | null>({
      type: ['integer', 'null'],
      minimum: 1,
      maximum,
      description: `${description}. null: none`,
    }),
  )
const OptionalMoment = (description: string) =>
  Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'], maxLength: 40, description }))
const words = (list: readonly string[]): string => list.join(', ')

const settings = {
  status: OptionalText(`${words(ENROLLMENT_PROFILE_STATUSES)}; under a disabled one there are no certificates`),
  device_profile_id: Type.Optional(
    Type.Unsafe<string | null>({
      type: ['string', 'null'],
      maxLength: 255,
      description: 'What is known of the devices. null: their identifiers alone',
    }),
  ),
  issuing_authority_id: OptionalText('The authority that issues to devices; the platform has one'),
  enrollment_methods: Type.Optional(
    Type.Array(Type.String({ maxLength: 20 }), {
      minItems: 1,
      maxItems: 10,
      description: `Where certificates may be requested: ${words(ENROLLMENT_METHODS)}`,
    }),
  ),
  key_generation_option: OptionalText(`Who makes the key: ${words(KEY_GENERATION_OPTIONS)}`),
  key_type: OptionalText(
    `Of keys that are made here, unless the request may say another: ${words(DEVICE_KEY_TYPES)}, as far as the certificate profile has them`,
  ),
  key_type_option: OptionalText(`fixed: always key_type. selectable: what the request says, or key_type`),
  approval: OptionalText(`${words(APPROVALS)}: whether somebody has to approve what is requested`),
  renewal_window_days: OptionalNumber('How many days before its end a certificate may be renewed', MOST_DAYS),
  allow_key_reuse: Type.Optional(Type.Boolean({ description: 'Whether a renewal may be for the same key' })),
  allow_name_change: Type.Optional(
    Type.Boolean({
      description: 'Whether a renewal may have other names than the certificate; not where requests are approved',
    }),
  ),
  validity_period: Type.Optional(
    Type.Union(
      [
        Type.Null(),
        Type.Object(
          {
            from: OptionalMoment('A day, which begins with its first second (UTC), or a moment; ISO 8601'),
            to: OptionalMoment('A day, which ends with its last second (UTC), or a moment; it lies ahead'),
          },
          { title: 'ChangeEnrollmentPeriod', additionalProperties: false },
        ),
      ],
      { description: 'When there are certificates under the profile. null: always' },
    ),
  ),
  usage_limit: OptionalNumber(
    'How many certificates there may be, beside those that renew others; what was issued before counts',
    MOST_USES,
  ),
  allowed_networks: Type.Optional(
    Type.Array(Type.String({ maxLength: 60 }), {
      maxItems: 100,
      description: 'From where requests may come, in CIDR notation. Empty: from anywhere',
    }),
  ),
}

const Name = Type.String({ maxLength: 200, description: 'What people know it by: 1 to 100 characters' })
const CertificateProfileId = Type.String({ maxLength: 255, description: 'What the certificates say' })

/** The body by which a profile is made. */
export const CreateEnrollmentProfile = Type.Object(
  {
    name: Name,
    division_id: Type.String({ maxLength: 255, description: 'Where its devices are; for good' }),
    certificate_profile_id: CertificateProfileId,
    ...settings,
  },
  { title: 'CreateEnrollmentProfile' },
)

/** The body by which a profile is changed. */
export const ChangeEnrollmentProfile = Type.Object(
  { name: Type.Optional(Name), certificate_profile_id: Type.Optional(CertificateProfileId), ...settings },
  { title: 'ChangeEnrollmentProfile' },
)

/** What a body wants to be otherwise. */
export function enrollmentProfileChange(body: Static<typeof ChangeEnrollmentProfile>): EnrollmentProfileChange {
  const { validity_period: period } = body
  const startsAt = period === null ? null : period?.from
  const endsAt = period === null ? null : period?.to
  return {
    ...(body.name !== undefined && { name: body.name }),
    ...(body.certificate_profile_id !== undefined && { certificateProfileId: body.certificate_profile_id }),
    ...(body.status !== undefined && { status: oneOf('status', body.status, ENROLLMENT_PROFILE_STATUSES) }),
    ...(body.device_profile_id !== undefined && { deviceProfileId: body.device_profile_id }),
    ...(body.issuing_authority_id !== undefined && { issuingAuthorityId: body.issuing_authority_id }),
    ...(body.enrollment_methods && {
      enrollmentMethods: body.enrollment_methods.map((word) => oneOf('enrollment_methods', word, ENROLLMENT_METHODS)),
    }),
    ...(body.key_generation_option !== undefined && {
      keyGenerationOption: oneOf('key_generation_option', body.key_generation_option, KEY_GENERATION_OPTIONS),
    }),
    ...(body.key_type !== undefined && { keyType: oneOf('key_type', body.key_type, DEVICE_KEY_TYPES) }),
    ...(body.key_type_option !== undefined && {
      keyTypeChoice: oneOf('key_type_option', body.key_type_option, KEY_TYPE_OPTIONS),
    }),
    ...(body.approval !== undefined && { approval: oneOf('approval', body.approval, APPROVALS) }),
    ...(body.renewal_window_days !== undefined && { renewalWindowDays: body.renewal_window_days }),
    ...(body.allow_key_reuse !== undefined && { allowsKeyReuse: body.allow_key_reuse }),
    ...(body.allow_name_change !== undefined && { allowsNameChange: body.allow_name_change }),
    ...(startsAt !== undefined && { startsAt }),
    ...(endsAt !== undefined && { endsAt }),
    ...(body.usage_limit !== undefined && { usageLimit: body.usage_limit }),
    ...(body.allowed_networks && { networks: body.allowed_networks }),
  }
}

/** The profile that a body wants. */
export function newEnrollmentProfile(body: Static<typeof CreateEnrollmentProfile>): NewEnrollmentProfile {
  const { name, division_id: divisionId, certificate_profile_id: certificateProfileId } = body
  return { ...enrollmentProfileChange(body), name, divisionId, certificateProfileId }
}

/** One of some words, in any case. */
function oneOf<Word extends string>(field: string, text: string, known: readonly Word[]): Word {
  const found = known.find((word) => word.toLowerCase() === text.toLowerCase())
  if (found) return found
  throw new Refusal('invalid', 'invalid_request', `${field}: one of ${words(known)}.`)
}

const Named = Type.Object({ id: Type.String(), name: Type.String() }, { title: 'NamedObject' })
const Word = (list: readonly string[]) => Type.Enum([...list], { type: 'string' })
const OrNull = (type: 'integer' | 'string', description: string) =>
  Type.Union([Type.Null(), type === 'integer' ? Type.Integer() : Type.String({ format: 'date-time' })], { description })

/** An enrollment profile. */
export const EnrollmentProfileView = Type.Object(
  {
    id: Type.String({ description: 'IOT_ and a UUID' }),
    account_id: Type.String(),
    name: Type.String(),
    status: Word(ENROLLMENT_PROFILE_STATUSES),
    division: Named,
    certificate_profile: Named,
    device_profile: Type.Union([Named, Type.Null()]),
    issuing_authority: Named,
    enrollment_methods: Type.Array(Word(ENROLLMENT_METHODS)),
    key_generation_option: Word(KEY_GENERATION_OPTIONS),
    key_type: Word(DEVICE_KEY_TYPES),
    key_type_option: Word(KEY_TYPE_OPTIONS),
    approval: Word(APPROVALS),
    renewal_window_days: OrNull('integer', 'null: at any time before its end'),
    allow_key_reuse: Type.Boolean(),
    allow_name_change: Type.Boolean(),
    validity_period: Type.Object(
      { from: OrNull('string', 'null: from the beginning'), to: OrNull('string', 'null: for good') },
      { title: 'EnrollmentPeriod' },
    ),
    usage_limit: OrNull('integer', 'null: none'),
    number_of_usage: OrNull('integer', 'Counted where there is a limit'),
    allowed_networks: Type.Array(Type.String()),
    created_at: Type.String({ format: 'date-time' }),
    updated_at: Type.String({ format: 'date-time' }),
  },
  { title: 'EnrollmentProfile' },
)

export function enrollmentProfileView({
  profile,
  division,
  certificateProfile,
  deviceProfile,
  issuingAuthority,
}: DescribedEnrollmentProfile): Static<typeof EnrollmentProfileView> {
  const { keyType, renewal, limits } = profile
  const named = ({ id, name }: { readonly id: string; readonly name: string }) => ({ id, name })
  return {
    id: profile.id,
    account_id: profile.accountId,
    name: profile.name,
    status: profile.status,
    division: named(division),
    certificate_profile: named(certificateProfile),
    device_profile: deviceProfile ? named(deviceProfile) : null,
    issuing_authority: named(issuingAuthority),
    enrollment_methods: [...profile.enrollmentMethods],
    key_generation_option: profile.keyGenerationOption,
    key_type: keyType.type,
    key_type_option: keyType.choice,
    approval: profile.approval,
    renewal_window_days: renewal.windowDays ?? null,
    allow_key_reuse: renewal.allowsKeyReuse,
    allow_name_change: renewal.allowsNameChange,
    validity_period: {
      from: limits.startsAt ? secondText(limits.startsAt) : null,
      to: limits.endsAt ? secondText(limits.endsAt) : null,
    },
    usage_limit: limits.usageLimit ?? null,
    number_of_usage: profile.numberOfUsage ?? null,
    allowed_networks: [...limits.networks],
    created_at: secondText(profile.createdAt),
    updated_at: secondText(profile.updatedAt),
  }
}

/** A page of enrollment profiles. */
export const EnrollmentProfileList = Type.Object(
  {
    limit: Type.Integer(),
    offset: Type.Integer(),
    total: Type.Integer({ description: 'How many there are in all' }),
    records: Type.Array(EnrollmentProfileView),
  },
  { title: 'EnrollmentProfiles' },
)

const USUAL_LIMIT = 20
const MOST_LIMIT = 1_000

const Filter = (description: string) => Type.Optional(Type.String({ maxLength: 255, description }))

/** What enrollment profiles are looked for by. */
export const EnrollmentProfileFilter = Type.Object({
  offset: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 1_000_000, default: 0, description: 'How many to leave out' }),
  ),
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: MOST_LIMIT, default: USUAL_LIMIT, description: 'How many at most' }),
  ),
  name: Filter('The whole of it, letter by letter'),
  status: Filter(`${words(ENROLLMENT_PROFILE_STATUSES)}, in any case`),
  division_id: Filter('Of its division'),
  certificate_profile_id: Filter('Of its certificate profile'),
  device_profile_id: Filter('Of its device profile'),
})

/** Reads a query. */
export function enrollmentProfileQuery(
  query: Static<typeof EnrollmentProfileFilter>,
): Omit<EnrollmentProfileQuery, 'accountId'> {
  return {
    offset: query.offset ?? 0,
    limit: query.limit ?? USUAL_LIMIT,
    ...(query.name !== undefined && { name: query.name }),
    ...(query.status !== undefined && { status: oneOf('status', query.status, ENROLLMENT_PROFILE_STATUSES) }),
    ...(query.division_id !== undefined && { divisionId: query.division_id }),
    ...(query.certificate_profile_id !== undefined && { certificateProfileId: query.certificate_profile_id }),
    ...(query.device_profile_id !== undefined && { deviceProfileId: query.device_profile_id }),
  }
}

/** An example for the document. */
export const EXAMPLE_ENROLLMENT_PROFILE: Static<typeof EnrollmentProfileView> = {
  id: 'IOT_019ab2c4-0001-7d02-8f5e-4c1a9b7b2f10',
  account_id: '019ab2c4-0000-7d02-8f5e-4c1a9b7b2f10',
  name: 'Line 1',
  status: 'active',
  division: { id: '019ab2c4-0002-7d02-8f5e-4c1a9b7b2f10', name: 'Sensors' },
  certificate_profile: { id: '019ab2c4-0003-7d02-8f5e-4c1a9b7b2f10', name: 'TLS clients' },
  device_profile: null,
  issuing_authority: { id: '019ab2c4-0004-7d02-8f5e-4c1a9b7b2f10', name: 'Countersign Devices' },
  enrollment_methods: ['API', 'EST'],
  key_generation_option: 'client_or_server_side',
  key_type: 'p_256',
  key_type_option: 'selectable',
  approval: 'automatic',
  renewal_window_days: 30,
  allow_key_reuse: false,
  allow_name_change: false,
  validity_period: { from: null, to: '2027-12-31T23:59:59Z' },
  usage_limit: 10_000,
  number_of_usage: 12,
  allowed_networks: ['192.0.2.0/24'],
  created_at: '2026-11-23T00:00:00Z',
  updated_at: '2026-11-23T00:00:00Z',
}
