/** The command line as people start it, beside a platform that has to answer it meanwhile. */
import { join } from 'node:path'
import { type Outcome, run } from './command.ts'
import { ROOT } from './repository.ts'

export const MAIN: string = join(ROOT, 'packages/cli/src/main.js')

/** Runs `countersign` to its end, with none of our variables but those that are given. */
export function countersign(
  args: readonly string[],
  { cwd, env = {} }: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): Promise<Outcome> {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('COUNTERSIGN_')))
  return run(process.execPath, [MAIN, ...args], { cwd, env: { ...clean, HOME: cwd, XDG_CONFIG_HOME: '', ...env } })
}

/** The words of a command line as a test writes it, `~` for a space inside of one. */
export function wordsOf(line: string): string[] {
  return line.split(' ').map((word) => word.replaceAll('~', ' '))
}

/** What `countersign sign --json` prints of a file. */
export type SignLine = {
  readonly file: string
  readonly status: string
  readonly out?: string
  readonly manifest_label?: string
}

/** The lines of `countersign sign --json`, and the summary that comes last. */
export function signLines({ stdout }: Outcome): { lines: SignLine[]; summary: Record<string, unknown> } {
  const all = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  return { lines: all.slice(0, -1), summary: all.at(-1).summary }
}
