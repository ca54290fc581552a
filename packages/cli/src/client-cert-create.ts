/** `countersign client-cert create`: a new certificate, whose key is made here. */
import { constants } from 'node:fs'
import { access, copyFile, link, mkdir, rename, rm, rmdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { decodePem, encodePem } from '@countersign/codec'
import { encodePkcs12, name } from '@countersign/pki'
import type { WholeClientAuthCertificate } from '@countersign/sdk'
import { certificatesText } from './client-cert-identity.ts'
import { type ClientKeyType, makeKey, requestFor } from './client-cert-key.ts'
import type { Platform } from './client-cert-platform.ts'
import { draftName, syncFolder, writeWhole, writing } from './client-cert-versions.ts'
import { InputError } from './failure.ts'
import { plain } from './plain-text.ts'

/** What to make, and where to. */
export type CreateOptions = {
  readonly name: string
  /** A folder for cert.pem, key.pem and chain.pem; or one file of both, in PEM (.pem) or PKCS#12 (.p12, .pfx). */
  readonly out: string
  readonly keyType: ClientKeyType
  /** ISO 8601; what the platform gives unless it is given. */
  readonly exp?: string | undefined
  /** Of a PKCS#12 file. */
  readonly password?: string | undefined
  readonly force: boolean
}

/** What was made. */
export type CreatedCertificate = { readonly record: WholeClientAuthCertificate; readonly files: readonly string[] }

type NewFile = { readonly path: string; readonly content: string | Uint8Array; readonly isSecret: boolean }

/** Makes a key, has it certified, and writes both. A file that is there stays, unless it is to be replaced. */
export async function createCertificate(platform: Platform, options: CreateOptions): Promise<CreatedCertificate> {
  const { out, exp, force, keyType } = options
  const layout = layoutOf(options)
  const folder = layout === 'folder' ? out : dirname(out)
  const paths = layout === 'folder' ? FOLDER_FILES.map((file) => join(out, file)) : [out]
  if (!force) for (const path of paths) await refuseExisting(path)
  const made = await makeFolder(folder)
  let record: WholeClientAuthCertificate | undefined
  try {
    const key = await makeKey(keyType)
    const { csr } = await requestFor(key, name({ CN: options.name.slice(0, LONGEST_COMMON_NAME) }))
    record = await platform.ask(({ clientAuthCertificates }) =>
      clientAuthCertificates.create({ csr, name: options.name, ...(exp !== undefined && { exp }) }),
    )
    const files = await filesOf(layout, options, key, record)
    await writing(() => place(files, force))
    return { record, files: [...paths].sort() }
  } catch (error) {
    // A certificate whose key nobody has is of no use; nor is an empty folder.
    if (record) await withdraw(platform, record.id)
    if (made !== undefined) await rmdir(folder).catch(() => undefined)
    throw error
  }
}

async function withdraw(platform: Platform, id: string): Promise<void> {
  await platform.ask(({ clientAuthCertificates }) => clientAuthCertificates.delete(id)).catch(() => undefined)
}

/** As X.520 has it. */
const LONGEST_COMMON_NAME = 64

/** The certificate last: who sees it finds the others. */
const FOLDER_FILES = ['key.pem', 'chain.pem', 'cert.pem'] as const

type Layout = 'folder' | 'pem' | 'pkcs12'

function layoutOf({ out, password }: CreateOptions): Layout {
  const layout = /\.pem$/i.test(out) ? 'pem' : /\.(p12|pfx)$/i.test(out) ? 'pkcs12' : 'folder'
  if (layout === 'pkcs12' && password === undefined)
    throw new InputError(`${plain(out)} takes a password: name a file that holds it by --password-file`)
  if (layout !== 'pkcs12' && password !== undefined)
    throw new InputError('--password-file is for PKCS#12: let --out name a file that ends in .p12')
  return layout
}

async function filesOf(
  layout: Layout,
  { out, name: nickname, password = '' }: CreateOptions,
  privateKey: Uint8Array,
  { x509_cert, ca_cert }: WholeClientAuthCertificate,
): Promise<NewFile[]> {
  const [certificate, ...chain] = decodePem(x509_cert + ca_cert).map(({ bytes }) => bytes)
  if (!certificate) throw new Error('an answer without a certificate')
  const key = encodePem('PRIVATE KEY', privateKey)
  if (layout === 'pkcs12') {
    const p12 = await encodePkcs12({ privateKey, certificate, chain, friendlyName: nickname, password })
    return [{ path: out, content: p12, isSecret: true }]
  }
  const all = certificatesText([certificate, ...chain])
  if (layout === 'pem') return [{ path: out, content: all + key, isSecret: true }]
  const contents = { 'key.pem': key, 'chain.pem': all, 'cert.pem': certificatesText([certificate]) }
  return FOLDER_FILES.map((file) => ({
    path: join(out, file),
    content: contents[file],
    isSecret: file === 'key.pem',
  }))
}

/** Puts whole files in their places, one after the other; none of them over another unless it is wanted. */
async function place(files: readonly NewFile[], force: boolean): Promise<void> {
  const drafts = files.map(({ path }) => join(dirname(path), draftName(basename(path))))
  const placed: string[] = []
  try {
    for (const [index, { content, isSecret }] of files.entries())
      await writeWhole(drafts[index] as string, content, { mode: isSecret ? 0o600 : 0o644 })
    for (const [index, { path }] of files.entries()) {
      const draft = drafts[index] as string
      if (force) await rename(draft, path)
      else {
        await placeNew(draft, path)
        placed.push(path)
      }
    }
  } catch (error) {
    for (const path of placed) await rm(path, { force: true })
    throw error
  } finally {
    for (const draft of drafts) await rm(draft, { force: true })
  }
  for (const folder of new Set(files.map(({ path }) => dirname(path)))) await syncFolder(folder)
}

async function placeNew(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') throw error
      // Some file systems have one name for a file.
      return copyFile(draft, path, constants.COPYFILE_EXCL)
    })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw existing(path)
    throw error
  }
}

async function refuseExisting(path: string): Promise<void> {
  const isThere = await access(path, constants.F_OK).then(
    () => true,
    () => false,
  )
  if (isThere) throw existing(path)
}

function existing(path: string): InputError {
  return new InputError(
    `${plain(path)} is there already: choose another --out, rotate it by countersign client-cert rotate, or replace it by --force`,
  )
}

/** Which folder was not there before. */
async function makeFolder(folder: string): Promise<string | undefined> {
  try {
    const made = await mkdir(folder, { recursive: true, mode: 0o700 })
    await access(folder, constants.W_OK)
    return made
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    throw new InputError(`${plain(folder)} can't be written to (${code ?? message})`, { cause })
  }
}
