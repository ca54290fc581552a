/** What people are told by mail of how they sign in: whoever did it in their name did not mean them to know. */
import type { Principal } from './authenticate.ts'
import { queueMail } from './deliver-mail.ts'
import type { Repositories } from './store.ts'
import type { User } from './user.ts'
import type { World } from './world.ts'

const NOTICES = {
  'password.change': 'Your password was changed',
  'password.reset': 'Your password was set anew',
  'totp.enable': 'Signing in takes a second factor now',
  'totp.disable': 'Signing in takes no second factor any more',
  'totp.reset': 'An administrator took your second factor away',
  'recovery_code.use': 'A recovery code was used in place of your second factor',
  'api_key.create': 'An API key of yours was made',
  'api_key.rotate': 'An API key of yours was rotated',
  'client_auth_certificate.create': 'A client authentication certificate of yours was made',
} as const

/** What is told, by the action of its audit event. */
export type SignInNotice = keyof typeof NOTICES

/**
 * Queues the mail that tells a person of what was made for it by its own session: who has stolen that would make something
 * that outlasts it. Inside the transaction of what it tells of.
 */
export async function queueSessionNotice(
  world: Pick<World, 'keys' | 'now'>,
  repositories: Pick<Repositories, 'mails'>,
  { user, session }: Principal,
  userId: string,
  notice: SignInNotice,
): Promise<void> {
  if (session && userId === user.id) await queueNotice(world, repositories, user, notice)
}

/** Queues the mail that tells a person. Inside the transaction of what it tells of. */
export async function queueNotice(
  world: Pick<World, 'keys' | 'now'>,
  repositories: Pick<Repositories, 'mails'>,
  { email, accountId }: Pick<User, 'email' | 'accountId'>,
  notice: SignInNotice,
): Promise<void> {
  const text = `${NOTICES[notice]}, on ${world.now().toISOString().slice(0, 16).replace('T', ' ')} UTC.

If it was you, all is well. If it was not, ask for a new password at once, end
your other sessions, delete what API keys and certificates you don't know, and
tell an administrator of your account.
`
  await queueMail(world, repositories, accountId, { to: email, subject: NOTICES[notice], text })
}
