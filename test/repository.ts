/** The repository as the tests that judge it read it: which files it has, and what each one imports. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT: string = fileURLToPath(new URL('..', import.meta.url))

/** Every file that is committed, or would be with the next commit, as a path from the root with forward slashes. */
export function repositoryFiles(): readonly string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: ROOT })
  return listed
    .toString()
    .split('\0')
    .filter((path) => path !== '' && existsSync(join(ROOT, path)))
}

export function readText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8')
}

export type Import = {
  /** As it is written: a package's name, or a relative path. */
  readonly specifier: string
  /** What it names: a path from the root for a relative one, otherwise the specifier itself. */
  readonly target: string
  readonly kind: 'value' | 'type' | 'dynamic' | 'url'
  /** What stands between the keyword and `from`. */
  readonly clause: string
}

// A specifier has no spaces; a clause has neither quotes nor semicolons. Comments are taken out first.
const STATIC = /(?:^|[\n;])\s*(?:import|export)\b([^'"`;]*?)\bfrom\s*['"]([^'"\s]+)['"]/g
const BARE = /(?:^|[\n;])\s*import\s*['"]([^'"\s]+)['"]/g
const DYNAMIC = /\bimport\(\s*['"]([^'"\s]+)['"]/g
const WORKER = /\bnew URL\(\s*['"](\.[^'"\s]+\.[jt]s)['"]\s*,\s*import\.meta\.url/g

/** Every module that a source file names: by import, export from, import() or as the URL of a worker. */
export function importsOf(path: string): readonly Import[] {
  const source = withoutComments(readText(path))
  const found: Import[] = []
  const add = (specifier: string, kind: Import['kind'], clause = ''): void => {
    const target = specifier.startsWith('.')
      ? relative(ROOT, join(ROOT, dirname(path), specifier))
          .split(sep)
          .join('/')
      : specifier
    found.push({ specifier, target, kind, clause })
  }
  for (const [, clause = '', specifier = ''] of source.matchAll(STATIC)) {
    add(specifier, /^\s*type\b/.test(clause) ? 'type' : 'value', clause)
  }
  for (const [, specifier = ''] of source.matchAll(BARE)) add(specifier, 'value')
  for (const [, specifier = ''] of source.matchAll(DYNAMIC)) add(specifier, 'dynamic')
  for (const [, specifier = ''] of source.matchAll(WORKER)) add(specifier, 'url')
  return found
}

/** The source with its comments blanked. Strings stay: they hold the specifiers. */
export function withoutComments(source: string): string {
  return source.replace(
    /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\*[\s\S]*?\*\/|(?<=^|\s|[;{}(),])\/\/[^\n]*/g,
    (whole, text: string | undefined) => text ?? whole.replace(/[^\n]/g, ' '),
  )
}
