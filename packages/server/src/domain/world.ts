import type { Keys } from './keys.ts'
import type { Passwords } from './password.ts'
import type { Store } from './store.ts'

/** What the rules need of everything around them; built once, by main. */
export type World = {
  readonly store: Store
  readonly keys: Keys
  readonly passwords: Passwords
  readonly now: () => Date
  /** What certificates call the plain port of CRL, OCSP and time stamps; without a slash at its end. */
  readonly pkiUrl: string
  /** Told after an authority revoked: its list is out of date. */
  readonly onRevocation?: (authorityId: string) => void
}
