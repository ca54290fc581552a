import type { ProfileRule } from './profile-rule.ts'

const DAY = 86_400_000

/** It lasts no longer than the profile lets it, first and last second counted. */
export const profileValidity: ProfileRule = {
  id: 'profile-validity',
  check: ({ notBefore, notAfter }, { days }) =>
    notAfter.getTime() - notBefore.getTime() + 1000 > days * DAY ? `lasts longer than ${days} days` : undefined,
}
