/** What people are told by mail of how they sign in: whoever did it in their name did not mean them to know. */
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
} as const

/** What is told, by the action of its audit event. */
export type SignInNotice = keyof typeof NOTICES

/** Queues the mail that tells a person. Inside the transaction of what it tells of. */
export async function queueNotice(
  world: Pick<World, 'keys' | 'now'>,
  repositories: Pick<Repositories, 'mails'>,
  { email, accountId }: Pick<User, 'email' | 'accountId'>,
  notice: SignInNotice,
): Promise<void> {
  const text = `${NOTICES[notice]}, on ${world.now().toISOString().slice(0, 16).replace('T', ' ')} UTC.

If it was you, all is well. If it was not, ask for a new password at once, end
your other sessions, and tell an administrator of your account.
`
  await queueMail(world, repositories, accountId, { to: email, subject: NOTICES[notice], text })
}
