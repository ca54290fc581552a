/** Batches: looked at, cancelled, deleted, and their results handed out. */
import type { Principal } from './authenticate.ts'
import { requirePermission } from './authenticate.ts'
import { type Batch, type BatchResult, batchEvent } from './batch.ts'
import { currentPrincipal } from './current-principal.ts'
import { knownAuthority } from './known-authorities.ts'
import { auditEvent } from './record-event.ts'
import { Refusal } from './refusal.ts'
import type { Repositories } from './store.ts'
import { wipeSome } from './wipe-batches.ts'
import type { World } from './world.ts'

type BatchWorld = Pick<World, 'store' | 'now'>

/** Results that are read at once. */
const PIECE = 200

/** Those of the principal's account. */
export async function listBatches(
  { store }: BatchWorld,
  { account }: Principal,
  page: { readonly offset: number; readonly limit: number },
): Promise<{ readonly total: number; readonly records: readonly Batch[] }> {
  return store.batches.list({ accountId: account.id, ...page })
}

/** One of them. */
export async function findBatch(
  { store }: { readonly store: Pick<Repositories, 'batches'> },
  { account }: Principal,
  id: string,
): Promise<Batch> {
  const batch = await store.batches.find(id)
  if (batch?.accountId === account.id && batch.status !== 'RECEIVING' && batch.status !== 'DELETED') return batch
  throw new Refusal('not_found', 'batch_not_found', 'There is no such batch.')
}

/** Ends one that is not done: what was made stays, and no more is made. */
export async function cancelBatch(world: BatchWorld, principal: Principal, id: string): Promise<void> {
  await changing(world, principal, id, 'batch.cancel', async ({ batches }, at) => {
    if (!(await batches.finish(id, { status: 'CANCELLED', at })))
      throw new Refusal('conflict', 'batch_done', 'The batch is done already.')
  })
}

/** Deletes one that is done, and with it the keys that were made for it; the certificates stay. */
export async function removeBatch(world: BatchWorld, principal: Principal, id: string): Promise<void> {
  await changing(world, principal, id, 'batch.delete', async ({ batches }) => {
    if (!(await batches.markDeleted(id))) throw notDone()
  })
  await wipeSome(world.store, id)
}

async function changing(
  { store, now }: BatchWorld,
  principal: Principal,
  id: string,
  action: string,
  work: (repositories: Repositories, at: Date) => Promise<void>,
): Promise<void> {
  await store.transaction(async (repositories) => {
    requirePermission(await currentPrincipal(repositories, principal), 'MANAGE_IOT_CERTIFICATE')
    const batch = await findBatch({ store: repositories }, principal, id)
    await work(repositories, now())
    const { user, account } = principal
    const actor = { kind: 'user', id: user.id, accountId: account.id } as const
    await repositories.auditEvents.append(auditEvent(now(), actor, batchEvent(action, batch)))
  })
}

/** What has become of each request of a batch that is done, in order, and the authorities of its certificates. */
export async function batchResults(
  world: BatchWorld,
  principal: Principal,
  id: string,
): Promise<{ readonly batch: Batch; readonly results: AsyncGenerator<ResultWithChain, void, void> }> {
  const batch = await findBatch(world, principal, id)
  if (batch.finishedAt === undefined) throw notDone()
  return { batch, results: readResults(world, id) }
}

/** A result, with the authorities above its certificate up to the root, DER. */
export type ResultWithChain = BatchResult & { readonly chain: readonly Uint8Array[] }

async function* readResults(world: BatchWorld, id: string): AsyncGenerator<ResultWithChain, void, void> {
  for (let after = 0; ; ) {
    const results = await world.store.batches.listResults(id, after, PIECE)
    for (const result of results)
      yield { ...result, chain: result.certificate ? await chainOf(world, result.certificate.authorityId) : [] }
    const last = results.at(-1)
    if (!last || results.length < PIECE) return
    after = last.line
  }
}

async function chainOf(world: BatchWorld, issuerId: string): Promise<readonly Uint8Array[]> {
  const chain: Uint8Array[] = []
  for (let id: string | undefined = issuerId; id !== undefined; ) {
    const authority = await knownAuthority(world, id)
    if (!authority) throw new Error(`the authority ${id} is missing`)
    chain.push(authority.certificate)
    id = authority.issuerId
  }
  return chain
}

function notDone(): Refusal {
  return new Refusal('conflict', 'batch_not_done', 'The batch is not done: wait for it, or cancel it.')
}
