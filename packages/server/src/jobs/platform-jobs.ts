/** What the platform does by itself: sealing the audit chain, renewing its certificates, publishing revocation lists. */
import { renewCredentials } from '../domain/create-credential.ts'
import { forgetEndedSignIns } from '../domain/end-sessions.ts'
import { failInterrupted } from '../domain/fail-interrupted.ts'
import { expireCertificateRequests } from '../domain/manage-certificate-requests.ts'
import {
  forgetRevocationChanges,
  publishDueRevocationLists,
  publishRevocationChanges,
} from '../domain/revocation-list.ts'
import type { FinishedBatch } from '../domain/run-batch.ts'
import {
  renewServiceCertificates,
  type ServiceIdentity,
  serviceIdentity,
  type TlsNames,
} from '../domain/service-identity.ts'
import { warnOfDeviceEnds } from '../domain/warn-of-device-ends.ts'
import { tellOfEnds, warnOfEndings } from '../domain/warn-of-endings.ts'
import { wipeBatches } from '../domain/wipe-batches.ts'
import type { World } from '../domain/world.ts'
import { fillKeyPools } from './fill-key-pools.ts'
import { createBatchRunner } from './run-batches.ts'
import { createScheduler, type Scheduler } from './scheduler.ts'

export type PlatformJobs = Scheduler & {
  /** An authority has revoked: its lists are made anew in the background. */
  revoked(): void
}

export type PlatformJobsOptions = {
  readonly world: World
  readonly tlsNames: TlsNames
  /** What TLS shows from the start on. */
  readonly shownTls: ServiceIdentity
  /** Shows another certificate from the next handshake on, whichever node renewed it. */
  readonly showTls: (identity: ServiceIdentity) => Promise<void>
  /** Seals what can be sealed of the audit events. */
  readonly sealAuditEvents: () => Promise<unknown>
  /** Delivers the mail that is due. */
  readonly deliverMail: () => Promise<unknown>
  /** Tells webhooks what is due. */
  readonly deliverWebhooks: () => Promise<unknown>
  /** Says that the platform stops: what can wait is not begun any more. */
  readonly leaving?: AbortSignal
  readonly onBatchFinished?: (finished: FinishedBatch) => void
  readonly onError: (job: string, error: unknown) => void
}

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** So many times as long as a run took it rests afterwards: a list of a hundred thousand is not made all the time. */
const RESTS = 4

/** A job that leaves most of the time to others: asked for too soon after a long run, it comes around again. */
function withRests(run: () => Promise<number>): () => Promise<void> {
  let until = 0
  return async () => {
    const start = performance.now()
    if (start < until) return
    await run()
    const end = performance.now()
    until = end + (end - start) * RESTS
  }
}

/** The platform's jobs, not started yet. */
export function createPlatformJobs(options: PlatformJobsOptions): PlatformJobs {
  const { world, tlsNames, shownTls, showTls, sealAuditEvents, deliverMail, deliverWebhooks, leaving, onError } =
    options
  const runBatches = createBatchRunner(world, {
    leaving,
    onError: (error) => onError('run batches', error),
    onFinished: options.onBatchFinished,
  })
  let shown = shownTls.certificate.serialNumber

  const scheduler = createScheduler(
    [
      // Within a second an event has to be sealed; half of it is waiting.
      { name: 'seal audit events', everyMs: SECOND / 2, run: async () => void (await sealAuditEvents()) },
      // Whatever node revoked, and whatever became of it since.
      { name: 'publish revocations', everyMs: SECOND, run: withRests(() => publishRevocationChanges(world)) },
      { name: 'forget revocation changes', everyMs: HOUR, run: () => forgetRevocationChanges(world) },
      {
        name: 'publish revocation lists',
        everyMs: MINUTE,
        run: async () => void (await publishDueRevocationLists(world)),
      },
      {
        name: 'renew service certificates',
        everyMs: MINUTE,
        run: async () => {
          await renewServiceCertificates(world, tlsNames)
          const identity = await serviceIdentity(world, 'tls')
          const { serialNumber } = identity.certificate
          if (serialNumber === shown) return
          await showTls(identity)
          shown = serialNumber
        },
      },
      {
        name: 'warn of endings',
        everyMs: HOUR,
        run: async () => {
          if ((await warnOfEndings(world)) === 0) return
          scheduler.runSoon('deliver mail')
          scheduler.runSoon('deliver webhooks')
        },
      },
      {
        name: 'warn of ends of devices’ certificates',
        everyMs: 5 * MINUTE,
        run: async () => {
          if ((await warnOfDeviceEnds(world)) > 0) scheduler.runSoon('deliver webhooks')
        },
      },
      {
        name: 'tell of ends',
        everyMs: MINUTE,
        run: async () => {
          if ((await tellOfEnds(world)) > 0) scheduler.runSoon('deliver webhooks')
        },
      },
      { name: 'deliver mail', everyMs: 10 * SECOND, run: async () => void (await deliverMail()) },
      { name: 'deliver webhooks', everyMs: 10 * SECOND, run: async () => void (await deliverWebhooks()) },
      {
        name: 'forget downloads',
        everyMs: MINUTE,
        run: async () => void (await world.store.downloads.removeEnded(world.now())),
      },
      { name: 'fail interrupted issuing', everyMs: MINUTE, run: async () => void (await failInterrupted(world)) },
      { name: 'forget sign-ins', everyMs: HOUR, run: async () => void (await forgetEndedSignIns(world)) },
      {
        name: 'forget signature activations',
        everyMs: MINUTE,
        run: async () => {
          const now = world.now()
          await world.store.signatureActivations.forget(now, new Date(now.getTime() - 24 * HOUR))
        },
      },
      {
        name: 'expire certificate requests',
        everyMs: MINUTE,
        run: async () => void (await expireCertificateRequests(world)),
      },
      {
        name: 'forget idempotency keys',
        everyMs: HOUR,
        run: async () => void (await world.store.idempotencyKeys.removeEnded(world.now())),
      },
      { name: 'fill key pools', everyMs: MINUTE / 2, run: async () => void (await fillKeyPools(world, leaving)) },
      { name: 'run batches', everyMs: SECOND, run: runBatches },
      { name: 'wipe batches', everyMs: MINUTE, run: async () => void (await wipeBatches(world, leaving)) },
      { name: 'renew credentials', everyMs: HOUR, run: async () => void (await renewCredentials(world)) },
    ],
    onError,
  )
  return { ...scheduler, revoked: () => scheduler.runSoon('publish revocations') }
}
