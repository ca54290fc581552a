import type { PrivateKeySyntax } from '@countersign/pki'
import type { GivenAttribute } from './certificate-names.ts'
import type { PrivateKeyFormat } from './private-key-file.ts'
import type { auditEvent } from './record-event.ts'

/** How many requests one batch has at most. */
export const MOST_BATCH_REQUESTS = 100_000

/** What can be told of a batch: it waits, is worked on, is done, or was ended before. */
export const BATCH_STATUSES = ['APPROVED', 'IN_PROGRESS', 'COMPLETE', 'CANCELLED', 'FAILED'] as const

export type BatchStatus = (typeof BATCH_STATUSES)[number]

/** Formats in which the key of a request in a batch can be kept: nobody but its recipient reads it. */
export const BATCH_KEY_FORMATS = ['cert_encrypted_key_only', 'cert_encrypted'] as const satisfies PrivateKeyFormat[]

/** How certificates are made, where a request does not say it. */
export type BatchSettings = {
  readonly enrollmentProfileId: string
  /** What people know it by. */
  readonly name: string | undefined
  /** Of the files of certificates. */
  readonly certificateFormat: 'pem' | 'der'
  /** Whether each file has the authorities, too. */
  readonly includesChain: boolean
  /** How keys are made here; undefined where each request brings one of its own. */
  readonly serverKeys:
    | {
        readonly keyType: string | undefined
        readonly format: (typeof BATCH_KEY_FORMATS)[number]
        readonly syntax: PrivateKeySyntax | undefined
        /** PEM; undefined where each request has one. */
        readonly encryptionCertificate: string | undefined
      }
    | undefined
}

/** One of the requests. */
export type BatchRequest = {
  /** Where it stands in what was sent: the line of a table, or the number of an element. */
  readonly line: number
  readonly csr: string | undefined
  readonly keyType: string | undefined
  /** PEM. */
  readonly encryptionCertificate: string | undefined
  readonly attributes: readonly GivenAttribute[]
  readonly deviceAttributes: readonly GivenAttribute[]
}

/** By what who asked was known: as long as that counts, the batch is worked on. */
export type BatchAsker = {
  readonly userId: string
  readonly apiKeyId: string | undefined
  readonly clientAuthCertificateId: string | undefined
  /** From where the batch was sent. */
  readonly address: string | undefined
}

/** A job of many requests for certificates under one enrollment profile. */
export type Batch = {
  /** UUID. */
  readonly id: string
  readonly accountId: string
  readonly asker: BatchAsker
  readonly settings: BatchSettings
  /** RECEIVING while its requests come in, DELETED while what it has is wiped. */
  readonly status: BatchStatus | 'RECEIVING' | 'DELETED'
  /** Why it was ended before it was done. */
  readonly reason: string | undefined
  readonly total: number
  readonly succeeded: number
  readonly failed: number
  readonly createdAt: Date
  readonly startedAt: Date | undefined
  readonly finishedAt: Date | undefined
}

/** How long the results of a batch that is done are kept. */
export const KEPT_MS = 30 * 86_400_000

/** Until when a batch is kept; undefined for one that is not done. */
export function keptUntil({ finishedAt }: Batch): Date | undefined {
  return finishedAt && new Date(finishedAt.getTime() + KEPT_MS)
}

/** What the audit log has of a batch. */
export function batchEvent(
  action: string,
  { id, accountId, settings, asker, total }: Batch,
  details: object = {},
): Parameters<typeof auditEvent>[2] {
  const { enrollmentProfileId, name = null } = settings
  return {
    action,
    resourceType: 'batch',
    resourceId: id,
    accountId,
    details: { enrollmentProfileId, name, userId: asker.userId, total, ...details },
  }
}

/** What has become of a request, with the certificate where there is one. */
export type BatchResult = {
  readonly line: number
  readonly status: 'WAITING' | 'SUCCEEDED' | 'FAILED'
  readonly error: string | undefined
  readonly certificate:
    | {
        readonly id: string
        readonly authorityId: string
        readonly serialNumber: string
        readonly commonName: string
        /** DER. */
        readonly bytes: Uint8Array
      }
    | undefined
  /** CMS; of a key that was made here. */
  readonly privateKey: Uint8Array | undefined
}

/** The certificate of a request, and the file of its key where that was made here. */
export type MadeForBatch = { readonly certificateId: string; readonly privateKey: Uint8Array | undefined }

/** Who works on a batch, until when others leave it alone. */
export type BatchHold = { readonly by: string; readonly at: Date; readonly until: Date }

/** The batches in the store. */
export type Batches = {
  find(id: string): Promise<Batch | undefined>
  /** Those that can be told of, the newest first, and how many there are in all. */
  list(query: {
    readonly accountId: string
    readonly offset: number
    readonly limit: number
  }): Promise<{ readonly total: number; readonly records: readonly Batch[] }>
  /** How many of an account are not wiped yet, and how many of these are not done. */
  count(accountId: string): Promise<{ readonly all: number; readonly open: number }>
  add(batch: Batch): Promise<void>
  addRequests(id: string, requests: readonly BatchRequest[]): Promise<void>
  /** Lets one whose requests have come in be worked on; false where it is no longer there. */
  approve(batch: Pick<Batch, 'id' | 'asker'>, settings: BatchSettings, total: number): Promise<boolean>
  /** Takes the one that has waited longest of those that are not done and that nobody holds. Only inside a transaction. */
  take(hold: BatchHold): Promise<Batch | undefined>
  /** Whether there is one to be taken. */
  hasDue(at: Date): Promise<boolean>
  /** Holds on to what one holds. */
  hold(id: string, by: string, until: Date): Promise<void>
  /** Gives it back from a moment on, and counts what was done meanwhile. */
  release(
    id: string,
    by: string,
    from: Date,
    done: { readonly succeeded: number; readonly failed: number },
  ): Promise<void>
  /** Ends one that is not done; false where it is. Counts what has become of its requests. Only inside a transaction. */
  finish(
    id: string,
    end: { readonly status: BatchStatus; readonly at: Date; readonly reason?: string },
  ): Promise<boolean>
  /** Those that wait, the first ones first. */
  listWaiting(id: string, limit: number): Promise<readonly BatchRequest[]>
  /** Whether it is in progress, and stays so until the transaction ends. Only inside a transaction. */
  holdInProgress(id: string): Promise<boolean>
  /** Says what a request has become; false for one that no longer waits. */
  succeed(id: string, line: number, made: MadeForBatch): Promise<boolean>
  fail(id: string, line: number, error: string): Promise<boolean>
  /** Those behind a line, in order. */
  listResults(id: string, after: number, limit: number): Promise<readonly BatchResult[]>
  /** So that nobody sees it any more; false for one that is not done. */
  markDeleted(id: string): Promise<boolean>
  /** Those that were done before. */
  listFinishedBefore(before: Date): Promise<readonly Batch[]>
  /** Those of which nothing is to be kept: deleted ones, and those that began to come in before and never came whole. */
  listToWipe(receivedBefore: Date): Promise<readonly string[]>
  /** Removes some of its requests, and the batch itself with the last ones; whether it is gone. */
  wipe(id: string, requests: number): Promise<boolean>
}
