import { looksLike } from '../profile-field.ts'
import type { ProfileRule } from './profile-rule.ts'
import { writtenValues } from './written-value.ts'

/** What has to look in some way does. */
export const profilePattern: ProfileRule = {
  id: 'profile-pattern',
  check: (certificate, { fields }) => {
    const wrong = fields.find(
      (field) =>
        field.rule !== 'fixed' &&
        field.pattern !== undefined &&
        !writtenValues(certificate, field.id).every((value) => looksLike(field, value)),
    )
    return wrong && `has a ${wrong.id} that does not look like ${wrong.pattern}`
  },
}
