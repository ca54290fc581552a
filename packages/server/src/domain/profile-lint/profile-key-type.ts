import { deviceKeyTypeOf } from '../device-key-type.ts'
import type { ProfileRule } from './profile-rule.ts'

/** The key is of a type that the profile has. */
export const profileKeyType: ProfileRule = {
  id: 'profile-key-type',
  check: ({ publicKey }, { keyTypes }) => {
    const type = deviceKeyTypeOf(publicKey)
    return type && keyTypes.includes(type) ? undefined : `has a key of the type ${type ?? publicKey.type}`
  },
}
