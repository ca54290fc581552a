/** The flags of the running contract: the same names as the variables, but for secrets, which only a file may give. */
import { flagOf, SETTINGS } from '@countersign/server/settings'

export { VERSION } from '@countersign/server/settings'

export type Flag = { readonly flag: string; readonly placeholder: string; readonly description: string }

export const FLAGS: readonly Flag[] = SETTINGS.map(({ name, isSecret, placeholder, description }) =>
  isSecret
    ? { flag: `${flagOf(name)}-file`, placeholder: '<file>', description: `a file that holds: ${description}` }
    : {
        flag: flagOf(name),
        // A switch may stand alone: --c2pa-strict.
        placeholder: placeholder === 'true|false' ? '[true|false]' : `<${placeholder}>`,
        description,
      },
)

/** What commander read, keyed as readConfig wants it: `pkiPort` becomes `pki-port`. */
export function flagsOf(options: Readonly<Record<string, string | boolean | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(options).flatMap(([name, value]) =>
      value === undefined ? [] : [[name.replace(/[A-Z]+/g, (part) => `-${part.toLowerCase()}`), String(value)]],
    ),
  )
}
