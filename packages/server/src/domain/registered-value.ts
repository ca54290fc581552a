/** Values of certificate fields that a passcode or an authentication certificate comes with. */
import type { GivenAttribute } from './certificate-names.ts'
import type { DeviceCertificateProfile } from './device-certificate-profile.ts'
import type { RegisteredValue } from './enrollment-right.ts'
import {
  type AlternativeFieldId,
  alternativeName,
  FieldFault,
  matchesPattern,
  type ProfileField,
  SUBJECT_FIELD_IDS,
  type SubjectFieldId,
  subjectAttribute,
} from './profile-field.ts'
import { Refusal } from './refusal.ts'

const MOST_VALUES = 100

/** The values as they are kept. Throws a Refusal unless the certificate profile has each field, and lets it have them. */
export function registeredValuesOf(
  { fields }: Pick<DeviceCertificateProfile, 'fields'>,
  given: readonly GivenAttribute[],
): readonly RegisteredValue[] {
  const values = given.map(({ id, value }) => {
    const field = fields.find((one) => one.id === id)
    if (!field)
      throw invalid(
        `${JSON.stringify(id.slice(0, 60))} is no field of the certificate profile: it has ${fields.map((one) => one.id).join(', ')}.`,
      )
    return { field: field.id, values: valuesOf(field, [value].flat()) }
  })
  const twice = values.find(({ field }, index) => values.findIndex((other) => other.field === field) !== index)
  if (twice) throw invalid(`${twice.field} is there twice: give several values as one array.`)
  return values
}

function valuesOf(
  { id, rule, pattern, most, values: fixed }: ProfileField,
  given: readonly string[],
): readonly string[] {
  const values = given.map((value) => value.trim())
  if (values.length === 0 || values.length > Math.min(most, MOST_VALUES))
    throw invalid(`${id}: ${most === 1 ? 'one value' : `1 to ${most} values`}.`)
  if (rule === 'fixed' && JSON.stringify(values) !== JSON.stringify(fixed))
    throw invalid(`${id} is fixed by the certificate profile: ${JSON.stringify(fixed)}.`)
  for (const value of values) {
    requireWritable(id, value)
    if (pattern !== undefined && !matchesPattern(pattern, value)) throw invalid(`${id} has to look like ${pattern}.`)
  }
  return values
}

function requireWritable(id: ProfileField['id'], value: string): void {
  try {
    if ((SUBJECT_FIELD_IDS as readonly string[]).includes(id)) subjectAttribute(id as SubjectFieldId, value)
    else alternativeName(id as AlternativeFieldId, value)
  } catch (cause) {
    if (cause instanceof FieldFault) throw invalid(`${id} is not what it has to be: ${cause.message}`, cause)
    throw cause
  }
}

function invalid(what: string, cause?: unknown): Refusal {
  return new Refusal('invalid', 'invalid_request', `registered_values: ${what}`, { cause })
}
