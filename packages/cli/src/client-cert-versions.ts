/**
 * Files that change together. Each path is a link through `current`, a link to the folder with one version of all of
 * them, so that one rename swaps them all: there is no moment, and no crash, after which certificate and key differ.
 */
import { randomBytes } from 'node:crypto'
import { chmod, lstat, mkdir, open, readdir, readlink, rename, rm, stat, symlink } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import type { IdentityFile } from './client-cert-identity.ts'
import { Failure } from './failure.ts'
import { plain } from './plain-text.ts'

const CURRENT = 'current'
const PRIVATE = 0o600

/** The folder of the versions: hidden, beside the certificate. */
export function versionsFolder(certificateFile: string): string {
  return join(dirname(certificateFile), `.${basename(certificateFile)}.rotation`)
}

/** Makes the folder, open to whoever may read the files: each has the mode and owner of the one that it replaces. */
export async function makeVersionsFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  await chmod(folder, 0o755)
}

/** Puts a version on disk, whole or not at all, without showing it. */
export async function putVersion(folder: string, version: string, files: readonly IdentityFile[]): Promise<void> {
  const draft = join(folder, draftName('version'))
  await mkdir(draft)
  await chmod(draft, 0o755)
  for (const { role, path, content } of files) {
    const { mode, uid, gid } = await stat(path)
    await writeWhole(join(draft, role), content, { mode: mode & 0o777, uid, gid })
  }
  await syncFolder(draft)
  await rm(join(folder, version), { recursive: true, force: true })
  await rename(draft, join(folder, version))
  await syncFolder(folder)
}

/** The version that is shown. */
export async function shownVersion(folder: string): Promise<string | undefined> {
  return readlink(join(folder, CURRENT)).catch(() => undefined)
}

/** Swaps all files for those of a version, by one rename. */
export async function showVersion(folder: string, version: string): Promise<void> {
  await placeLink(version, join(folder, CURRENT))
}

/** Makes each path a link to what is shown, in place of the file there, whose content is the same. */
export async function linkFiles(
  folder: string,
  files: readonly IdentityFile[],
  linked: (path: string) => void,
): Promise<void> {
  for (const { role, path } of files) {
    if (await isLinked(folder, role, path)) continue
    await placeLink(targetOf(folder, role, path), path)
    linked(path)
  }
}

/** Whether a path shows what `current` shows. */
export async function isLinked(folder: string, role: string, path: string): Promise<boolean> {
  return (await readlink(path).catch(() => undefined)) === targetOf(folder, role, path)
}

/** Removes every version but those, and drafts that a crash left. */
export async function removeVersions(folder: string, keep: readonly string[]): Promise<void> {
  for (const name of await readdir(folder)) {
    if (keep.includes(name) || name === CURRENT) continue
    const isFolder = (await lstat(join(folder, name))).isDirectory()
    if (isFolder || DRAFT.test(name)) await rm(join(folder, name), { recursive: true, force: true })
  }
}

/** Writes a file whole or not at all, for its owner only. */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const draft = join(dirname(path), draftName(basename(path)))
  try {
    await writeWhole(draft, content, { mode: PRIVATE })
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
  await syncFolder(dirname(path))
}

/** Writes a new file with its mode, and brings it onto the disk. */
export async function writeWhole(
  path: string,
  content: string | Uint8Array,
  { mode, uid, gid }: { readonly mode: number; readonly uid?: number; readonly gid?: number },
): Promise<void> {
  const handle = await open(path, 'wx', PRIVATE)
  try {
    await handle.writeFile(content)
    if (uid !== undefined && gid !== undefined) {
      const made = await handle.stat()
      if (made.uid !== uid || made.gid !== gid) await handle.chown(uid, gid)
    }
    await handle.chmod(mode)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Does what writes files; what the file system says of it is a sentence. */
export async function writing<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    const { code, syscall, path } = error as NodeJS.ErrnoException
    if (code === undefined || syscall === undefined) throw error
    throw new Failure(
      `${path === undefined ? 'A file' : plain(path)} can't be written: ${WHY[code] ?? `${syscall}, ${code}`}.`,
    )
  }
}

const WHY: { readonly [code in string]?: string } = {
  EACCES: 'you have no right to',
  EPERM: 'you have no right to, or may not give it the owner of the one before',
  EEXIST: 'something else is there',
  ENOSPC: 'the disk is full',
  EROFS: 'the disk is read-only',
}

/** So that names survive a power cut; some file systems have no such thing. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined)
  await handle?.sync().catch(() => undefined)
  await handle?.close()
}

const DRAFT = /^\..*\.[0-9a-f]{12}\.new$/

/** A name that nobody else has. */
export function draftName(name: string): string {
  return `.${name}.${randomBytes(6).toString('hex')}.new`
}

/** From beside the certificate without its folder's name, so that the folder can be moved. */
function targetOf(folder: string, role: string, path: string): string {
  const target = join(folder, CURRENT, role)
  return dirname(path) === dirname(folder) ? relative(dirname(path), target) : target
}

async function placeLink(target: string, path: string): Promise<void> {
  const draft = join(dirname(path), draftName(basename(path)))
  await symlink(target, draft)
  await rename(draft, path)
  await syncFolder(dirname(path))
}
