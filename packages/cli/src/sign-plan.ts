/** Which files are to be signed, and where each signed one goes. */
import { closeSync, type Dirent, openSync, readdirSync, readSync, realpathSync, type Stats, statSync } from 'node:fs'
import { basename, dirname, extname, join, relative, resolve } from 'node:path'
import { checkSignable, signableFormats } from '@countersign/c2pa'
import { InputError, unreadable } from './failure.ts'
import { plain } from './plain-text.ts'

/** A file to be signed, and the one that will be. */
export type FileToSign = {
  readonly file: string
  readonly out: string
  readonly size: number
  readonly modifiedAt: number
}

/** A file that is not signed, why, and whether that is a failure: it was named itself, or nobody could look at it. */
export type OtherFile = { readonly file: string; readonly why: string; readonly isFailure: boolean }

/** What is to be done. */
export type SignPlan = { readonly files: readonly FileToSign[]; readonly others: readonly OtherFile[] }

/** As many bytes as tell a format. */
const HEAD_BYTES = 4096

const NOT_SIGNABLE = 'not of a format that is signed'

/**
 * Looks at files and folders, which keep their structure below `out`. What would be written over one of them, or twice,
 * is refused before anything is signed. Names that begin with a dot are left out, as a shell leaves them out.
 */
export function planSigning(inputs: readonly string[], out: string): SignPlan {
  const files: FileToSign[] = []
  const others: OtherFile[] = []
  const outFolder = realPath(out)

  function add(file: string, target: string, isNamed: boolean): void {
    const stats = statOf(file)
    const found = notSignable(file, stats)
    if (!found) files.push({ file, out: target, size: stats.size, modifiedAt: stats.mtimeMs })
    else {
      const formats = isNamed && found.why === NOT_SIGNABLE ? `: ${signableFormats.join(', ')}` : ''
      others.push({ file, why: found.why + formats, isFailure: isNamed || found.isFailure })
    }
  }

  function walk(folder: string, target: string): void {
    for (const entry of entriesOf(folder)) {
      const path = join(folder, entry.name)
      // What was signed before is not signed again.
      if (entry.isDirectory() && realPath(path) !== outFolder) walk(path, join(target, entry.name))
      else if (entry.isSymbolicLink()) link(path, join(target, entry.name))
      else if (!entry.isDirectory()) add(path, join(target, entry.name), false)
    }
  }

  function link(path: string, target: string): void {
    const stats = statSync(path, { throwIfNoEntry: false })
    if (!stats) others.push({ file: path, why: 'a link that leads nowhere', isFailure: false })
    else if (stats.isDirectory()) others.push({ file: path, why: 'a link to a folder', isFailure: false })
    else add(path, target, false)
  }

  for (const input of inputs) {
    if (statOf(input).isDirectory()) walk(input, out)
    else add(input, inputs.length === 1 && isFileName(out) ? out : join(out, basename(input)), true)
  }
  checkTargets(files)
  return { files, others }
}

/** `--out` of one file: a folder where it is one, ends as one, or has no extension. */
function isFileName(out: string): boolean {
  if (/[\\/]$/.test(out) || extname(out) === '') return false
  return statSync(out, { throwIfNoEntry: false })?.isDirectory() !== true
}

function statOf(path: string): Stats {
  try {
    return statSync(path)
  } catch (cause) {
    throw unreadable(path, cause as NodeJS.ErrnoException)
  }
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter(({ name }) => !name.startsWith('.'))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  } catch (cause) {
    throw unreadable(folder, cause as NodeJS.ErrnoException)
  }
}

/** Why a file is not signed; undefined where it can be, as far as its first bytes tell. */
function notSignable(file: string, stats: Stats): Pick<OtherFile, 'why' | 'isFailure'> | undefined {
  if (!stats.isFile()) return { why: 'neither file nor folder', isFailure: false }
  if (stats.size === 0) return { why: 'empty', isFailure: false }
  try {
    checkSignable(headOf(file))
    return undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) return { why: NOT_SIGNABLE, isFailure: false }
    const { message } = unreadable(file, error as NodeJS.ErrnoException)
    return { why: message.slice(plain(file).length + 1), isFailure: true }
  }
}

function headOf(file: string): Uint8Array {
  const head = new Uint8Array(HEAD_BYTES)
  const handle = openSync(file, 'r')
  try {
    return head.subarray(0, readSync(handle, head))
  } finally {
    closeSync(handle)
  }
}

/** No signed file may take the place of one that is to be signed, or of another signed one. */
function checkTargets(files: readonly FileToSign[]): void {
  const inputs = new Set(files.map(({ file }) => identityOf(file)))
  const targets = new Map<string, string>()
  const folders = new Map<string, string>()
  for (const { file, out } of files) {
    const folder = dirname(out)
    const real = folders.get(folder) ?? realPath(folder)
    folders.set(folder, real)
    const path = join(real, basename(out))
    const other = targets.get(path)
    if (other !== undefined)
      throw new InputError(`${plain(other)} and ${plain(file)} would both become ${plain(out)}: sign them one by one`)
    targets.set(path, file)
    const identity = identityOf(out)
    if (identity !== undefined && inputs.has(identity))
      throw new InputError(`${plain(out)} is to be signed itself: --out has to be another place`)
  }
}

/** The same for every name of a file; undefined where there is none. */
function identityOf(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false, bigint: true })
  return stats && `${stats.dev}:${stats.ino}`
}

/** Without links, as far as it is there. */
function realPath(path: string): string {
  const absolute = resolve(path)
  try {
    return realpathSync(absolute)
  } catch {
    const above = dirname(absolute)
    return above === absolute ? absolute : join(realPath(above), relative(above, absolute))
  }
}
