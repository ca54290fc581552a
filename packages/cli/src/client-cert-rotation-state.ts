/** What a rotation has done so far, on disk: whatever ends the process, the next run goes on from there. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { replaceFile } from './client-cert-versions.ts'
import { InputError } from './failure.ts'

/** A certificate as far as a rotation needs to know it. */
export type RotatedCertificate = { readonly id: string; readonly name: string; readonly serial_number: string }

/** One that was made for a rotation. */
export type IssuedCertificate = RotatedCertificate & { readonly end_date: string }

/** A rotation on its way. */
export type PendingRotation = {
  readonly previous: RotatedCertificate
  /** Once it is issued, and its files are on disk. */
  readonly certificate?: IssuedCertificate
}

/** A certificate that is to be disabled. */
export type RetiringCertificate = RotatedCertificate & { readonly disable_at: string }

/** The content of state.json. */
export type RotationState = {
  readonly rotation?: PendingRotation
  readonly retiring: readonly RetiringCertificate[]
}

const NOTHING: RotationState = { retiring: [] }

const pathOf = (folder: string): string => join(folder, 'state.json')

/** Where the key waits for its certificate. */
export function pendingKeyFile(folder: string): string {
  return join(folder, 'pending-key.pem')
}

/** Reads it; nothing is on its way where there is none. */
export async function readRotationState(folder: string): Promise<RotationState> {
  const path = pathOf(folder)
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
    throw error
  })
  if (text === undefined) return NOTHING
  try {
    const value: unknown = JSON.parse(text)
    if (isState(value)) return value
  } catch {
    // The sentence below says it.
  }
  throw new InputError(
    `${path} is damaged. Delete it, and look with countersign client-cert list for certificates to disable`,
  )
}

/** Writes it whole. */
export async function writeRotationState(folder: string, state: RotationState): Promise<void> {
  await replaceFile(pathOf(folder), `${JSON.stringify(state, null, 2)}\n`)
}

function isState(value: unknown): value is RotationState {
  if (!isObject(value) || !Array.isArray(value.retiring)) return false
  const { rotation, retiring } = value
  const isPending =
    rotation === undefined ||
    (isObject(rotation) &&
      isCertificate(rotation.previous) &&
      (rotation.certificate === undefined || isCertificate(rotation.certificate)))
  return isPending && retiring.every((one) => isCertificate(one) && !Number.isNaN(Date.parse(String(one.disable_at))))
}

function isCertificate(value: unknown): value is Record<string, unknown> {
  return isObject(value) && [value.id, value.name, value.serial_number].every((text) => typeof text === 'string')
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
