/** Mail: queued in the transaction of what it tells of, delivered afterwards by whichever node comes first. */
import { utf8Bytes, utf8Text } from '@countersign/codec'
import type { Mail, MailContent } from './mail.ts'
import { auditEvent, PLATFORM } from './record-event.ts'
import { isGivenUp, retryAt } from './retry.ts'
import type { Repositories } from './store.ts'
import { uuidV7 } from './uuid.ts'
import type { World } from './world.ts'

/** Hands a mail on; rejects when that may have failed. The same id is the same mail. */
export type DeliverMail = (mail: MailContent & { readonly id: string; readonly createdAt: Date }) => Promise<void>

/** Queues a mail; it goes out after the transaction is committed, and not at all when it is not. */
export async function queueMail(
  { keys, now }: Pick<World, 'keys' | 'now'>,
  { mails }: Pick<Repositories, 'mails'>,
  accountId: string | undefined,
  content: MailContent,
): Promise<void> {
  const at = now()
  const id = uuidV7(at)
  const wrapped = keys.wrapSecret(id, utf8Bytes(JSON.stringify(content)))
  await mails.add({ id, accountId, wrapped, attempts: 0, nextAttemptAt: at, createdAt: at })
}

/** In one go: the job comes around again soon. */
const AT_ONCE = 50

/** What one look at the queue did. */
export type MailDelivery = { readonly delivered: number; readonly failed: number }

/**
 * Delivers what is due. Whoever takes a mail puts its next attempt off first: a crash in between delays it and never
 * loses it, and nothing more is begun once `leaving` says so. A mail is sent twice only where a server took it and its answer was lost, or its node died just then.
 */
export async function deliverDueMails(
  world: Pick<World, 'store' | 'keys' | 'now'>,
  deliver: DeliverMail,
  onFailure: (mail: Mail, error: unknown) => void,
  leaving?: AbortSignal,
): Promise<MailDelivery> {
  let delivered = 0
  let failed = 0
  for (const mail of await world.store.mails.listDue(world.now(), AT_ONCE)) {
    if (leaving?.aborted) break
    const nextAttemptAt = retryAt(world.now(), mail.attempts)
    if (!(await world.store.mails.begin(mail, nextAttemptAt))) continue
    try {
      await deliver({ ...contentOf(world, mail), id: mail.id, createdAt: mail.createdAt })
      delivered++
    } catch (error) {
      failed++
      onFailure(mail, error)
      if (!isGivenUp(mail.createdAt, nextAttemptAt)) continue
      await settle(world, mail, 'failed')
      continue
    }
    await settle(world, mail, 'success')
  }
  // There are PINs in them.
  if (delivered + failed > 0) await world.store.overwriteDeleted()
  return { delivered, failed }
}

function contentOf({ keys }: Pick<World, 'keys'>, { id, wrapped }: Mail): MailContent {
  return JSON.parse(utf8Text(keys.unwrapSecret(id, wrapped))) as MailContent
}

async function settle(
  { store, now }: Pick<World, 'store' | 'now'>,
  mail: Mail,
  status: 'success' | 'failed',
): Promise<void> {
  await store.transaction(async ({ mails, auditEvents }) => {
    if (!(await mails.remove(mail.id))) return
    const event = auditEvent(now(), PLATFORM, {
      action: 'mail.deliver',
      resourceType: 'mail',
      resourceId: mail.id,
      accountId: mail.accountId,
      details: { attempts: mail.attempts + 1 },
    })
    await auditEvents.append({ ...event, status })
  })
}
