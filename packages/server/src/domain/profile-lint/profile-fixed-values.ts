import type { ProfileRule } from './profile-rule.ts'
import { writtenAs, writtenValues } from './written-value.ts'

/** What the profile has fixed is there as the profile has it, and nothing else is. */
export const profileFixedValues: ProfileRule = {
  id: 'profile-fixed-values',
  check: (certificate, { fields }) => {
    const wrong = fields.find(({ id, rule, values }) => {
      if (rule !== 'fixed') return false
      const written = writtenValues(certificate, id)
      return written.length !== values.length || values.some((value, index) => writtenAs(id, value) !== written[index])
    })
    return wrong && `has another ${wrong.id} than its profile has fixed`
  },
}
