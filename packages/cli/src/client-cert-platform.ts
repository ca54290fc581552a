/** The platform as the client-cert commands ask it, and what they say when it declines. */
import { readFile } from 'node:fs/promises'
import { encodePem } from '@countersign/codec'
import { type ClientAuthCertificate, type Countersign, CountersignError, connect } from '@countersign/sdk'
import { type Identity, readIdentity, serialOf } from './client-cert-identity.ts'
import { day } from './client-cert-view.ts'
import { Failure, InputError, unreadable } from './failure.ts'
import type { Profile } from './profile.ts'

/** A platform, and as whom it is asked. */
export type Platform = {
  /** Asks; what it declines is a Refused with what to do about it. */
  ask<Answer>(question: (api: Countersign) => Promise<Answer>): Promise<Answer>
  /** The certificate that is shown, if one is. */
  readonly identity: Identity | undefined
  close(): void
}

/** The platform did not do what it was asked for; the message says what to do. */
export class Refused extends Failure {
  readonly code: string
  constructor(message: string, code: string) {
    super(message)
    this.code = code
  }
}

/** Connects as the profile says: by its API key, or else by its certificate. */
export async function connectBy(profile: Profile): Promise<Platform> {
  if (profile.apiKey !== undefined) return connected(profile, undefined)
  if (profile.certificate) return connected(profile, await readIdentity(profile.certificate))
  throw new InputError('Who asks? Name --cert and --key, or --p12, or --api-key-file.')
}

/** Connects with a certificate, and nothing else. */
export async function connectAs(profile: Profile, identity: Identity): Promise<Platform> {
  return connected({ ...profile, apiKey: undefined }, identity)
}

/** The record of a certificate at the platform. */
export async function findRecord(platform: Platform, identity: Identity): Promise<ClientAuthCertificate> {
  const serial = serialOf(identity.certificate)
  const records = await listRecords(platform)
  const found = records.find(({ serial_number: number }) => number === serial)
  if (found) return found
  throw new Failure(`The platform has no client authentication certificate with the serial number ${serial}.`)
}

/** Every certificate of a user, page after page; of who asks unless another is named. */
export function listRecords(platform: Platform, userId?: string): Promise<ClientAuthCertificate[]> {
  const query = userId === undefined ? {} : { user_id: userId }
  return platform.ask(({ clientAuthCertificates }) => Array.fromAsync(clientAuthCertificates.each(query)))
}

async function connected(profile: Profile, identity: Identity | undefined): Promise<Platform> {
  const { baseUrl: url, clientauthUrl: clientAuthUrl, apiKey } = profile
  const ca = profile.ca === undefined ? undefined : await readCa(profile.ca)
  const api = connect({
    url,
    clientAuthUrl,
    ...(ca !== undefined && { ca }),
    ...(apiKey !== undefined && { apiKey }),
    ...(identity && {
      certificate: {
        cert: encodePem('CERTIFICATE', identity.certificate.bytes),
        key: encodePem('PRIVATE KEY', identity.privateKey),
      },
    }),
  })
  return {
    identity,
    close: () => api.close(),
    async ask(question) {
      try {
        return await question(api)
      } catch (error) {
        if (error instanceof CountersignError) throw new Refused(adviceOn(error, profile, identity), error.code)
        throw error
      }
    },
  }
}

async function readCa(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw unreadable(file, cause as NodeJS.ErrnoException)
  }
}

function adviceOn(error: CountersignError, profile: Profile, identity: Identity | undefined): string {
  const { code, message } = error
  switch (code) {
    case 'AUTHORIZATION_ERROR':
      return identity ? adviceOnCertificate(identity, profile) : message
    case 'invalid_api_key':
      return `${profile.baseUrl} does not accept the API key: it is another platform's, or was disabled, rotated or deleted, or has ended.`
    case 'untrusted_server':
      return `${message}\n${profile.ca === undefined ? "Name the platform's root by --ca; its data folder has it as ca.pem." : `Is ${profile.ca} the root of this platform?`}`
    case 'connection_failed':
    case 'timed_out':
      return `${message} Is the platform running there?`
    default:
      // By what it is called here.
      return message.replace(/^(exp|name):/, (_, field) => (field === 'exp' ? '--until:' : '--name:'))
  }
}

/** The platform does not tell strangers what is wrong with a certificate; the certificate itself tells something. */
function adviceOnCertificate({ certificate }: Identity, { clientauthUrl }: Profile): string {
  const named = `the certificate with the serial number ${serialOf(certificate)}`
  const { notAfter } = certificate
  if (notAfter < new Date())
    return `${clientauthUrl} does not accept ${named}: it ended on ${day(notAfter)}. What has ended is not renewed: make another by countersign client-cert create with --api-key-file.`
  return `${clientauthUrl} does not accept ${named}, though it lasts until ${day(notAfter)}: it was disabled or deleted, its user was disabled or has ended, or it is another platform's. With --api-key-file, countersign client-cert list says which, and enable brings it back.`
}
