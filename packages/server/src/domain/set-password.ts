/** How a password is set: by who knows the one before, or by a token that came by mail. */
import type { Account } from './account.ts'
import { faultOfUser, type Principal } from './authenticate.ts'
import { queueMail } from './deliver-mail.ts'
import { endSessions } from './end-sessions.ts'
import { checkNewPassword } from './password.ts'
import { invitationMail, resetMail } from './password-mail.ts'
import { newPasswordToken, type PasswordToken, passwordTokenHash } from './password-token.ts'
import { proveOneself } from './prove-oneself.ts'
import { type Actor, auditEvent, PLATFORM } from './record-event.ts'
import { Refusal } from './refusal.ts'
import { addSession, type SignedIn, type Whereabouts } from './sign-in.ts'
import { lockName, settleAttempts } from './sign-in-attempts.ts'
import { queueNotice } from './sign-in-notice.ts'
import type { Repositories } from './store.ts'
import type { User } from './user.ts'
import type { World } from './world.ts'

/** Changes the principal's own password, and ends all of its sessions; a new one takes the place of the one that asked. */
export async function changePassword(
  world: World,
  { user, account }: Principal,
  { current, next }: { readonly current: string; readonly next: string },
  where: Whereabouts,
): Promise<SignedIn> {
  checkNewPassword('new_password', next, user.email)
  if (next === current)
    throw new Refusal('invalid', 'invalid_password', 'new_password: take another one than the one before.')
  const hash = await world.passwords.hash(next)
  let signedIn: SignedIn | undefined
  await proveOneself(world, user, { password: current, network: where.network }, async (repositories, now) => {
    const at = world.now()
    await replacePassword(repositories, at, now, hash, 'password.change')
    await queueNotice(world, repositories, now, 'password.change')
    const changed = { ...now, passwordHash: hash, passwordChangedAt: at }
    signedIn = { account, ...(await addSession(repositories, at, changed, where)) }
    return true
  })
  return signedIn as SignedIn
}

/** Sets the password of the user whose mail the token was in, and ends all of its sessions. A second factor stays. */
export async function setPasswordByToken(
  world: World,
  { token: text, password }: { readonly token: string; readonly password: string },
  { network }: Whereabouts,
): Promise<void> {
  const { user } = await holderOfToken(world, world.store, text)
  checkNewPassword('password', password, user.email)
  const hash = await world.passwords.hash(password)
  await world.store.transaction(async (repositories) => {
    await repositories.locks.take(lockName(user.id))
    const at = world.now()
    const { user: now, token } = await holderOfToken(world, repositories, text)
    await replacePassword(repositories, at, now, hash, token.purpose === 'reset' ? 'password.reset' : 'password.set')
    if (token.purpose === 'reset') await queueNotice(world, repositories, now, 'password.reset')
    // Who reads the person's mail is the person: here strangers can't keep it out.
    await settleAttempts(repositories, { subject: now.id, counted: '' }, network, at)
  })
}

async function holderOfToken(
  { now }: Pick<World, 'now'>,
  { passwordTokens, users, accounts }: Pick<Repositories, 'passwordTokens' | 'users' | 'accounts'>,
  text: string,
): Promise<{ readonly user: User; readonly token: PasswordToken }> {
  const token = await passwordTokens.find(passwordTokenHash(text))
  const user = token && (await users.find(token.userId))
  const account = user && (await accounts.find(user.accountId))
  if (token && user && account && now() < token.endsAt && faultOfUser(user, account, now()) === undefined)
    return { user, token }
  throw new Refusal(
    'invalid',
    'invalid_token',
    'token: it is not one that came by mail, was used, or has ended. Ask for another one.',
  )
}

/** All that was begun with the password before ends with it. */
async function replacePassword(
  repositories: Repositories,
  at: Date,
  user: User,
  hash: string,
  action: string,
): Promise<void> {
  await repositories.users.setPassword(user.id, hash, at)
  await repositories.passwordTokens.removeOfUser(user.id)
  const endedSessions = await endSessions(repositories, user.id)
  await repositories.auditEvents.append(
    auditEvent(
      at,
      { kind: 'user', id: user.id, accountId: user.accountId },
      {
        action,
        resourceType: 'user',
        resourceId: user.id,
        details: { endedSessions },
      },
    ),
  )
}

/** So long after a mail no other one goes out: strangers can ask for them too. */
const RESET_EVERY_MS = 5 * 60_000

/** Sends a token to a person who may sign in and has a password; nothing tells whether there is one. */
export async function requestPasswordReset(world: World, email: string, publicUrl: string): Promise<void> {
  const user = await world.store.users.findByEmail(email)
  const account = user && (await world.store.accounts.find(user.accountId))
  if (!account || !user.passwordHash || faultOfUser(user, account, world.now())) return
  await world.store.transaction(async (repositories) => {
    await repositories.locks.take(lockName(user.id))
    const at = world.now()
    const waiting = await repositories.passwordTokens.list(user.id)
    if (waiting.some(({ createdAt }) => at.getTime() - createdAt.getTime() < RESET_EVERY_MS)) return
    await sendToken(world, repositories, { user, account, purpose: 'reset', publicUrl, actor: PLATFORM })
  })
}

/** Sends a person the token of an invitation, after which those before serve no more, or of a reset. Inside a transaction. */
export async function sendToken(
  world: Pick<World, 'now' | 'keys'>,
  repositories: Repositories,
  {
    user,
    account,
    purpose,
    publicUrl,
    actor,
  }: {
    readonly user: User
    readonly account: Account
    readonly purpose: PasswordToken['purpose']
    readonly publicUrl: string
    readonly actor: Actor
  },
): Promise<void> {
  const at = world.now()
  const { text, token } = newPasswordToken(at, { userId: user.id, purpose })
  // Strangers may ask for resets: what they ask for must not end what the person has in hand.
  if (purpose === 'invitation') await repositories.passwordTokens.removeOfUser(user.id)
  await repositories.passwordTokens.add(token)
  const mail = purpose === 'invitation' ? invitationMail : resetMail
  await queueMail(world, repositories, account.id, mail({ user, account, text, endsAt: token.endsAt, publicUrl }))
  await repositories.auditEvents.append(
    auditEvent(at, actor, {
      action: purpose === 'invitation' ? 'user.invite' : 'password.request_reset',
      resourceType: 'user',
      resourceId: user.id,
      accountId: user.accountId,
      details: { endsAt: token.endsAt.toISOString() },
    }),
  )
}
