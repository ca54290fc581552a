/** Passcodes and authentication certificates in requests and answers. */
import { encodeHex, encodePem } from '@countersign/codec'
import { Certificate, commonName, oids } from '@countersign/pki'
import { type Static, Type } from 'typebox'
import type {
  DescribedEnrollmentRight,
  EnrollmentRightChange,
  ToldPasscode,
} from '../domain/manage-enrollment-rights.ts'
import { PASSCODE_LENGTH } from '../domain/passcode.ts'
import { Refusal } from '../domain/refusal.ts'
import { secondText } from './timestamp.ts'

const MOST_USES = 1_000_000_000
const MOST_REGISTERED = 100
/** As long as a certificate can be. */
const LONGEST_PEM = 131_072

const STATUSES = ['ACTIVE', 'DISABLED', 'DELETED'] as const

const Moment = (description: string) =>
  Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'], maxLength: 40, description }))
const FROM = 'A day, which begins with its first second (UTC), or a moment; ISO 8601. null: from now on'
const TO = 'A day, which ends with its last second (UTC), or a moment; it lies ahead. null: no end'

const RegisteredValue = Type.Object(
  {
    certificate_field: Type.String({ maxLength: 60, description: 'As subject.common_name' }),
    matcher: Type.Optional(Type.String({ maxLength: 20, description: 'equals' })),
    value: Type.Union([
      Type.String({ maxLength: 4_096 }),
      Type.Array(Type.String({ maxLength: 4_096 }), { maxItems: MOST_REGISTERED }),
    ]),
    multiple: Type.Optional(Type.Boolean({ description: 'In answers: whether the field takes several' })),
  },
  { title: 'RegisteredValue' },
)

const Name = Type.String({ maxLength: 200, description: 'What people know it by: 1 to 100 characters' })

const settings = {
  description: Type.Optional(Type.String({ maxLength: 1_000, description: 'Up to 500 characters on one line' })),
  usage_limit: Type.Optional(
    Type.Unsafe<number | null>({
      type: ['integer', 'null'],
      minimum: 1,
      maximum: MOST_USES,
      description: 'How many certificates may be made by it; what was made before counts. null: any number',
    }),
  ),
  registered_values: Type.Optional(
    Type.Array(RegisteredValue, {
      maxItems: MOST_REGISTERED,
      description: 'What its certificates say in these fields; a request that says something else is refused',
    }),
  ),
  allowed_networks: Type.Optional(
    Type.Array(Type.String({ maxLength: 60 }), {
      maxItems: 100,
      description: 'From where it counts, in CIDR notation. Empty: from anywhere',
    }),
  ),
}
const status = Type.Optional(Type.String({ maxLength: 20, description: 'ACTIVE or DISABLED, in any case' }))
const validityPeriod = Type.Optional(
  Type.Union(
    [
      Type.Null(),
      Type.Object(
        { from: Moment(FROM), to: Moment(TO) },
        { title: 'ChangePasscodePeriod', additionalProperties: false },
      ),
    ],
    { description: 'When it counts. null: always' },
  ),
)

/** The body by which a passcode is made. */
export const CreatePasscode = Type.Object(
  {
    name: Name,
    passcode_length: Type.Optional(
      Type.Integer({
        description: `${PASSCODE_LENGTH.least} to ${PASSCODE_LENGTH.most} characters; ${PASSCODE_LENGTH.usual} when left out`,
      }),
    ),
    validity_period: validityPeriod,
    ...settings,
  },
  { title: 'CreateEnrollmentPasscode' },
)

/** The body by which a passcode is changed. */
export const ChangePasscode = Type.Object(
  { name: Type.Optional(Name), status, validity_period: validityPeriod, ...settings },
  { title: 'ChangeEnrollmentPasscode' },
)

const dates = { start_date: Moment(FROM), end_date: Moment(TO) }

/** The body by which a certificate is assigned. */
export const AssignAuthenticationCertificate = Type.Object(
  {
    pem: Type.String({
      maxLength: LONGEST_PEM,
      description:
        'The certificate: one that was issued here, to a client or a device of the account. What follows it is passed over',
    }),
    name: Type.Optional(Name),
    ...dates,
    ...settings,
  },
  { title: 'AssignAuthenticationCertificate' },
)

/** The body by which that is changed. */
export const ChangeAuthenticationCertificate = Type.Object(
  { name: Type.Optional(Name), status, ...dates, ...settings },
  { title: 'ChangeAuthenticationCertificate' },
)

type ChangeBody = Omit<Static<typeof ChangePasscode> & Static<typeof ChangeAuthenticationCertificate>, 'name'> & {
  readonly name?: string
}

/** What a body wants to be otherwise. */
export function enrollmentRightChange(body: ChangeBody): EnrollmentRightChange {
  const { validity_period: period } = body
  const startsAt = period === null ? null : (period?.from ?? body.start_date)
  const endsAt = period === null ? null : (period?.to ?? body.end_date)
  return {
    ...(body.name !== undefined && { name: body.name }),
    ...(body.description !== undefined && { description: body.description }),
    ...(body.status !== undefined && { isEnabled: isEnabled(body.status) }),
    ...(body.usage_limit !== undefined && { usageLimit: body.usage_limit }),
    ...(startsAt !== undefined && { startsAt }),
    ...(endsAt !== undefined && { endsAt }),
    ...(body.registered_values && { registeredValues: body.registered_values.map(givenValue) }),
    ...(body.allowed_networks && { allowedNetworks: body.allowed_networks }),
  }
}

function isEnabled(text: string): boolean {
  const word = text.toUpperCase()
  if (word === 'ACTIVE' || word === 'DISABLED') return word === 'ACTIVE'
  throw new Refusal('invalid', 'invalid_request', 'status: ACTIVE or DISABLED.')
}

function givenValue({ certificate_field: id, matcher = 'equals', value }: Static<typeof RegisteredValue>) {
  if (matcher.toLowerCase() === 'equals') return { id, value }
  throw new Refusal('invalid', 'invalid_request', 'registered_values: matcher is equals, or left out.')
}

const Named = Type.Object({ id: Type.String(), name: Type.String() }, { title: 'NamedObject' })
const MomentOrNull = Type.Union([Type.Null(), Type.String({ format: 'date-time' })])

const viewFields = {
  id: Type.String(),
  account_id: Type.String(),
  name: Type.String(),
  description: Type.String(),
  status: Type.Enum([...STATUSES], { type: 'string' }),
  enrollment_profile: Named,
  division: Named,
  device_profile: Type.Union([Named, Type.Null()]),
  usage_limit: Type.Union([Type.Null(), Type.Integer()]),
  number_of_usage: Type.Integer({ description: 'How many certificates were made by it' }),
  registered_values: Type.Array(RegisteredValue),
  allowed_networks: Type.Array(Type.String()),
  created_at: Type.String({ format: 'date-time' }),
}
const period = Type.Object({ from: MomentOrNull, to: MomentOrNull }, { title: 'PasscodePeriod' })

/** A passcode, whose text nobody is told again. */
export const PasscodeView = Type.Object(
  {
    ...viewFields,
    validity_period: period,
    passcode: Type.String({ description: 'Its first 5 characters, and asterisks' }),
  },
  { title: 'EnrollmentPasscode' },
)

/** A passcode that was made now. */
export const ToldPasscodeView = Type.Object(
  {
    ...viewFields,
    validity_period: period,
    passcode: Type.String({ description: 'The passcode itself: it is told here and never again' }),
  },
  { title: 'ToldEnrollmentPasscode' },
)

/** A certificate by which others enroll. */
export const AuthenticationCertificateView = Type.Object(
  {
    ...viewFields,
    certificate: Named,
    start_date: Type.Union([Type.Null(), Type.String()]),
    end_date: Type.Union([Type.Null(), Type.String()]),
    pem: Type.String(),
    certificate_expires_on: Type.String({ format: 'date-time' }),
    certificate_serial_number: Type.String(),
    certificate_issuer_common_name: Type.String(),
    certificate_thumbprint: Type.String({ description: 'SHA-256 of the certificate, hexadecimal' }),
    certificate_organization: Type.Union([Type.Null(), Type.String()]),
    certificate_organization_units: Type.Array(Type.String()),
  },
  { title: 'AuthenticationCertificate' },
)

function commonView({ right, profiles, division, deviceProfile }: DescribedEnrollmentRight) {
  const named = ({ id, name }: { readonly id: string; readonly name: string }) => ({ id, name })
  return {
    id: right.id,
    account_id: right.accountId,
    name: right.name,
    description: right.description,
    status: right.status.toUpperCase() as (typeof STATUSES)[number],
    enrollment_profile: named(profiles.enrollment),
    division: named(division),
    device_profile: deviceProfile ? named(deviceProfile) : null,
    usage_limit: right.usageLimit ?? null,
    number_of_usage: right.numberOfUsage,
    registered_values: right.registeredValues.map(({ field, values }) => {
      const multiple = (profiles.certificate.fields.find(({ id }) => id === field)?.most ?? values.length) > 1
      return {
        certificate_field: field,
        matcher: 'equals',
        value: multiple ? [...values] : (values[0] ?? ''),
        multiple,
      }
    }),
    allowed_networks: [...right.allowedNetworks],
    created_at: secondText(right.createdAt),
  }
}

/** What is told of a passcode: never its text. */
export function passcodeView(described: DescribedEnrollmentRight): Static<typeof PasscodeView> {
  const { proof, startsAt, endsAt } = described.right
  if (proof.kind !== 'passcode') throw new TypeError('it is no passcode')
  return {
    ...commonView(described),
    validity_period: { from: startsAt ? secondText(startsAt) : null, to: endsAt ? secondText(endsAt) : null },
    passcode: proof.beginning + '*'.repeat(proof.length - proof.beginning.length),
  }
}

/** What is told of a passcode this once. */
export function toldPasscodeView({ text, ...described }: ToldPasscode): Static<typeof ToldPasscodeView> {
  return { ...passcodeView(described), passcode: text }
}

/** What is told of a certificate by which others enroll. */
export function authenticationCertificateView(
  described: DescribedEnrollmentRight,
): Static<typeof AuthenticationCertificateView> {
  const { right, certificate } = described
  if (!certificate?.fingerprint) throw new TypeError('it has no certificate')
  const { subject, issuer } = Certificate.decode(certificate.bytes)
  const [organization = null] = valuesOf(subject, oids.organizationName)
  return {
    ...commonView(described),
    certificate: { id: certificate.id, name: certificate.commonName },
    start_date: right.startsAt ? dateText(right.startsAt) : null,
    end_date: right.endsAt ? dateText(right.endsAt) : null,
    pem: encodePem('CERTIFICATE', certificate.bytes),
    certificate_expires_on: secondText(certificate.notAfter),
    certificate_serial_number: certificate.serialNumber,
    certificate_issuer_common_name: commonName(issuer) ?? '',
    certificate_thumbprint: encodeHex(certificate.fingerprint),
    certificate_organization: organization,
    certificate_organization_units: valuesOf(subject, oids.organizationalUnitName),
  }
}

function valuesOf(name: Certificate['subject'], type: string): string[] {
  return name.flat().flatMap((attribute) => (attribute.type === type ? [attribute.value] : []))
}

/** The day where it is the whole of one, as it was given. */
function dateText(at: Date): string {
  return secondText(at).replace(/T(00:00:00|23:59:59)Z$/, '')
}

const USUAL_LIMIT = 20
const MOST_LIMIT = 1_000

/** The part of a list that a request asks for. */
export const EnrollmentRightPage = Type.Object({
  offset: Type.Optional(
    Type.Integer({ minimum: 0, maximum: 1_000_000, default: 0, description: 'How many to leave out' }),
  ),
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: MOST_LIMIT, default: USUAL_LIMIT, description: 'How many at most' }),
  ),
})

/** Reads it. */
export function enrollmentRightPage({ offset = 0, limit = USUAL_LIMIT }: Static<typeof EnrollmentRightPage>): {
  readonly offset: number
  readonly limit: number
} {
  return { offset, limit }
}
