/** Batches are worked on: some requests at a time, by one node at a time, each request once. */
import { type Applicant, userApplicant } from './applicant.ts'
import { faultOfUser, type Principal, requirePermission } from './authenticate.ts'
import { type Batch, type BatchRequest, batchEvent } from './batch.ts'
import { enrollCertificate } from './enroll-certificate.ts'
import { auditEvent, PLATFORM } from './record-event.ts'
import { Refusal } from './refusal.ts'
import type { World } from './world.ts'

/** How a node works on batches. */
export type BatchWorker = {
  /** Which node it is. */
  readonly by: string
  /** Waits for the moment to begin the next request: whatever else waits for the event loop comes first. */
  readonly turn: () => Promise<void>
  /** Is told what came of a request by no fault of who asked. */
  readonly onError: (error: unknown) => void
  /** Is told of a batch that is done, and what has become of it. */
  readonly onFinished?: ((finished: FinishedBatch) => void) | undefined
  /** Nothing more is begun once it says so. */
  readonly leaving?: AbortSignal | undefined
}

/** What became of a batch. */
export type FinishedBatch = Pick<Batch, 'id' | 'accountId' | 'status' | 'succeeded' | 'failed'>

/** How long a node is taken to be at work after it last said so. */
export const HELD_MS = 10_000
/** After requests for which nothing could be done now. */
const REST_MS = 30_000
/** Requests that are taken at once. */
const PIECE = 128
/** Requests that are in the making at the same time; of those whose keys are made here few, so that others get theirs, too. */
const AT_ONCE = { client: 32, server: 4 } as const

const STOPPED = 'batch_stopped'

/** Works on the batch that has waited longest, for a few hundred requests; false where there is none. */
export async function workOnBatch(
  world: World,
  worker: BatchWorker,
  holding: (hold: () => Promise<void>) => () => void,
): Promise<boolean> {
  const { by } = worker
  const { batches } = world.store
  if (!(await batches.hasDue(world.now()))) return false
  const batch = await world.store.transaction(async (repositories) => {
    const at = world.now()
    return repositories.batches.take({ by, at, until: held(at) })
  })
  if (!batch) return false
  const letGo = holding(() => batches.hold(batch.id, by, held(world.now())))
  const done = { succeeded: 0, failed: 0 }
  let isStuck = false
  try {
    isStuck = await workOn(world, worker, batch, done)
  } finally {
    letGo()
    const now = world.now().getTime()
    await batches.release(batch.id, by, new Date(isStuck ? now + REST_MS : now), done)
  }
  return true
}

function held(at: Date): Date {
  return new Date(at.getTime() + HELD_MS)
}

type Done = { succeeded: number; failed: number }

/** Whether nothing could be done. */
async function workOn(world: World, worker: BatchWorker, batch: Batch, done: Done): Promise<boolean> {
  const waiting = await world.store.batches.listWaiting(batch.id, PIECE)
  if (waiting.length === 0) {
    await finish(world, worker, batch, 'COMPLETE')
    return false
  }
  let asker: Principal
  try {
    asker = await askerOf(world, batch)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    await finish(world, worker, batch, 'FAILED', `Who asked may have no certificates any more: ${error.message}.`)
    return false
  }
  const requests = waiting.values()
  let isStopped = false
  const work = async (): Promise<void> => {
    for (const request of requests) {
      if (isStopped || worker.leaving?.aborted) return
      await worker.turn()
      const outcome = await settle(world, worker, batch, asker, request)
      if (outcome === 'stopped') isStopped = true
      else if (outcome !== 'later') done[outcome]++
    }
  }
  const atOnce = AT_ONCE[batch.settings.serverKeys ? 'server' : 'client']
  await Promise.all(Array.from({ length: atOnce }, work))
  return !isStopped && !worker.leaving?.aborted && done.succeeded + done.failed === 0
}

/** Makes the certificate of one request, or notes why there is none. */
async function settle(
  world: World,
  { onError }: BatchWorker,
  batch: Batch,
  asker: Principal,
  request: BatchRequest,
): Promise<keyof Done | 'later' | 'stopped'> {
  const { batches } = world.store
  try {
    await enrollCertificate(world, applicantOf(batch, asker, request), wishOf(batch, request))
    return 'succeeded'
  } catch (error) {
    if (error instanceof Refusal && error.code === STOPPED) return 'stopped'
    if (error instanceof Refusal && error.reason === 'unavailable') return 'later'
    if (!(error instanceof Refusal)) {
      onError(error)
      // Where the store is at fault, the request waits with all others.
      await world.store.ping()
    }
    const why = error instanceof Refusal ? error.message : 'An unexpected error: the log has it.'
    return (await batches.fail(batch.id, request.line, why)) ? 'failed' : 'stopped'
  }
}

/** Who asked, as of this request: its certificate and what became of it are recorded together, or neither. */
function applicantOf(batch: Batch, asker: Principal, { line }: BatchRequest): Applicant {
  const applicant = userApplicant(asker, { method: 'BATCH', address: batch.asker.address })
  const stop = (cause?: unknown): Refusal =>
    new Refusal('conflict', STOPPED, 'The batch is not worked on any more.', { cause })
  return {
    ...applicant,
    async confirm(repositories, made) {
      const { batches } = repositories
      if (!(await batches.holdInProgress(batch.id))) throw stop()
      try {
        await applicant.confirm(repositories, made)
      } catch (cause) {
        throw cause instanceof Refusal ? stop(cause) : cause
      }
      if (!made || !(await batches.succeed(batch.id, line, made))) throw stop()
    },
  }
}

function wishOf({ settings }: Batch, request: BatchRequest): Parameters<typeof enrollCertificate>[2] {
  const { enrollmentProfileId, serverKeys, includesChain } = settings
  const { csr, keyType, encryptionCertificate, attributes, deviceAttributes } = request
  return {
    enrollmentProfileId,
    attributes,
    deviceAttributes,
    includesChain,
    key: serverKeys
      ? {
          by: 'server',
          keyType: keyType ?? serverKeys.keyType,
          privateKey: {
            format: serverKeys.format,
            syntax: serverKeys.syntax,
            pkcs12Password: undefined,
            encryptionCertificate: encryptionCertificate ?? serverKeys.encryptionCertificate,
          },
        }
      : { by: 'client', csr: csr ?? '' },
  }
}

/** Who asked, as it is now. Throws a Refusal where it may not ask any more, or not by what it was known by. */
async function askerOf({ store, now }: World, { accountId, asker }: Batch): Promise<Principal> {
  const at = now()
  const [user, account] = await Promise.all([store.users.find(asker.userId), store.accounts.find(accountId)])
  if (!user || !account) throw forbidden('the user was deleted')
  const fault = faultOfUser(user, account, at) ?? (await faultOfCertificate(store, asker.clientAuthCertificateId, at))
  if (fault) throw forbidden(fault)
  if (asker.apiKeyId === undefined) return permitted({ user, account })
  const apiKey = await store.apiKeys.find(asker.apiKeyId)
  if (!apiKey?.enabled) throw forbidden(`the API key was ${apiKey ? 'disabled' : 'deleted'}`)
  if (apiKey.endsAt && at > apiKey.endsAt) throw forbidden('the API key has ended')
  return permitted({ user, account, apiKey })
}

function permitted(principal: Principal): Principal {
  requirePermission(principal, 'MANAGE_IOT_CERTIFICATE')
  return principal
}

async function faultOfCertificate(
  { clientAuthCertificates, certificates }: World['store'],
  id: string | undefined,
  at: Date,
): Promise<string | undefined> {
  if (id === undefined) return undefined
  const known = await clientAuthCertificates.find(id)
  if (!known?.enabled) return `the client authentication certificate was ${known ? 'disabled' : 'deleted'}`
  const certificate = await certificates.find(known.certificateId)
  if (certificate?.status !== 'issued') return 'the client authentication certificate was revoked'
  return at > certificate.notAfter ? 'the client authentication certificate has expired' : undefined
}

function forbidden(what: string): Refusal {
  return new Refusal('forbidden', 'access_denied', what)
}

async function finish(
  { store, now }: World,
  { onFinished }: BatchWorker,
  batch: Batch,
  status: 'COMPLETE' | 'FAILED',
  reason?: string,
): Promise<void> {
  const finished = await store.transaction(async ({ batches, auditEvents }) => {
    const at = now()
    if (!(await batches.finish(batch.id, { status, at, ...(reason !== undefined && { reason }) }))) return undefined
    const { succeeded, failed } = (await batches.find(batch.id)) ?? batch
    const details = { succeeded, failed, ...(reason !== undefined && { reason }) }
    const action = status === 'COMPLETE' ? 'batch.finish' : 'batch.fail'
    await auditEvents.append(auditEvent(at, PLATFORM, batchEvent(action, batch, details)))
    return { id: batch.id, accountId: batch.accountId, status, succeeded, failed }
  })
  if (finished) onFinished?.(finished)
}
