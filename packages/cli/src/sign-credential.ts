/** The credential that signs: which, whether it may, and its PIN. */
import type { Credential } from '@countersign/sdk'
import { type Platform, Refused } from './client-cert-platform.ts'
import { Failure, InputError } from './failure.ts'
import { plain } from './plain-text.ts'
import type { ProfileCredential } from './profile.ts'
import { askHidden, canAsk } from './prompt.ts'

/** A credential that may sign, with what opens it. */
export type OpenedCredential = { readonly credential: Credential; readonly pin: string | undefined }

/** Looks it up, so that what is wrong with it is said before any file is read, and asks for a PIN that nobody gave. */
export async function openedCredential(platform: Platform, named: ProfileCredential): Promise<OpenedCredential> {
  const credential = await platform
    .ask((api) => api.credentials.get(named.id))
    .catch((error) => {
      if (!(error instanceof Refused) || error.code !== 'credential_not_found') throw error
      throw new Failure(
        `There is no credential "${plain(named.id)}" that you may use: countersign credential list has those that there are.`,
      )
    })
  checkUsable(credential)
  if (credential.pin_status === 'none') return { credential, pin: undefined }
  return { credential, pin: named.pin ?? (await askedPin(credential)) }
}

/** What to do about no credential being named. */
export async function noCredential(platform: Platform): Promise<InputError> {
  const all = await platform.ask((api) => Array.fromAsync(api.credentials.each({ status: 'enabled' })))
  const names = all.slice(0, 10).map(({ nickname }) => plain(nickname))
  const there = names.length === 0 ? 'There is none that you may use.' : `You may use: ${names.join(', ')}.`
  return new InputError(`Which credential signs? Name it by --credential-id. ${there}`)
}

function checkUsable({ nickname, status, pin_status }: Credential): void {
  const name = plain(nickname)
  if (pin_status === 'locked')
    throw new Failure(
      `${name} is locked: its PIN was wrong five times. Who manages credentials unlocks it: countersign credential unlock ${name}`,
    )
  if (status === 'enabled') return
  const why = {
    requested: 'waits for the certificate of an authority elsewhere',
    suspended: `is suspended: countersign credential resume ${name} ends that`,
    revoked: 'is revoked, for good: issue another',
    expired: 'has ended: renew it, or issue another',
  }[status]
  throw new Failure(`${name} ${why}.`)
}

async function askedPin({ nickname }: Credential): Promise<string> {
  if (!canAsk())
    throw new InputError(
      `${plain(nickname)} has a PIN: name a file that holds it by --credential-pin-file, or set COUNTERSIGN_CREDENTIAL_PIN.`,
    )
  const pin = await askHidden(`PIN of ${plain(nickname)}: `)
  if (pin === '') throw new InputError('No PIN was entered.')
  return pin
}
