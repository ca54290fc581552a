/** Batches come in: many requests for certificates, kept one by one as they are read, and approved once all are there. */
import { userApplicant } from './applicant.ts'
import { type Principal, requirePermission } from './authenticate.ts'
import { type Batch, type BatchRequest, type BatchSettings, batchEvent, MOST_BATCH_REQUESTS } from './batch.ts'
import { currentPrincipal } from './current-principal.ts'
import { visibleProfiles } from './enroll-certificate.ts'
import { requireOpen, requireUseLeft } from './enrollment-limits.ts'
import { planPrivateKey } from './private-key-file.ts'
import { auditEvent } from './record-event.ts'
import { Refusal } from './refusal.ts'
import { lineText } from './text-field.ts'
import { uuidV7 } from './uuid.ts'
import { wipeSome } from './wipe-batches.ts'
import type { World } from './world.ts'

/** What was sent, as it is read: requests, some at a time, and in the end how certificates are made. */
export type BatchUpload = AsyncGenerator<readonly BatchRequest[], BatchSettings, void>

const MOST_BATCHES = 100
/** Of those that are not done. */
const MOST_OPEN_BATCHES = 10
const LONGEST_NAME = 100
const PERMISSION = 'MANAGE_IOT_CERTIFICATE'

/** Keeps a batch that is to be worked on. Of one that is refused on the way nothing stays. */
export async function receiveBatch(
  world: World,
  principal: Principal,
  address: string | undefined,
  upload: BatchUpload,
): Promise<Batch> {
  const batch = await beginBatch(world, principal, address)
  try {
    let total = 0
    for (;;) {
      const next = await upload.next()
      if (next.done) return await approveBatch(world, principal, batch, next.value, total)
      total += next.value.length
      if (total > MOST_BATCH_REQUESTS)
        throw invalid(`line ${next.value.at(-1)?.line}: a batch has at most ${MOST_BATCH_REQUESTS} requests: split it.`)
      if (next.value.length > 0) await world.store.batches.addRequests(batch.id, next.value)
    }
  } catch (error) {
    const isThere = await world.store.batches.markDeleted(batch.id)
    if (!isThere) throw tooSlow(error)
    await wipeSome(world.store, batch.id)
    throw error
  }
}

async function beginBatch(world: World, principal: Principal, address: string | undefined): Promise<Batch> {
  const { account, user, apiKey, clientAuthCertificate } = principal
  return world.store.transaction(async (repositories) => {
    await repositories.locks.take(`batches:${account.id}`)
    requirePermission(await currentPrincipal(repositories, principal), PERMISSION)
    const { all, open } = await repositories.batches.count(account.id)
    if (open >= MOST_OPEN_BATCHES)
      throw new Refusal(
        'conflict',
        'too_many_batches',
        `An account has at most ${MOST_OPEN_BATCHES} batches that are not done: wait for one, or cancel one.`,
      )
    if (all >= MOST_BATCHES)
      throw new Refusal('conflict', 'too_many_batches', `An account has at most ${MOST_BATCHES} batches: delete one.`)
    const createdAt = world.now()
    const batch: Batch = {
      id: uuidV7(createdAt),
      accountId: account.id,
      asker: {
        userId: user.id,
        apiKeyId: apiKey?.id,
        clientAuthCertificateId: clientAuthCertificate?.id,
        address,
      },
      settings: {
        enrollmentProfileId: '',
        name: undefined,
        certificateFormat: 'pem',
        includesChain: false,
        serverKeys: undefined,
      },
      status: 'RECEIVING',
      reason: undefined,
      total: 0,
      succeeded: 0,
      failed: 0,
      createdAt,
      startedAt: undefined,
      finishedAt: undefined,
    }
    await repositories.batches.add(batch)
    return batch
  })
}

async function approveBatch(
  world: World,
  principal: Principal,
  batch: Batch,
  given: BatchSettings,
  total: number,
): Promise<Batch> {
  if (total === 0) throw invalid('requests: there is none.')
  const settings = { ...given, name: given.name && lineText('name', given.name, 1, LONGEST_NAME) }
  await judgeSettings(world, principal, batch, settings)
  return world.store.transaction(async (repositories) => {
    requirePermission(await currentPrincipal(repositories, principal), PERMISSION)
    if (!(await repositories.batches.approve(batch, settings, total))) throw tooSlow()
    const actor = { kind: 'user', id: principal.user.id, accountId: batch.accountId } as const
    const approved: Batch = { ...batch, settings, status: 'APPROVED', total }
    const details = { keyGeneration: settings.serverKeys ? 'server' : 'client' }
    await repositories.auditEvents.append(auditEvent(world.now(), actor, batchEvent('batch.create', approved, details)))
    return approved
  })
}

/** What holds for all of its requests is said at once, and not once for each. */
async function judgeSettings(
  world: World,
  principal: Principal,
  { asker }: Batch,
  { enrollmentProfileId, serverKeys }: BatchSettings,
): Promise<void> {
  const applicant = userApplicant(principal, { method: 'BATCH', address: asker.address })
  const { enrollment } = await visibleProfiles(world.store, applicant.accountId, enrollmentProfileId)
  requireOpen(enrollment, applicant, world.now())
  requireUseLeft(enrollment)
  if (enrollment.approval === 'manual')
    throw new Refusal(
      'conflict',
      'approval_required',
      'enrollment_profile_id: under this profile somebody approves each certificate: batches take one with automatic approval.',
    )
  if (enrollment.keyGenerationOption === (serverKeys ? 'client_side' : 'server_side'))
    throw invalid(
      serverKeys
        ? 'server_side_key_gen: under this profile devices make their keys: each request takes a csr.'
        : 'server_side_key_gen: under this profile keys are made here: true, and no request takes a csr.',
    )
  if (serverKeys?.encryptionCertificate !== undefined)
    planPrivateKey(
      { ...serverKeys, pkcs12Password: undefined, encryptionCertificate: serverKeys.encryptionCertificate },
      enrollment.keyType.type,
      world.now(),
    )
}

/** It was taken for one that never comes whole. */
function tooSlow(cause?: unknown): Refusal {
  return new Refusal('too_slow', 'request_timeout', 'The batch took more than an hour to come in: split it.', { cause })
}

function invalid(message: string): Refusal {
  return new Refusal('invalid', 'invalid_request', message)
}
