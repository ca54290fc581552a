import { type Certificate, subjectAlternativeName } from '@countersign/pki'
import {
  type AlternativeFieldId,
  alternativeName,
  alternativeText,
  alternativeTypeOf,
  attributeTypeOf,
  type ProfileFieldId,
  SUBJECT_FIELD_IDS,
  type SubjectFieldId,
  subjectAttribute,
} from '../profile-field.ts'

/** What stands in a certificate for a field, as texts. */
export function writtenValues(certificate: Certificate, id: ProfileFieldId): readonly string[] {
  if (isOfSubject(id)) {
    const type = attributeTypeOf(id)
    return certificate.subject.flatMap((rdn) => rdn.filter((one) => one.type === type).map(({ value }) => value))
  }
  const type = alternativeTypeOf(id)
  const names = subjectAlternativeName(certificate) ?? []
  return names.filter((name) => name.type === type).map((name) => alternativeText(name) ?? '')
}

/** A value of a profile as it stands in certificates. */
export function writtenAs(id: ProfileFieldId, value: string): string {
  return isOfSubject(id) ? subjectAttribute(id, value).value : alternativeAs(id, value)
}

function alternativeAs(id: AlternativeFieldId, value: string): string {
  return alternativeText(alternativeName(id, value)) ?? ''
}

function isOfSubject(id: ProfileFieldId): id is SubjectFieldId {
  return (SUBJECT_FIELD_IDS as readonly string[]).includes(id)
}
