/** The second factor as it is asked for. */
import { auditEvent } from './record-event.ts'
import { queueNotice } from './sign-in-notice.ts'
import type { Repositories } from './store.ts'
import { recoveryCodeHash, stepOfCode } from './totp.ts'
import type { User } from './user.ts'
import type { World } from './world.ts'

/** What proves a second factor: a code of the app, or a recovery code. */
export type SecondFactor = { readonly totp?: string | undefined; readonly recoveryCode?: string | undefined }

/** Whether the second factor is right, where there is one; a code is used up by it. Inside a transaction. */
export async function isSecondFactor(
  world: Pick<World, 'keys' | 'now'>,
  repositories: Repositories,
  user: User,
  { totp: code, recoveryCode }: SecondFactor,
): Promise<boolean> {
  const { totps } = repositories
  const totp = await totps.find(user.id)
  if (!totp?.confirmedAt) return true
  if (code !== undefined) {
    const step = stepOfCode(world.keys.unwrapSecret(user.id, totp.wrapped), code, world.now())
    return step !== undefined && (await totps.use(user.id, step))
  }
  if (recoveryCode === undefined || !(await totps.useRecoveryCode(user.id, recoveryCodeHash(recoveryCode))))
    return false
  await recordTotp(repositories, world.now(), user, 'recovery_code.use', {
    left: await totps.countRecoveryCodes(user.id),
  })
  await queueNotice(world, repositories, user, 'recovery_code.use')
  return true
}

/** Writes what became of a second factor, and by whom. */
export async function recordTotp(
  { auditEvents }: Pick<Repositories, 'auditEvents'>,
  at: Date,
  actor: User,
  action: string,
  { userId = actor.id, ...details }: { readonly userId?: string; readonly [name: string]: unknown } = {},
): Promise<void> {
  await auditEvents.append(
    auditEvent(
      at,
      { kind: 'user', id: actor.id, accountId: actor.accountId },
      {
        action,
        resourceType: 'user',
        resourceId: userId,
        details,
      },
    ),
  )
}
