/** `countersign client-cert check`: what ends soon, for CI and monitoring. */
import { commonName } from '@countersign/pki'
import { readCertificate, serialOf } from './client-cert-identity.ts'
import { listRecords, type Platform } from './client-cert-platform.ts'
import { certificateLines, day, daysUntil, distance, print, printJson } from './client-cert-view.ts'
import { paint } from './paint.ts'
import { plain } from './plain-text.ts'

/** The exit status, as monitoring plugins have it: nothing ends, something ends soon, something has ended, it can't be told. */
export const CHECK_STATUS = { fine: 0, ending: 1, ended: 2, unknown: 3 } as const

/** A certificate that counts, whoever holds it. */
export type CheckedCertificate = {
  readonly name: string
  readonly id?: string
  readonly file?: string
  readonly serialNumber: string
  readonly notAfter: Date
}

/** The enabled certificates of a user at the platform. */
export async function certificatesOf(platform: Platform, user?: string): Promise<CheckedCertificate[]> {
  const records = await listRecords(platform, user)
  return records
    .filter(({ enabled }) => enabled)
    .map(({ id, name, serial_number, end_date }) => ({
      id,
      name,
      serialNumber: serial_number,
      notAfter: new Date(end_date),
    }))
}

/** The certificates in files. */
export async function certificatesIn(
  files: readonly string[],
  password: string | undefined,
): Promise<CheckedCertificate[]> {
  const found: CheckedCertificate[] = []
  for (const file of files) {
    const certificate = await readCertificate(file, password)
    const name = commonName(certificate.subject) ?? serialOf(certificate)
    found.push({ name, file, serialNumber: serialOf(certificate), notAfter: certificate.notAfter })
  }
  return found
}

/** Prints what ends within so many days; the exit status. */
export function reportEnds(
  certificates: readonly CheckedCertificate[],
  { days, json, now }: { readonly days: number; readonly json: boolean; readonly now: Date },
): number {
  const sorted = [...certificates].sort((a, b) => a.notAfter.getTime() - b.notAfter.getTime())
  const ending = sorted.filter(({ notAfter }) => daysUntil(notAfter, now) < days)
  if (json) printJson({ days, checked: sorted.length, ending: ending.map((one) => jsonOf(one, now)) })
  else print([...certificateLines(ending.map(lineOf), now, days), summary(sorted, ending.length, days, now)])
  if (ending.length === 0) return CHECK_STATUS.fine
  return ending.some(({ notAfter }) => notAfter < now) ? CHECK_STATUS.ended : CHECK_STATUS.ending
}

function lineOf({ name, file, id, notAfter }: CheckedCertificate) {
  return { name: file ?? name, notAfter, enabled: true, ...(id !== undefined && { id }) }
}

function jsonOf({ name, id, file, serialNumber, notAfter }: CheckedCertificate, now: Date) {
  return {
    ...(id !== undefined && { id }),
    ...(file !== undefined && { file }),
    name,
    serial_number: serialNumber,
    end_date: `${notAfter.toISOString().slice(0, 19)}Z`,
    days_left: daysUntil(notAfter, now),
  }
}

function summary(sorted: readonly CheckedCertificate[], ending: number, days: number, now: Date): string {
  const { green, yellow } = paint(process.stdout)
  const [first] = sorted
  if (!first) return yellow('There are no certificates to check.')
  if (ending > 0)
    return yellow(`${ending} of ${sorted.length} ${ending === 1 ? 'ends' : 'end'} within ${days} days: rotate soon.`)
  const next = `${plain(first.file ?? first.name)}, on ${day(first.notAfter)}, ${distance(first.notAfter, now)}`
  return green(`Nothing ends within ${days} days. The first of ${sorted.length} is ${next}.`)
}
