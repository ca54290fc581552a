import type { ProfileRule } from './profile-rule.ts'
import { writtenValues } from './written-value.ts'

/** What the profile requires is there, and no field has more values than it may. */
export const profileFieldCount: ProfileRule = {
  id: 'profile-field-count',
  check: (certificate, { fields }) => {
    const wrong = fields.find((field) => {
      const count = writtenValues(certificate, field.id).length
      return field.rule === 'fixed' ? false : count > field.most || (count === 0 && field.rule === 'required')
    })
    return wrong && `lacks ${wrong.id}, which its profile requires, or has more than ${wrong.most}`
  },
}
