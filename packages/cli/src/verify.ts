/** `countersign verify FILE`: who signed it, when, from what, and what is wrong. Nothing leaves this machine unless told to. */
import { readFile } from 'node:fs/promises'
import {
  type Asset,
  C2paError,
  crJson,
  hasManifest,
  type JsonValue,
  type Report,
  readerReport,
  type VerifyOptions,
  verify,
} from '@countersign/c2pa'
import { decodePem, latin1Text, PemError } from '@countersign/codec'
import { account, isEmpty } from './account.ts'
import { sidecarOf, withAsset } from './asset-file.ts'
import { explain, InputError, unreadable } from './failure.ts'
import { paint } from './paint.ts'
import { plain, plainJson } from './plain-text.ts'

export type VerifyFlags = {
  readonly trust?: string
  readonly tsaTrust?: string
  readonly at?: string
  readonly json?: true
  readonly crjson?: true
  readonly online?: true
}

/** Trusted, valid but of nobody known, invalid, nothing there to verify, and no file to read: the exit status. The worst file's counts. */
const STATUS = { Trusted: 0, Valid: 1, Invalid: 2, nothing: 3, unreadable: 4 } as const

type Outcome = keyof typeof STATUS

/** Verifies each file, prints an account of it (or JSON), and sets the exit status. */
export async function verifyFiles(files: readonly string[], flags: VerifyFlags): Promise<void> {
  if (flags.json && flags.crjson) throw new InputError('--json and --crjson are two reports: choose one')
  const options = {
    trust: await certificatesOf(flags.trust),
    tsaTrust: await certificatesOf(flags.tsaTrust ?? flags.trust),
    now: timeOf(flags.at),
  }
  const jsonOf = flags.crjson ? crJson : flags.json ? readerReport : undefined
  const results: { file: string; report: JsonValue }[] = []
  const outcomes: Outcome[] = []
  for (const file of files) {
    const found = await tryReport(file, flags.online ? { ...options, fetchers: await onlineFetchers() } : options)
    outcomes.push(found ? (isEmpty(found.report) ? 'nothing' : found.report.state) : 'unreadable')
    if (!found) continue
    const { report, sidecar } = found
    if (jsonOf) results.push({ file, report: jsonOf(report) })
    else {
      const asked = { hasTrust: options.trust.length > 0, isOnline: flags.online === true, sidecar }
      print([...account(file, report, asked, paint(process.stdout)), ...(files.length > 1 ? [''] : [])])
    }
  }
  if (jsonOf && results[0]) print([plainJson(files.length === 1 ? results[0].report : results)])
  if (!jsonOf && files.length > 1) print([summary(outcomes)])
  process.exitCode = Math.max(...outcomes.map((outcome) => STATUS[outcome]))
}

function print(lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(''))
}

/** `12 files: 10 trusted, 2 invalid` */
function summary(outcomes: readonly Outcome[]): string {
  const names: Readonly<Record<Outcome, string>> = {
    Trusted: 'trusted',
    Valid: 'valid but not trusted',
    Invalid: 'invalid',
    nothing: 'without Content Credentials',
    unreadable: 'not readable',
  }
  const counts = (Object.keys(names) as Outcome[]).flatMap((outcome) => {
    const count = outcomes.filter((candidate) => candidate === outcome).length
    return count > 0 ? [`${count} ${names[outcome]}`] : []
  })
  return `${outcomes.length} files: ${counts.join(', ')}`
}

/** What was found in a file, and the name of the one beside it that holds its store instead. */
type Found = { readonly report: Report; readonly sidecar: string | undefined }

/** The report on a file; undefined, and a sentence on stderr, when it can't be read. */
async function tryReport(file: string, options: VerifyOptions): Promise<Found | undefined> {
  try {
    const found = await withAsset(file, (asset) => reportOn(asset, file, options))
    if (found.report.format) return found
    throw new InputError(`${plain(file)} is of no format that Content Credentials are read from`)
  } catch (error) {
    const foreseen = isReading(error) ? unreadable(file, error) : error
    if (!(foreseen instanceof InputError)) throw error
    explain(foreseen)
    return undefined
  }
}

async function reportOn(asset: Asset, file: string, options: VerifyOptions): Promise<Found> {
  const beside = await sidecarOf(file)
  if (!beside || (await holdsStore(asset))) return { report: await verify(asset, options), sidecar: undefined }
  return { report: await verify(asset, { ...options, manifestStore: beside.bytes }), sidecar: beside.name }
}

/** Of a file that is damaged or unknown, the verifier says so. */
async function holdsStore(asset: Asset): Promise<boolean> {
  try {
    return await hasManifest(asset)
  } catch (error) {
    if (error instanceof C2paError && error.code !== 'unreadable_asset') return true
    throw error
  }
}

/** For one file; what it names and can't be had is told on stderr, with the reason that the report leaves out. */
async function onlineFetchers(): Promise<NonNullable<VerifyOptions['fetchers']>> {
  const { createOnlineFetchers, createOutbound } = await import('@countersign/server')
  return createOnlineFetchers(createOutbound({}), {
    onFailure: (url, { message }) => explain(new InputError(`${plain(url)} was not fetched: ${plain(message)}`)),
  })
}

/** What the file system said, or the library of a file that became shorter meanwhile. */
function isReading(error: unknown): error is NodeJS.ErrnoException {
  if (error instanceof C2paError) return error.code === 'unreadable_asset'
  return error instanceof Error && 'syscall' in error
}

async function certificatesOf(file: string | undefined): Promise<Uint8Array[]> {
  if (file === undefined) return []
  let text: string
  try {
    text = latin1Text(await readFile(file))
  } catch (error) {
    throw unreadable(file, error as NodeJS.ErrnoException)
  }
  let certificates: Uint8Array[]
  try {
    const blocks = decodePem(text).filter(({ label }) => label === 'CERTIFICATE')
    certificates = blocks.map(({ bytes }) => bytes)
    // The library reads its lists before it looks at anything.
    await verify(new Uint8Array(), { trust: certificates, tsaTrust: [], now: new Date() })
  } catch (error) {
    const what = error instanceof PemError ? 'is not PEM' : "holds a certificate that can't be read"
    throw new InputError(`${plain(file)} ${what}: ${plain((error as Error).message)}`, { cause: error })
  }
  if (certificates.length > 0) return certificates
  throw new InputError(`${plain(file)} holds no certificate in PEM`)
}

function timeOf(text: string | undefined): Date {
  const time = text === undefined ? new Date() : new Date(text)
  if (Number.isNaN(time.getTime()))
    throw new InputError(`--at is "${plain(text ?? '')}": give a time such as 2026-05-01T12:00:00Z`)
  return time
}
