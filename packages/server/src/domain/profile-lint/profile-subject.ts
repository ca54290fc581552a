import { attributeTypeOf, SUBJECT_FIELD_IDS } from '../profile-field.ts'
import type { ProfileRule } from './profile-rule.ts'

/** The subject has attributes that are fields of the profile, each by itself. */
export const profileSubject: ProfileRule = {
  id: 'profile-subject',
  check: ({ subject }, { fields }) => {
    const types = SUBJECT_FIELD_IDS.filter((id) => fields.some((field) => field.id === id)).map(attributeTypeOf)
    const wrong = subject.find((rdn) => rdn.length !== 1 || !types.includes(rdn[0]?.type ?? ''))
    return (
      wrong && `has ${wrong.map(({ type }) => type).join(' and ')} in its subject, which is no field of its profile`
    )
  },
}
