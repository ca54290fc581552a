/** `countersign client-cert rotate`. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { relative } from 'node:path'
import { serialOf } from './client-cert-identity.ts'
import type { ClientKeyType } from './client-cert-key.ts'
import { connectAs } from './client-cert-platform.ts'
import { type RotationOutcome, rotateFiles } from './client-cert-rotation.ts'
import { day, daysUntil, distance, minute, print, printJson } from './client-cert-view.ts'
import { Failure, InputError } from './failure.ts'
import { paint } from './paint.ts'
import { plain } from './plain-text.ts'
import type { Profile } from './profile.ts'

/** What the flags of rotate say. */
export type RotateFlags = {
  readonly days?: number | undefined
  readonly graceMs: number
  readonly after?: string | undefined
  readonly keyType?: ClientKeyType | undefined
  readonly until?: string | undefined
  readonly json?: true | undefined
}

/** Rotates the certificate of a profile, and says what was done. */
export async function rotateCertificate(profile: Profile, flags: RotateFlags): Promise<void> {
  const files = profile.certificate
  if (!files) throw new InputError('Which certificate? Name --cert and --key, or --p12 and --p12-password-file.')
  const { days, graceMs, after, keyType, until, json } = flags
  const outcome = await rotateFiles({
    files,
    connect: (identity) => connectAs(profile, identity),
    now: () => new Date(),
    keyType,
    exp: until,
    graceMs,
    withinDays: days,
    reload: after === undefined ? undefined : () => runAfter(after),
    done: () => {},
  })
  if (json) printJson(jsonOf(outcome))
  else print(linesOf(outcome, flags))
}

/** Runs what has programs read the files again; what it prints goes to stderr. */
async function runAfter(command: string): Promise<void> {
  const child = spawn(command, { shell: true, stdio: ['ignore', process.stderr, process.stderr] })
  const [status, signal] = await once(child, 'exit')
  if (status === 0) return
  throw new Failure(
    `The files have the new certificate, but "${plain(command)}" ended with ${signal ?? `status ${status}`}.\nThe old certificate goes on counting. The next run tries again.`,
  )
}

function linesOf(outcome: RotationOutcome, { days, after }: RotateFlags): string[] {
  const { rotated, resumed, certificate, files, made, previous, disabled, retiring } = outcome
  const { green, yellow, bold, dim } = paint(process.stdout)
  const now = new Date()
  const end = `until ${day(certificate.notAfter)}, ${distance(certificate.notAfter, now)}`
  const done = (text: string): string => `  ${green('✓')} ${text}`
  const told = rotated
    ? [
        `${bold(`${plain(previous?.name ?? '')} → ${plain(made?.name ?? '')}`)}  ${end}${resumed ? dim('  finished what an earlier run began') : ''}`,
        done('accepted by the platform'),
        done(files.map(shortPath).join(', ')),
        ...(after === undefined ? [] : [done(`ran ${plain(after)}`)]),
      ]
    : [`${green('✓')} ${shortPath(files[0] ?? '')}  ${end}: more than ${days} days, nothing to rotate`]
  const isEndless = rotated && days !== undefined && daysUntil(certificate.notAfter, now) < days
  return [
    ...told,
    ...(isEndless ? [`  ${yellow('!')} it ends within ${days} days, too: each run rotates`] : []),
    ...disabled.map(({ name }) => done(`${plain(name)} is disabled`)),
    ...retiring.map(
      ({ name, disable_at }) =>
        `  ${dim('·')} ${plain(name)} counts too until ${minute(new Date(disable_at))}; the next run after that disables it`,
    ),
  ]
}

function jsonOf({ rotated, resumed, certificate, files, made, previous, disabled, retiring }: RotationOutcome) {
  return {
    rotated,
    resumed,
    files,
    certificate: {
      ...(made && { id: made.id, name: made.name }),
      serial_number: serialOf(certificate),
      end_date: `${certificate.notAfter.toISOString().slice(0, 19)}Z`,
    },
    ...(previous && { previous }),
    disabled,
    retiring,
  }
}

/** From where people are, if that is shorter. */
function shortPath(path: string): string {
  const from = relative(process.cwd(), path)
  return plain(from.startsWith('..') ? path : from)
}
