/** Certificates of devices in answers, one and many, and what they are looked for by. */
import { encodePem } from '@countersign/codec'
import { type Static, Type } from 'typebox'
import type { RevocationReason } from '../domain/certificate.ts'
import {
  COUNTED_CERTIFICATES,
  DEVICE_CERTIFICATE_STATUSES,
  type DeviceCertificateQuery,
  searchedName,
  statusOfDeviceCertificate,
} from '../domain/device-certificate.ts'
import { DEVICE_KEY_TYPES } from '../domain/device-key-type.ts'
import { ENROLLMENT_METHODS } from '../domain/enrollment-profile.ts'
import type { ChainedCertificate } from '../domain/manage-device-certificates.ts'
import { Refusal } from '../domain/refusal.ts'
import { LISTED_REASONS } from '../domain/revocation-list.ts'
import { secondText } from './timestamp.ts'

/** Why a device's certificate can be revoked: no device is an authority. RFC 5280 §5.3.1. */
export const REVOCATION_REASONS: readonly RevocationReason[] = (
  Object.keys(LISTED_REASONS) as RevocationReason[]
).filter((reason) => reason !== 'ca_compromise')

const Named = Type.Object({ id: Type.String(), name: Type.String() }, { title: 'NamedObject' })

/** A certificate of a device. */
export const DeviceCertificateView = Type.Object(
  {
    id: Type.String(),
    account_id: Type.String(),
    certificate_request_id: Type.String(),
    common_name: Type.String(),
    subject: Type.String({ description: 'RFC 4514' }),
    serial_number: Type.String({ description: 'In upper-case hexadecimal' }),
    status: Type.Enum([...DEVICE_CERTIFICATE_STATUSES], {
      type: 'string',
      description: 'One on hold is REVOKED, with the reason certificate_hold',
    }),
    valid_from: Type.String({ format: 'date-time' }),
    valid_to: Type.String({ format: 'date-time' }),
    revocation: Type.Union([
      Type.Null(),
      Type.Object(
        {
          reason: Type.Enum([...REVOCATION_REASONS], { type: 'string' }),
          date: Type.String({ format: 'date-time' }),
        },
        { title: 'DeviceCertificateRevocation' },
      ),
    ]),
    certificate_type: Type.Enum(['x509'], { type: 'string' }),
    enrollment_method: Type.Enum([...ENROLLMENT_METHODS], { type: 'string' }),
    enrollment_profile: Named,
    device: Type.Union([Named, Type.Null()], { description: 'Its name is its identifier' }),
    key_type: Type.Enum([...DEVICE_KEY_TYPES], { type: 'string' }),
    key_generation: Type.Enum(['client_side', 'server_side'], { type: 'string' }),
    created_at: Type.String({ format: 'date-time' }),
    body: Type.String({ description: 'PEM' }),
    chain: Type.Array(Type.Object({ blob: Type.String({ description: 'PEM' }) }, { title: 'ChainCertificate' }), {
      description: 'Its authorities, the root last',
    }),
  },
  { title: 'DeviceCertificate' },
)

export const DeviceCertificateList = Type.Object(
  {
    limit: Type.Integer(),
    offset: Type.Integer(),
    total: Type.Integer({
      description: `How many there are in all, counted up to ${COUNTED_CERTIFICATES}, and beyond to the record after this page: who goes on until offset is total sees all`,
    }),
    total_is_exact: Type.Boolean({ description: 'false where there are as many, or more' }),
    records: Type.Array(DeviceCertificateView),
  },
  { title: 'DeviceCertificates' },
)

/** Of each authority once: they are the same on a page of a thousand certificates. */
const authorityPems = new WeakMap<Uint8Array, string>()

function authorityPem(bytes: Uint8Array): string {
  const pem = authorityPems.get(bytes) ?? encodePem('CERTIFICATE', bytes)
  authorityPems.set(bytes, pem)
  return pem
}

/** So many views are made in one go. */
const SLICE = 100

/** Those of a page, in slices: others are served meanwhile. */
export async function deviceCertificateViews(
  found: readonly ChainedCertificate[],
  at: Date,
): Promise<readonly Static<typeof DeviceCertificateView>[]> {
  const views: Static<typeof DeviceCertificateView>[] = []
  for (const one of found) {
    views.push(deviceCertificateView(one, at))
    if (views.length % SLICE === 0) await new Promise(setImmediate)
  }
  return views
}

export function deviceCertificateView(found: ChainedCertificate, at: Date): Static<typeof DeviceCertificateView> {
  const { certificate, request, enrollmentProfileName, deviceIdentifier, intermediates, root } = found
  const { serialNumber, revocation } = certificate
  return {
    id: certificate.id,
    account_id: request.accountId,
    certificate_request_id: request.id,
    common_name: certificate.commonName,
    subject: certificate.subject,
    // Whole bytes, as OpenSSL prints it.
    serial_number: serialNumber.padStart(serialNumber.length + (serialNumber.length % 2), '0').toUpperCase(),
    status: statusOfDeviceCertificate(certificate, at),
    valid_from: secondText(certificate.notBefore),
    valid_to: secondText(certificate.notAfter),
    revocation: revocation
      ? { reason: revocation.reason, date: secondText(revocation.invalidSince ?? revocation.at) }
      : null,
    certificate_type: 'x509',
    enrollment_method: request.method,
    enrollment_profile: { id: request.enrollmentProfileId, name: enrollmentProfileName },
    device:
      request.deviceId !== undefined && deviceIdentifier !== undefined
        ? { id: request.deviceId, name: deviceIdentifier }
        : null,
    key_type: request.keyType,
    key_generation: `${request.keyGeneration}_side`,
    created_at: secondText(certificate.createdAt),
    body: encodePem('CERTIFICATE', certificate.bytes),
    chain: [...intermediates, root].map((bytes) => ({ blob: authorityPem(bytes) })),
  }
}

/** An example for the document. */
export const EXAMPLE_DEVICE_CERTIFICATE: Static<typeof DeviceCertificateView> = {
  id: '019ab2c4-4a53-7e11-9a0c-1b2d3e4f5a6b',
  account_id: '019ab2c4-0000-7d02-8f5e-4c1a9b7b2f10',
  certificate_request_id: '019ab2c4-4a52-7d02-8f5e-4c1a9b7b2f10',
  common_name: 'sensor-1',
  subject: 'CN=sensor-1',
  serial_number: '4F2C9A6B1D3E5F708192A3B4C5D6E7F801020304',
  status: 'ISSUED',
  valid_from: '2026-11-23T00:00:00Z',
  valid_to: '2027-11-22T23:59:59Z',
  revocation: null,
  certificate_type: 'x509',
  enrollment_method: 'API',
  enrollment_profile: { id: 'IOT_019ab2c4-0001-7d02-8f5e-4c1a9b7b2f10', name: 'Devices' },
  device: { id: '019ab2c4-4a51-7d02-8f5e-4c1a9b7b2f10', name: 'MAC0011' },
  key_type: 'p_256',
  key_generation: 'client_side',
  created_at: '2026-11-23T00:01:00Z',
  body: '-----BEGIN CERTIFICATE-----\nMIICJTCCAcugAwIBAgIUb0…\n-----END CERTIFICATE-----\n',
  chain: [{ blob: '-----BEGIN CERTIFICATE-----\nMIICXTCCAeSgAwIBAgIUfC…\n-----END CERTIFICATE-----\n' }],
}

const USUAL_LIMIT = 20
const MOST_LIMIT = 1_000
/** What lies further back is found by a filter. */
const MOST_OFFSET = 1_000_000

const Filter = (description: string) => Type.Optional(Type.String({ maxLength: 255, description }))

/** What certificates are looked for by. */
export const DeviceCertificateFilter = Type.Object({
  offset: Type.Optional(
    Type.Integer({ minimum: 0, maximum: MOST_OFFSET, default: 0, description: 'How many to leave out' }),
  ),
  limit: Type.Optional(
    Type.Integer({ minimum: 1, maximum: MOST_LIMIT, default: USUAL_LIMIT, description: 'How many at most' }),
  ),
  status: Filter(`${DEVICE_CERTIFICATE_STATUSES.join(', ')}, in any case`),
  common_name: Filter('The whole of it, letter by letter'),
  common_name_prefix: Filter('What it begins with, letter by letter'),
  subject_alternative_name: Filter('One of its DNS names, addresses, e-mail addresses or URIs, whole, in any case'),
  serial_number: Filter('In hexadecimal; colons, spaces and zeros at its beginning do not count'),
  enrollment_profile_id: Filter('IOT_ and a UUID'),
  certificate_profile_id: Filter('A UUID'),
  division_id: Filter('A UUID: that of the enrollment profile'),
  device_identifier: Filter('The whole of it, letter by letter'),
  enrollment_method: Filter(`${ENROLLMENT_METHODS.join(', ')}, in any case`),
  certificate_type: Filter('x509'),
  valid_to_from: Filter('Ends on that day or later, as 2026-11-23'),
  valid_to_to: Filter('Ends on that day or earlier, as 2026-11-30'),
})

const DAY_MS = 86_400_000

/** Refuses a filter that is misspelt: passed over it would give all certificates. The validator takes it away unseen. */
export function requireKnownFilters(url: string): void {
  const names = Object.keys(DeviceCertificateFilter.properties)
  const given = new URLSearchParams(url.split('?', 2)[1])
  const unknown = [...given.keys()].find((name) => !names.includes(name))
  if (unknown !== undefined)
    throw invalid(`There is no filter ${JSON.stringify(unknown.slice(0, 60))} here; there are ${names.join(', ')}.`)
}

/** Reads a query; a filter that nothing can meet is refused, since an empty list would say that there is nothing. */
export function deviceCertificateQuery(
  query: Static<typeof DeviceCertificateFilter>,
): Omit<DeviceCertificateQuery, 'accountId' | 'at'> {
  const { status, serial_number: serialNumber, valid_to_from: from, valid_to_to: to } = query
  const { subject_alternative_name: name } = query
  only('certificate_type', query.certificate_type, 'x509')
  const wanted = DEVICE_CERTIFICATE_STATUSES.find((known) => known === status?.toUpperCase())
  const method = ENROLLMENT_METHODS.find((known) => known === query.enrollment_method?.toUpperCase())
  if (query.enrollment_method !== undefined && !method)
    throw invalid(`enrollment_method: one of ${ENROLLMENT_METHODS.join(', ')}.`)
  if (status !== undefined && !wanted) throw invalid(`status: one of ${DEVICE_CERTIFICATE_STATUSES.join(', ')}.`)
  return {
    offset: query.offset ?? 0,
    limit: query.limit ?? USUAL_LIMIT,
    ...(wanted && { status: wanted }),
    ...(method && { method }),
    ...(query.common_name !== undefined && { commonName: query.common_name }),
    ...(serialNumber !== undefined && { serialNumber: serialNumberOf(serialNumber) }),
    ...(query.common_name_prefix !== undefined && { commonNamePrefix: query.common_name_prefix }),
    ...(name !== undefined && { name: searchedName(name) }),
    ...(query.certificate_profile_id !== undefined && { certificateProfileId: query.certificate_profile_id }),
    ...(query.division_id !== undefined && { divisionId: query.division_id }),
    ...(query.enrollment_profile_id !== undefined && { enrollmentProfileId: query.enrollment_profile_id }),
    ...(query.device_identifier !== undefined && { deviceIdentifier: query.device_identifier }),
    ...(from !== undefined && { endsFrom: dayOf('valid_to_from', from) }),
    ...(to !== undefined && { endsUntil: new Date(dayOf('valid_to_to', to).getTime() + DAY_MS) }),
  }
}

function only(field: string, value: string | undefined, right: string): void {
  if (value !== undefined && value.toLowerCase() !== right.toLowerCase()) throw invalid(`${field}: ${right}.`)
}

function serialNumberOf(text: string): string {
  const digits = text.replaceAll(/[: ]/g, '').toLowerCase().replace(/^0+/, '')
  if (/^[0-9a-f]{1,40}$/.test(digits)) return digits
  throw invalid('serial_number: up to 40 hexadecimal digits.')
}

function dayOf(field: string, text: string): Date {
  const day = new Date(/^\d{4}-\d{2}-\d{2}$/.test(text) ? text : Number.NaN)
  if (!Number.isNaN(day.getTime()) && day.toISOString().startsWith(text)) return day
  throw invalid(`${field}: a day as 2026-11-23.`)
}

function invalid(message: string): Refusal {
  return new Refusal('invalid', 'invalid_request', message)
}
