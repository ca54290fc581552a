import { eventsOf } from '../store/events-of.ts'
import type { TestPlatform } from './test-platform.ts'

const DAY = 86_400_000

/** All certificates of the account's users, those reserved and what the audit log calls done: nothing of a refused request may be there. */
export async function keptOf({ world, account }: TestPlatform): Promise<string> {
  const { clientAuthCertificates, certificates, auditEvents, users } = world.store
  const all = await users.list(account.account_id)
  const kept = await Promise.all(all.map(({ id }) => clientAuthCertificates.listWithCertificates(id)))
  const reserved = await certificates.listReserved(new Date(Date.now() + DAY), 100)
  const events = await eventsOf(auditEvents, account.account_id, 1_000)
  const ids = [...kept.flat().map(({ clientAuthCertificate }) => clientAuthCertificate), ...reserved].map(
    ({ id }) => id,
  )
  return JSON.stringify([ids, events.filter(({ status }) => status === 'success').map(({ id }) => id)])
}
