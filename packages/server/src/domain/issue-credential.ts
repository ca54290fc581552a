/** Credentials that an administrator issues: to the account, or to a user, who gets the PIN by mail. */
import { decodePkcs12, type Name, name, type Pkcs12Contents, PkiError } from '@countersign/pki'
import type { Principal } from './authenticate.ts'
import {
  addCredential,
  createCredential,
  MOST_CREDENTIAL_DAYS,
  type NewCredential,
  USUAL_CREDENTIAL_DAYS,
} from './create-credential.ts'
import type { Credential } from './credential.ts'
import { credentialRequest } from './credential-request.ts'
import { queueMail } from './deliver-mail.ts'
import type { PinBinding } from './keys.ts'
import { outsideChain } from './outside-chain.ts'
import { pinMail } from './pin.ts'
import type { KeyType, WrappedKey } from './private-key.ts'
import { randomPin } from './random-secret.ts'
import { Refusal } from './refusal.ts'
import type { User } from './user.ts'
import { uuidV7 } from './uuid.ts'
import type { World } from './world.ts'

/** What is asked for. */
export type CredentialWish = {
  /** Whose it is to be; the account's own without it. */
  readonly userId?: string
  readonly nickname: string
  readonly keyType: KeyType
  /** The account's name unless it is given. */
  readonly organization?: string
  readonly commonName: string
  /** Two letters, ISO 3166-1. */
  readonly country?: string
  readonly validityDays?: number
}

/** Issues a credential. */
export async function issueCredential(world: World, principal: Principal, wish: CredentialWish): Promise<Credential> {
  const days = validityDays(wish.validityDays)
  const subject = subjectOf(wish, principal.account.name)
  const { made } = await newCredential(world, principal, wish, (binding) => world.keys.generate(wish.keyType, binding))
  return createCredential(world, { ...made, subject, days })
}

/** Makes the key of a credential whose certificate an authority elsewhere is to issue, and the request to take there. */
export async function requestCredential(
  world: World,
  principal: Principal,
  wish: Omit<CredentialWish, 'validityDays'>,
): Promise<Credential> {
  const subject = subjectOf(wish, principal.account.name)
  const { made, pin } = await newCredential(world, principal, wish, (binding) =>
    world.keys.generate(wish.keyType, binding),
  )
  const request = await credentialRequest(world, { key: made.key, subject, pin })
  return world.store.transaction((repositories) =>
    addCredential(world, repositories, made, { status: 'requested', request }),
  )
}

/** A key with its certificates, as somebody brings them. */
export type ImportWish = Pick<CredentialWish, 'userId' | 'nickname'> & {
  readonly pkcs12: Uint8Array
  readonly password: string
}

/** Makes a credential of a PKCS#12 file: its key comes to lie where those that are made here do. */
export async function importCredential(world: World, principal: Principal, wish: ImportWish): Promise<Credential> {
  const { privateKey, certificate, chain } = await readPkcs12(wish)
  const { made } = await newCredential(world, principal, wish, async (binding) => {
    const key = await world.keys.import(privateKey, binding)
    if (!key) throw unfitFile('its key is none of P-256, P-384, P-521, RSA of 2048, 3072 or 4096 bits, and Ed25519.')
    return key
  }).finally(() => privateKey.fill(0))
  const outside = await outsideChain(world, [certificate, ...chain], made.key.publicKey)
  return world.store.transaction(async (repositories) => {
    const at = world.now()
    const certificateId = uuidV7(at)
    const { id: accountId } = made.account
    await repositories.outsideCertificates.add({ id: certificateId, accountId, createdAt: at, ...outside })
    return addCredential(world, repositories, made, { status: 'enabled', certificateId })
  })
}

async function readPkcs12({ pkcs12, password }: ImportWish): Promise<Pkcs12Contents> {
  try {
    return await decodePkcs12(pkcs12, password)
  } catch (cause) {
    if (!(cause instanceof PkiError)) throw cause
    throw unfitFile(`${cause.message}.`, cause)
  }
}

function unfitFile(what: string, cause?: unknown): Refusal {
  return new Refusal('invalid', 'invalid_pkcs12', `pkcs12: ${what}`, { cause })
}

/** What a new credential is made of, with a key of its own; for a user's, with a PIN and a mail that brings it. */
async function newCredential(
  world: World,
  principal: Principal,
  wish: Pick<CredentialWish, 'userId' | 'nickname'>,
  makeKey: (binding?: PinBinding) => Promise<WrappedKey>,
): Promise<{ readonly made: NewCredential; readonly pin?: string }> {
  const { account } = principal
  const nickname = nicknameText(wish.nickname)
  const user = wish.userId === undefined ? undefined : await holder(world, principal, wish.userId)
  await refuseTakenNickname(world, account.id, nickname)
  const actor = { kind: 'user', id: principal.user.id, accountId: account.id } as const
  if (!user) return { made: { account, nickname, key: await makeKey(), actor } }
  const id = uuidV7(world.now())
  const pin = randomPin()
  const key = await makeKey({ credentialId: id, pin })
  const record: NewCredential['record'] = (repositories, credential) =>
    queueMail(world, repositories, account.id, pinMail({ user, account, credential, pin }))
  return { made: { id, account, userId: user.id, nickname, key, actor, record }, pin }
}

async function holder({ store }: World, { account }: Principal, id: string): Promise<User> {
  const user = await store.users.find(id)
  if (user?.accountId !== account.id) throw new Refusal('not_found', 'user_not_found', 'There is no such user.')
  if (user.status !== 'active') throw new Refusal('conflict', 'user_disabled', 'The user is disabled.')
  return user
}

/** Before anything is made: what is unique in the store is so anyway. */
async function refuseTakenNickname({ store }: World, accountId: string, nickname: string): Promise<void> {
  if (!(await store.credentials.findByNickname(accountId, nickname))) return
  throw new Refusal('conflict', 'credential_exists', 'There is a credential with this nickname already.')
}

/** The days of a certificate's life. */
export function validityDays(days: number = USUAL_CREDENTIAL_DAYS): number {
  if (Number.isInteger(days) && days >= 1 && days <= MOST_CREDENTIAL_DAYS) return days
  throw new Refusal('invalid', 'invalid_request', `validity_days: 1 to ${MOST_CREDENTIAL_DAYS}.`)
}

/** What stands in URLs, forms and mails as the credential ID. */
function nicknameText(text: string): string {
  const nickname = text.trim()
  // Who names a credential by its id must not get another one.
  const isId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(nickname)
  if (/^[A-Za-z0-9][A-Za-z0-9 _.@-]{0,99}$/.test(nickname) && !isId) return nickname
  throw new Refusal(
    'invalid',
    'invalid_request',
    'nickname: 1 to 100 letters, digits, spaces, dashes, dots, underscores and @, a letter or digit first; no UUID.',
  )
}

function subjectOf({ organization, commonName, country }: CredentialWish, accountName: string): Name {
  const C = country === undefined ? undefined : country.trim().toUpperCase()
  if (C !== undefined && !/^[A-Z]{2}$/.test(C))
    throw new Refusal('invalid', 'invalid_request', 'country: two letters, as DE.')
  return name({
    C,
    O: organization === undefined ? accountName.slice(0, 64) : subjectText('organization', organization),
    CN: subjectText('common_name', commonName),
  })
}

/** Readers show it: it has to be what it looks like. 64 is the bound of RFC 5280, Appendix A.1. */
function subjectText(field: string, text: string): string {
  const trimmed = text.trim()
  const length = Array.from(trimmed).length
  if (length >= 1 && length <= 64 && !/[\p{C}\p{Zl}\p{Zp}]/u.test(trimmed)) return trimmed
  throw new Refusal('invalid', 'invalid_request', `${field}: 1 to 64 characters on one line.`)
}
