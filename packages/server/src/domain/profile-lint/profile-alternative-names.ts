import { subjectAlternativeName } from '@countersign/pki'
import { ALTERNATIVE_FIELD_IDS, alternativeTypeOf } from '../profile-field.ts'
import type { ProfileRule } from './profile-rule.ts'

/** The alternative names are of kinds that are fields of the profile. */
export const profileAlternativeNames: ProfileRule = {
  id: 'profile-alternative-names',
  check: (certificate, { fields }) => {
    const types = ALTERNATIVE_FIELD_IDS.filter((id) => fields.some((field) => field.id === id)).map(alternativeTypeOf)
    const wrong = subjectAlternativeName(certificate)?.find(({ type }) => !types.includes(type))
    return wrong && `has a ${wrong.type} in its subjectAltName, which is no field of its profile`
  },
}
