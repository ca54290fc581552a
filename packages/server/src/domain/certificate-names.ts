/** The names of a device's certificate: what its profile lets through of a request's attributes and of its CSR. */
import {
  type CertificationRequest,
  type GeneralName,
  type Name,
  PkiError,
  subjectAlternativeName,
} from '@countersign/pki'
import { invalidRequest } from './certification-request.ts'
import type { DeviceCertificateProfile } from './device-certificate-profile.ts'
import type { RegisteredValue } from './enrollment-right.ts'
import {
  ALTERNATIVE_FIELD_IDS,
  alternativeName,
  alternativeText,
  alternativeTypeOf,
  attributeTypeOf,
  FieldFault,
  looksLike,
  type ProfileField,
  type ProfileFieldId,
  SUBJECT_FIELD_IDS,
  subjectAttribute,
} from './profile-field.ts'
import { Refusal } from './refusal.ts'

/** A field and its value, or values. */
export type GivenAttribute = { readonly id: string; readonly value: string | readonly string[] }

/** Who a certificate is for. */
export type CertificateNames = {
  readonly subject: Name
  readonly subjectAlternativeNames: readonly GeneralName[]
}

/** Of all values together: with more no TLS would take the certificate, and a list of such would be too long for anybody. */
const LONGEST_NAMES = 32_768

type Requested = Pick<CertificationRequest, 'subject' | 'extensions'>

/**
 * What stands in the certificate: the profile's own values, else those of the attributes, else those of the CSR where the
 * profile takes them from there. What the profile has no field for is refused in attributes and left out of a CSR. A
 * field with registered values has those, and a request that says others is refused.
 */
export function certificateNames(
  { fields }: Pick<DeviceCertificateProfile, 'fields'>,
  attributes: readonly GivenAttribute[],
  csr: Requested | undefined,
  registeredValues: readonly RegisteredValue[] = [],
): CertificateNames {
  const given = givenValues(fields, attributes)
  const registered = new Map(registeredValues.map(({ field, values }) => [field, values]))
  const missing = registeredValues.find(({ field }) => !fields.some(({ id }) => id === field))
  if (missing) throw invalid(`${missing.field} is registered with a value, and the profile has no such field any more.`)
  let left = LONGEST_NAMES
  const valuesOf = (id: ProfileFieldId): readonly string[] => {
    const field = fields.find((candidate) => candidate.id === id)
    const values = field ? valuesOfField(field, given.get(id) ?? [], csr, registered.get(id)) : []
    for (const { length } of values) left -= length
    if (left < 0) throw invalid(`the names of a certificate have at most ${LONGEST_NAMES} characters in all.`)
    return values
  }
  return {
    subject: SUBJECT_FIELD_IDS.flatMap((id) =>
      valuesOf(id).map((value) => {
        const attribute = faulty(id, () => subjectAttribute(id, value))
        requirePattern(fields, id, attribute.value)
        return [attribute]
      }),
    ),
    subjectAlternativeNames: ALTERNATIVE_FIELD_IDS.flatMap((id) =>
      valuesOf(id).map((value) => {
        const name = faulty(id, () => alternativeName(id, value))
        requirePattern(fields, id, alternativeText(name) ?? '')
        return name
      }),
    ),
  }
}

/** What is judged is what will stand in the certificate, not the way in which it was asked for. */
function requirePattern(fields: readonly ProfileField[], id: ProfileFieldId, written: string): void {
  const field = fields.find((candidate) => candidate.id === id)
  if (field && field.rule !== 'fixed' && !looksLike(field, written))
    throw invalid(`${id} has to look like ${field.pattern}.`)
}

function givenValues(
  fields: readonly ProfileField[],
  attributes: readonly GivenAttribute[],
): ReadonlyMap<string, readonly string[]> {
  const given = new Map<string, readonly string[]>()
  for (const { id, value } of attributes) {
    if (!fields.some((field) => field.id === id))
      throw invalid(
        `${JSON.stringify(id.slice(0, 60))} is no field of the profile: it has ${fields.map((field) => field.id).join(', ')}.`,
      )
    if (given.has(id)) throw invalid(`${id} is there twice: give several values as one array.`)
    // An empty one is none: payloads are filled in from samples.
    given.set(
      id,
      [value].flat().filter((text) => text.trim() !== ''),
    )
  }
  return given
}

function valuesOfField(
  field: ProfileField,
  given: readonly string[],
  csr: Requested | undefined,
  registered: readonly string[] | undefined,
): readonly string[] {
  const { id, rule, most, isFromCsr } = field
  if (rule === 'fixed') {
    const other = given.find((value, index) => value !== field.values[index])
    if (other === undefined && given.length <= field.values.length)
      return requireRegistered(id, field.values, registered)
    throw invalid(`${id} is fixed by the profile: ${JSON.stringify(field.values)}.`)
  }
  const asked = given.length > 0 || !isFromCsr || !csr ? given : requestedValues(id, csr)
  const values = registered && asked.length === 0 ? registered : requireRegistered(id, asked, registered)
  if (values.length > most) throw invalid(`${id}: at most ${most === 1 ? 'one value' : `${most} values`}.`)
  if (values.length === 0 && rule === 'required')
    throw invalid(`${id} is missing: the profile requires it${isFromCsr ? ', here or in the CSR' : ''}.`)
  return values
}

function requireRegistered(
  id: ProfileFieldId,
  values: readonly string[],
  registered: readonly string[] | undefined,
): readonly string[] {
  const isSame = registered?.length === values.length && registered.every((value, at) => value === values[at]?.trim())
  if (!registered || isSame) return values
  throw invalid(`${id} is registered for the passcode or certificate you enroll with: ${JSON.stringify(registered)}.`)
}

/** What a request, or a certificate, says of a field. */
export function requestedValues(id: ProfileFieldId, { subject, extensions }: Requested): readonly string[] {
  if (isOfSubject(id)) {
    const type = attributeTypeOf(id)
    const found = subject.flat().filter((attribute) => attribute.type === type)
    if (found.some(({ encoding }) => encoding === 'other')) throw invalidRequest(`its ${id} is no text.`)
    return found.map(({ value }) => value).filter((value) => value.trim() !== '')
  }
  const type = alternativeTypeOf(id)
  try {
    const names = subjectAlternativeName({ extensions }) ?? []
    return names.filter((name) => name.type === type).map((name) => alternativeText(name) ?? '')
  } catch (cause) {
    if (cause instanceof PkiError) throw invalidRequest('its subjectAltName is malformed.', cause)
    throw cause
  }
}

const isOfSubject = (id: ProfileFieldId): id is (typeof SUBJECT_FIELD_IDS)[number] =>
  (SUBJECT_FIELD_IDS as readonly string[]).includes(id)

function faulty<T>(id: ProfileFieldId, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    if (cause instanceof FieldFault) throw invalid(`${id} is not what it has to be: ${cause.message}`, cause)
    throw cause
  }
}

function invalid(what: string, cause?: unknown): Refusal {
  return new Refusal('invalid', 'invalid_request', `certificate_profile_attributes: ${what}`, { cause })
}
