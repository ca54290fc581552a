/** The command line as people start it, beside a platform that has to answer it meanwhile. */
import { join } from 'node:path'
import { type Outcome, run } from './command.ts'
import { ROOT } from './repository.ts'

export const MAIN: string = join(ROOT, 'packages/cli/src/main.ts')

/** Runs `countersign` to its end, with none of our variables but those that are given. */
export function countersign(
  args: readonly string[],
  { cwd, env = {} }: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): Promise<Outcome> {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('COUNTERSIGN_')))
  return run(process.execPath, [MAIN, ...args], { cwd, env: { ...clean, HOME: cwd, XDG_CONFIG_HOME: '', ...env } })
}
