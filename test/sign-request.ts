/** Requests to the sign endpoint, and what is left of them in the database. */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Platform } from './platform.ts'

export const RSASSA_PSS = '1.2.840.113549.1.1.10'
export const ECDSA_SHA256 = '1.2.840.10045.4.3.2'

/** The documented form, with an image in it. A field that is undefined is left out. */
export function signForm(
  platform: Platform,
  image: Uint8Array | undefined,
  fields: Readonly<Record<string, string | undefined>> = {},
  fileName = 'picture.jpg',
): FormData {
  const form = new FormData()
  const all = {
    hashAlgo: 'SHA256',
    signAlgo: RSASSA_PSS,
    signAlgoParams: 'MTIzNDQ=',
    accountId: platform.account.account_id,
    schemaField: 'author,publisher',
    ...fields,
  }
  for (const [name, value] of Object.entries(all)) if (value !== undefined) form.append(name, value)
  if (image) form.append('image', new Blob([new Uint8Array(image)]), fileName)
  return form
}

/** The answer of the sign endpoint, JSON. */
export type SignAnswer = {
  readonly file_name: string
  readonly mime_type: string
  readonly hash_algo: string
  readonly sign_algo: string
  readonly encoded_signed_content: string
  readonly signed_manifest: string
}

/** The records of signatures in the embedded database: manifest labels. */
export function recordedLabels(data: string): readonly string[] {
  const database = new DatabaseSync(join(data, 'countersign.db'), { readOnly: true })
  try {
    return database
      .prepare('SELECT manifest_label FROM signatures')
      .all()
      .map((row) => String(row.manifest_label))
  } finally {
    database.close()
  }
}
