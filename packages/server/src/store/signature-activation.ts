import { decodeBase64, encodeBase64 } from '@countersign/codec'
import { sql } from 'kysely'
import type { SignatureActivation, SignatureActivations } from '../domain/signature-activation.ts'
import { refuseConflict } from './conflict.ts'
import type { Connections } from './database.ts'

/** A row of `signature_activations`. */
export type SignatureActivationRow = {
  readonly id: string
  readonly secret_hash: Uint8Array
  readonly user_id: string
  readonly credential_id: string
  readonly wrapping_hash: Uint8Array
  readonly hash_algorithm: SignatureActivation['hashAlgorithm'] | null
  /** A JSON array, of base64. */
  readonly hashes: string
  readonly remaining: number
  readonly sealed_key: Uint8Array | null
  readonly authorized_at: number
  readonly ends_at: number
  readonly signed_at: number | null
  readonly extended_at: number | null
}

function toActivation(row: SignatureActivationRow): SignatureActivation {
  return {
    id: row.id,
    secretHash: row.secret_hash,
    userId: row.user_id,
    credentialId: row.credential_id,
    wrappingHash: row.wrapping_hash,
    hashAlgorithm: row.hash_algorithm ?? undefined,
    hashes: (JSON.parse(row.hashes) as readonly string[]).map(decodeBase64),
    remaining: row.remaining,
    sealedKey: row.sealed_key ?? undefined,
    authorizedAt: new Date(row.authorized_at),
    endsAt: new Date(row.ends_at),
    signedAt: row.signed_at === null ? undefined : new Date(row.signed_at),
    extendedAt: row.extended_at === null ? undefined : new Date(row.extended_at),
  }
}

function toRow(activation: SignatureActivation): SignatureActivationRow {
  return {
    id: activation.id,
    secret_hash: activation.secretHash,
    user_id: activation.userId,
    credential_id: activation.credentialId,
    wrapping_hash: activation.wrappingHash,
    hash_algorithm: activation.hashAlgorithm ?? null,
    hashes: JSON.stringify(activation.hashes.map(encodeBase64)),
    remaining: activation.remaining,
    sealed_key: activation.sealedKey ?? null,
    authorized_at: activation.authorizedAt.getTime(),
    ends_at: activation.endsAt.getTime(),
    signed_at: activation.signedAt?.getTime() ?? null,
    extended_at: activation.extendedAt?.getTime() ?? null,
  }
}

/** The signature activations of a database. */
export function signatureActivations({ read, write }: Connections): SignatureActivations {
  return {
    async findBySecretHash(secretHash) {
      const query = read.selectFrom('signature_activations').selectAll().where('secret_hash', '=', secretHash)
      const row = await query.executeTakeFirst()
      return row && toActivation(row)
    },
    async add(activation) {
      const query = write.insertInto('signature_activations').values(toRow(activation))
      refuseConflict(await query.onConflict((on) => on.doNothing()).executeTakeFirst(), 'signature activation', 'id')
    },
    async take(id, signatures, at) {
      const query = write
        .updateTable('signature_activations')
        .set({
          signed_at: at.getTime(),
          remaining: sql<number>`remaining - ${signatures}`,
          // Whoever took it has read it; it stays for the next of the chain alone.
          sealed_key: sql<Uint8Array | null>`case when remaining > ${signatures} then sealed_key end`,
        })
        .where('id', '=', id)
        .where('signed_at', 'is', null)
        .where('extended_at', 'is', null)
        .where('remaining', '>=', signatures)
        .where('ends_at', '>', at.getTime())
      return (await query.executeTakeFirst()).numUpdatedRows > 0n
    },
    async extend(id, at) {
      const query = write
        .updateTable('signature_activations')
        .set({ extended_at: at.getTime(), sealed_key: null })
        .where('id', '=', id)
        .where('extended_at', 'is', null)
        .where('remaining', '>', 0)
        .where('ends_at', '>', at.getTime())
        .returning('remaining')
      return (await query.executeTakeFirst())?.remaining
    },
    async forget(now, endedBefore) {
      await write.deleteFrom('signature_activations').where('ends_at', '<', endedBefore.getTime()).execute()
      await write
        .updateTable('signature_activations')
        .set({ sealed_key: null })
        .where('ends_at', '<=', now.getTime())
        .where('sealed_key', 'is not', null)
        .execute()
    },
  }
}
