import type { InsertResult, UpdateResult } from 'kysely'
import { Refusal } from '../domain/refusal.ts'

/**
 * Refuses an insertion that met a value which is there already. The statement ends in `on conflict do nothing`, since
 * on PostgreSQL an error would spoil the transaction around it.
 */
export function refuseConflict({ numInsertedOrUpdatedRows }: InsertResult, noun: string, unique: string): void {
  if (numInsertedOrUpdatedRows) return
  throw new Refusal(
    'conflict',
    `${noun.replaceAll(' ', '_')}_exists`,
    `There is a ${noun} with this ${unique} already.`,
  )
}

/** Refuses an update that met nothing. */
export function refuseMissing({ numUpdatedRows }: UpdateResult, noun: string): void {
  if (numUpdatedRows) return
  throw new Refusal('not_found', `${noun.replaceAll(' ', '_')}_not_found`, `There is no such ${noun}.`)
}
