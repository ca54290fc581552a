import type { Principal } from './authenticate.ts'
import { endDate } from './end-date.ts'
import type { Issuer } from './issuer.ts'
import { Refusal } from './refusal.ts'

/** The longest life of a client authentication certificate, and that of one whose end nobody names. */
export const CLIENT_AUTH_DAYS = 397
const USUAL_DAYS = 365

const DAY = 86_400_000
const SECOND = 1_000
/** Certificates begin a minute ago, and their first and last second count both. */
const BEGINS_AGO = 60 * SECOND

/** When a certificate for the principal ends: never after that by which or for whom it is made. A date too late is refused. */
export function clientAuthEnd(principal: Principal, issuer: Issuer, exp: string | undefined, now: Date): Date {
  const { user, account, apiKey, clientAuthCertificate } = principal
  const daysFromNow = (days: number): Date => new Date(now.getTime() - BEGINS_AGO + days * DAY - SECOND)
  const bounds = [
    { at: daysFromNow(CLIENT_AUTH_DAYS), of: `${CLIENT_AUTH_DAYS} days from now` },
    { at: apiKey?.endsAt, of: 'the end of the API key' },
    { at: clientAuthCertificate?.makerEndsAt, of: 'the end of the API key that your certificate began with' },
    { at: user.endsAt, of: 'the end of the user' },
    { at: account.servicePeriod.to, of: 'the end of the account' },
    { at: issuer.certificate.notAfter, of: 'the end of the authority' },
  ].flatMap(({ at, of }) => (at ? [{ at: wholeSecond(at), of }] : []))
  const latest = bounds.reduce((first, bound) => (bound.at < first.at ? bound : first))
  if (exp === undefined) return wholeSecond(earlier(daysFromNow(USUAL_DAYS), latest.at))
  const asked = wholeSecond(endDate('exp', exp, now))
  if (asked <= latest.at) return asked
  // Who counts the days from now, and not from a minute ago, means the longest life.
  const isMeantAsLongest = asked.getTime() <= now.getTime() + CLIENT_AUTH_DAYS * DAY
  if (isMeantAsLongest && latest === bounds[0]) return latest.at
  throw new Refusal(
    'invalid',
    'invalid_request',
    `exp: at most ${latest.at.toISOString().slice(0, 19)}Z, ${latest.of}.`,
  )
}

function earlier(a: Date, b: Date): Date {
  return a < b ? a : b
}

function wholeSecond(at: Date): Date {
  return new Date(Math.floor(at.getTime() / SECOND) * SECOND)
}
