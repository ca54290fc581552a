import type { InsertResult, UpdateResult } from 'kysely'
import { Refusal } from '../domain/refusal.ts'

/**
 * Refuses an insertion that met a value which is there already. The statement ends in `on conflict do nothing`, since
 * on PostgreSQL an error would spoil the transaction around it.
 */
export function refuseConflict({ numInsertedOrUpdatedRows }: InsertResult, noun: string, unique: string): void {
  if (!numInsertedOrUpdatedRows) throw conflict(noun, unique)
}

/** That there is one with a value that must be unique. */
export function conflict(noun: string, unique: string): Refusal {
  return new Refusal(
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

/** Of PostgreSQL (Appendix A of its manual) and of SQLite (sqlite.org/rescode.html). */
const FOREIGN_KEY_VIOLATION = '23503'
const SQLITE_CONSTRAINT_FOREIGNKEY = 787

/** Refuses a deletion of what others refer to. On PostgreSQL the error spoils the transaction around it. */
export async function refusingUse(noun: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (cause) {
    const { code, errcode } = cause as { readonly code?: unknown; readonly errcode?: unknown }
    if (code !== FOREIGN_KEY_VIOLATION && errcode !== SQLITE_CONSTRAINT_FOREIGNKEY) throw cause
    throw new Refusal(
      'conflict',
      `${noun.replaceAll(' ', '_')}_in_use`,
      `The ${noun} can't be deleted: others refer to it.`,
      { cause },
    )
  }
}
