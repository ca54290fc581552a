/** `countersign verify FILE`: who signed it, when, from what, and what is wrong. Nothing leaves this machine. */
import { openAsBlob } from 'node:fs'
import { access, constants, readFile, stat } from 'node:fs/promises'
import {
  type Asset,
  C2paError,
  type JsonValue,
  type Report,
  readerReport,
  type VerifyOptions,
  verify,
} from '@countersign/c2pa'
import { decodePem, latin1Text } from '@countersign/codec'
import { explain, InputError } from './failure.ts'
import { paint } from './paint.ts'

export type VerifyFlags = {
  readonly trust?: string
  readonly tsaTrust?: string
  readonly at?: string
  readonly json?: true
}

/** Trusted, valid but of nobody known, invalid, nothing there to verify, and no file to read: the exit status. The worst file's counts. */
const STATUS = { Trusted: 0, Valid: 1, Invalid: 2, nothing: 3, unreadable: 4 } as const

/** Verifies each file, prints an account of it (or c2pa-rs's JSON), and sets the exit status. */
export async function verifyFiles(files: readonly string[], flags: VerifyFlags): Promise<void> {
  const options = {
    trust: await certificatesOf(flags.trust),
    tsaTrust: await certificatesOf(flags.tsaTrust ?? flags.trust),
    now: timeOf(flags.at),
  }
  const results: { file: string; report: JsonValue }[] = []
  for (const file of files) {
    let report: Report
    try {
      report = await reportOn(file, options)
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      explain(error)
      worsen(STATUS.unreadable)
      continue
    }
    worsen(STATUS[isEmpty(report) ? 'nothing' : report.state])
    if (flags.json) results.push({ file, report: readerReport(report) })
    else process.stdout.write(`${account(file, report).join('\n')}\n`)
  }
  if (flags.json && results[0])
    process.stdout.write(`${JSON.stringify(files.length === 1 ? results[0].report : results, null, 2)}\n`)
}

function worsen(status: number): void {
  process.exitCode = Math.max(Number(process.exitCode ?? 0), status)
}

async function reportOn(file: string, options: VerifyOptions): Promise<Report> {
  const asset = await assetOf(file)
  try {
    const report = await verify(asset, options)
    if (report.format) return report
  } catch (error) {
    if (error instanceof C2paError && error.code === 'unreadable_asset') throw unreadable(file, error)
    throw error
  }
  throw new InputError(`${plain(file)} is neither a JPEG nor a PNG image`)
}

/** Files may be larger than memory, and are read piece by piece; pipes can be read but once, so whole. */
async function assetOf(file: string): Promise<Asset> {
  try {
    const status = await stat(file)
    if (!status.isFile()) return await readFile(file)
    await access(file, constants.R_OK)
    const blob = await openAsBlob(file)
    // Node counts up to 4 GiB here: the rest of a longer file would not be looked at, and nobody told.
    if (blob.size === status.size) return blob
    throw new Error('it is longer than 4 GiB, or was changed meanwhile')
  } catch (error) {
    throw unreadable(file, error)
  }
}

async function contentsOf(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file)
  } catch (error) {
    throw unreadable(file, error)
  }
}

function unreadable(file: string, cause: unknown): InputError {
  const { code, message } = cause as NodeJS.ErrnoException
  const why = code === undefined || code === 'unreadable_asset' ? message : code
  return new InputError(`${plain(file)} can't be read: ${why}`, { cause })
}

async function certificatesOf(file: string | undefined): Promise<Uint8Array[]> {
  if (file === undefined) return []
  const text = latin1Text(await contentsOf(file))
  try {
    const certificates = decodePem(text).filter(({ label }) => label === 'CERTIFICATE')
    if (certificates.length > 0) return certificates.map(({ bytes }) => bytes)
  } catch (error) {
    throw new InputError(`${plain(file)} is not PEM: ${(error as Error).message}`, { cause: error })
  }
  throw new InputError(`${plain(file)} holds no certificate in PEM`)
}

function timeOf(text: string | undefined): Date {
  const time = text === undefined ? new Date() : new Date(text)
  if (Number.isNaN(time.getTime())) throw new InputError(`--at is "${text}": give a time such as 2026-05-01T12:00:00Z`)
  return time
}

function isEmpty(report: Report): boolean {
  return report.activeManifest === undefined && report.findings.every(({ code }) => code === 'claim.missing')
}

/** What a person wants to know of one file. */
function account(file: string, report: Report): string[] {
  const { bold, green, yellow, red, dim } = paint(process.stdout)
  const row = (name: string, value: string | undefined): string[] =>
    value === undefined ? [] : [`  ${dim(name.padEnd(10))} ${plain(value)}`]
  if (isEmpty(report)) return [`${yellow('○')} ${bold(plain(file))}  no Content Credentials`]
  const mark = { Trusted: green('✓'), Valid: yellow('✓'), Invalid: red('✗') }[report.state]
  const verdict = {
    Trusted: green('Trusted'),
    Valid: `${yellow('Valid')}, but signed by nobody on the list of trust`,
    Invalid: red('Invalid'),
  }[report.state]
  const active = (readerReport(report) as { manifests: Record<string, ManifestJson> }).manifests[
    report.activeManifest ?? ''
  ]
  const signature = active?.signature_info
  const signer = [signature?.common_name, signature?.issuer].filter((name) => name !== undefined)
  return [
    `${mark} ${bold(plain(file))}  ${verdict}`,
    ...row('Signed by', signer.length > 0 ? [...new Set(signer)].join(', ') : undefined),
    ...row('Signed at', signature?.time && `${signature.time}${stampOf(report)}`),
    ...row(
      'Made with',
      active?.claim_generator_info?.map(({ name, version }) => `${name} ${version ?? ''}`).join(', '),
    ),
    ...row('Title', active?.title),
    ...row('Actions', active && actionsOf(active)),
    ...(active?.ingredients ?? []).flatMap((ingredient) =>
      row(
        ingredient.relationship === 'parentOf' ? 'Made from' : 'With',
        `${ingredient.title ?? 'an untitled file'}${ingredient.active_manifest ? '' : ', which had no Content Credentials'}`,
      ),
    ),
    ...[...report.findings, ...report.ingredientDeltas.flatMap(({ findings }) => findings)]
      .filter(({ kind }) => kind === 'failure')
      .map(({ code, explanation }) => `  ${red(code)}  ${plain(explanation)}`),
  ]
}

/** The members of the reader report that the account shows. */
type ManifestJson = {
  readonly title?: string
  readonly claim_generator_info?: readonly { readonly name: string; readonly version?: string }[]
  readonly signature_info?: { readonly common_name?: string; readonly issuer?: string; readonly time?: string }
  readonly ingredients?: readonly {
    readonly title?: string
    readonly relationship?: string
    readonly active_manifest?: string
  }[]
  readonly assertions?: readonly { readonly label: string; readonly data?: { readonly actions?: unknown } }[]
}

function stampOf(report: Report): string {
  return report.findings.some(({ code }) => code === 'timeStamp.trusted')
    ? ', by a trusted time stamp'
    : ', by a time stamp of an authority that is not trusted'
}

function actionsOf({ assertions }: ManifestJson): string | undefined {
  const actions = (assertions ?? [])
    .filter(({ label }) => label.startsWith('c2pa.actions'))
    .flatMap(({ data }) => (Array.isArray(data?.actions) ? (data.actions as { action?: unknown }[]) : []))
    .map(({ action }) => String(action).replace(/^c2pa\./, ''))
  return actions.length > 0 ? actions.join(', ') : undefined
}

/** Text of a file's own, without what a terminal would obey. */
function plain(text: string): string {
  return String(text).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u{fffd}')
}
