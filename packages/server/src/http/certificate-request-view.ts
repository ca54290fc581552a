/** Certificate requests in answers, one and many, and what they are looked for by. */
import { encodePem } from '@countersign/codec'
import { type Static, Type } from 'typebox'
import {
  CERTIFICATE_REQUEST_STATUSES,
  type CertificateRequestQuery,
  type ListedCertificateRequest,
} from '../domain/certificate-approval.ts'
import type { GivenAttribute } from '../domain/certificate-names.ts'
import { DEVICE_KEY_TYPES } from '../domain/device-key-type.ts'
import { ENROLLMENT_METHODS } from '../domain/enrollment-profile.ts'
import type { FoundCertificateRequest } from '../domain/manage-certificate-requests.ts'
import { dayOf, endOfDay } from './day.ts'
import { DeviceCertificateView, deviceCertificateView, EXAMPLE_DEVICE_CERTIFICATE } from './device-certificate-view.ts'
import { NamedView, partOf, RecordFilter, RecordPage, RecordQuery } from './record-page.ts'
import { secondText } from './timestamp.ts'
import { WordOf, wordOf } from './word.ts'

const Nullable = <Text extends ReturnType<typeof Type.String>>(text: Text) => Type.Union([Type.Null(), text])

const Given = (description: string) =>
  Type.Array(Type.Object({ id: Type.String(), value: Type.Union([Type.String(), Type.Array(Type.String())]) }), {
    description,
  })

const ApprovalView = Type.Object(
  {
    subject: Type.String({ description: 'Of the certificate, RFC 4514' }),
    subject_alternative_names: Type.Array(Type.String(), { description: 'Of the certificate, each behind its kind' }),
    certificate_profile_attributes: Given('As they were sent'),
    device_attributes: Given('As they were sent; the device is made, or changed, with the certificate'),
    csr: Nullable(Type.String({ description: 'As it was sent; null where the key is made here' })),
    decided_by: Nullable(Type.String({ description: 'Id of who approved or rejected it' })),
    decided_at: Nullable(Type.String({ format: 'date-time' })),
    reason: Nullable(Type.String({ description: 'Why it was rejected' })),
    expires_at: Nullable(
      Type.String({
        format: 'date-time',
        description: 'When it comes to nothing unless it is decided, or picked up, by then',
      }),
    ),
  },
  { title: 'CertificateApproval' },
)

const fields = {
  id: Type.String(),
  account_id: Type.String(),
  status: Type.Enum([...CERTIFICATE_REQUEST_STATUSES], {
    type: 'string',
    description: 'APPROVED without a certificate: the key is made here, and waits to be picked up',
  }),
  enrollment_profile: NamedView,
  enrollment_method: Type.Enum([...ENROLLMENT_METHODS], { type: 'string' }),
  device_identifier: Nullable(Type.String()),
  key_generation: Type.Enum(['client_side', 'server_side'], { type: 'string' }),
  key_type: Type.Enum([...DEVICE_KEY_TYPES], { type: 'string' }),
  requested_by: Type.Object(
    { kind: Type.String({ description: 'user, or what it was known by' }), id: Type.String() },
    { title: 'CertificateApplicant' },
  ),
  created_at: Type.String({ format: 'date-time' }),
  certificate_id: Nullable(Type.String()),
  renewed_certificate_id: Nullable(Type.String({ description: 'Of the certificate that it renews' })),
  approval: Type.Union([Type.Null(), ApprovalView], { description: 'null where nobody had to approve it' }),
}

const ListedView = Type.Object(fields, { title: 'ListedCertificateRequest' })

/** A request with its certificate. */
export const CertificateRequestView = Type.Object(
  {
    ...fields,
    certificate: Type.Union([Type.Null(), DeviceCertificateView]),
    pem: Nullable(Type.String({ description: 'The certificate and its intermediates' })),
  },
  { title: 'CertificateRequest' },
)

/** A page of requests. */
export const CertificateRequestList = Type.Object(
  {
    ...RecordPage(ListedView, '').properties,
    total_is_exact: Type.Boolean({ description: 'false where there are as many, or more' }),
  },
  { title: 'CertificateRequests' },
)

/** One of many. */
export function listedRequestView(listed: ListedCertificateRequest): Static<typeof ListedView> {
  const { request, approval, enrollmentProfileName, deviceIdentifier } = listed
  const either = approval ?? request
  if (!either) throw new TypeError('a certificate request was approved, or had not to be')
  return {
    id: either.id,
    account_id: either.accountId,
    status: either.status,
    enrollment_profile: { id: either.enrollmentProfileId, name: enrollmentProfileName },
    enrollment_method: either.method,
    device_identifier: deviceIdentifier ?? null,
    key_generation: `${either.keyGeneration}_side`,
    key_type: either.keyType,
    requested_by: { kind: either.actor.kind, id: either.actor.id },
    created_at: secondText(either.createdAt),
    certificate_id: request?.certificateId ?? null,
    renewed_certificate_id: request?.renewedCertificateId ?? null,
    approval: approval ? approvalView(approval) : null,
  }
}

function approvalView({
  wish,
  decision,
  status,
  certificateId,
  endsAt,
}: NonNullable<ListedCertificateRequest['approval']>): Static<typeof ApprovalView> {
  const isOpen = (status === 'PENDING_APPROVAL' || status === 'APPROVED') && certificateId === undefined
  return {
    subject: wish.subject,
    subject_alternative_names: [...wish.alternativeNames],
    certificate_profile_attributes: givenView(wish.attributes),
    device_attributes: givenView(wish.deviceAttributes),
    csr: wish.csr ?? null,
    decided_by: decision?.userId ?? null,
    decided_at: decision ? secondText(decision.at) : null,
    reason: decision?.reason ?? null,
    expires_at: isOpen ? secondText(endsAt) : null,
  }
}

function givenView(attributes: readonly GivenAttribute[]): { id: string; value: string | string[] }[] {
  return attributes.map(({ id, value }) => ({ id, value: typeof value === 'string' ? value : [...value] }))
}

/** One by itself. */
export function certificateRequestView(
  found: FoundCertificateRequest,
  at: Date,
): Static<typeof CertificateRequestView> {
  const { certificate } = found
  const pems = certificate ? [certificate.certificate.bytes, ...certificate.intermediates] : []
  return {
    ...listedRequestView(found),
    certificate: certificate ? deviceCertificateView(certificate, at) : null,
    pem: certificate ? pems.map((bytes) => encodePem('CERTIFICATE', bytes)).join('') : null,
  }
}

/** What requests are looked for by. */
export const CertificateRequestFilter = Type.Object({
  ...RecordQuery,
  status: Type.Optional(WordOf(CERTIFICATE_REQUEST_STATUSES)),
  enrollment_profile_id: RecordFilter('IOT_ and a UUID'),
  device_identifier: RecordFilter(),
  requested_by: RecordFilter('Id of who sent it'),
  created_from: RecordFilter('On that day or later, as 2026-11-23'),
  created_to: RecordFilter('On that day or earlier, as 2026-11-30'),
})

/** Reads a query. */
export function certificateRequestQuery(
  query: Static<typeof CertificateRequestFilter>,
): Omit<CertificateRequestQuery, 'accountId'> {
  const { status, created_from: from, created_to: to } = query
  return {
    ...partOf(query),
    ...(status !== undefined && { status: wordOf('status', status, CERTIFICATE_REQUEST_STATUSES) }),
    ...(query.enrollment_profile_id !== undefined && { enrollmentProfileId: query.enrollment_profile_id }),
    ...(query.device_identifier !== undefined && { deviceIdentifier: query.device_identifier }),
    ...(query.requested_by !== undefined && { actorId: query.requested_by }),
    ...(from !== undefined && { createdFrom: dayOf('created_from', from) }),
    ...(to !== undefined && { createdUntil: endOfDay('created_to', to) }),
  }
}

/** Examples for the document. */
export const EXAMPLE_LISTED_REQUEST: Static<typeof ListedView> = {
  id: EXAMPLE_DEVICE_CERTIFICATE.certificate_request_id,
  account_id: EXAMPLE_DEVICE_CERTIFICATE.account_id,
  status: 'PENDING_APPROVAL',
  enrollment_profile: EXAMPLE_DEVICE_CERTIFICATE.enrollment_profile,
  enrollment_method: 'API',
  device_identifier: 'MAC0011',
  key_generation: 'client_side',
  key_type: 'p_256',
  requested_by: { kind: 'user', id: '019ab2c4-4a52-7d02-8f5e-4c1a9b7b2f11' },
  created_at: '2026-11-23T00:00:00Z',
  certificate_id: null,
  renewed_certificate_id: null,
  approval: {
    subject: 'CN=sensor-1',
    subject_alternative_names: [],
    certificate_profile_attributes: [],
    device_attributes: [{ id: 'DEVICE_IDENTIFIER', value: 'MAC0011' }],
    csr: '-----BEGIN CERTIFICATE REQUEST-----\nMIHGMG4CAQAw…\n-----END CERTIFICATE REQUEST-----\n',
    decided_by: null,
    decided_at: null,
    reason: null,
    expires_at: '2026-12-23T00:00:00Z',
  },
}

export const EXAMPLE_CERTIFICATE_REQUEST: Static<typeof CertificateRequestView> = {
  ...EXAMPLE_LISTED_REQUEST,
  status: 'AUTO_APPROVED',
  certificate_id: EXAMPLE_DEVICE_CERTIFICATE.id,
  approval: null,
  certificate: EXAMPLE_DEVICE_CERTIFICATE,
  pem: EXAMPLE_DEVICE_CERTIFICATE.body,
}
