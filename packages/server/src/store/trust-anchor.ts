import type { TrustAnchor, TrustAnchors } from '../domain/trust-anchor.ts'
import { refuseConflict } from './conflict.ts'
import type { Connections } from './database.ts'

/** A row of `trust_anchors`. */
export type TrustAnchorRow = {
  readonly id: string
  readonly purpose: TrustAnchor['purpose']
  readonly sha256: Uint8Array
  readonly certificate: Uint8Array
  readonly subject: string
  readonly not_before: number
  readonly not_after: number
  readonly source: TrustAnchor['source']
  readonly created_at: number
}

function toTrustAnchor(row: TrustAnchorRow): TrustAnchor {
  return {
    id: row.id,
    purpose: row.purpose,
    sha256: row.sha256,
    certificate: row.certificate,
    subject: row.subject,
    notBefore: new Date(row.not_before),
    notAfter: new Date(row.not_after),
    source: row.source,
    createdAt: new Date(row.created_at),
  }
}

function toRow(anchor: TrustAnchor): TrustAnchorRow {
  return {
    id: anchor.id,
    purpose: anchor.purpose,
    sha256: anchor.sha256,
    certificate: anchor.certificate,
    subject: anchor.subject,
    not_before: anchor.notBefore.getTime(),
    not_after: anchor.notAfter.getTime(),
    source: anchor.source,
    created_at: anchor.createdAt.getTime(),
  }
}

/** The trust anchors of a database. */
export function trustAnchors({ read, write }: Connections): TrustAnchors {
  return {
    async find(id) {
      const row = await read.selectFrom('trust_anchors').selectAll().where('id', '=', id).executeTakeFirst()
      return row && toTrustAnchor(row)
    },
    async list() {
      const rows = await read.selectFrom('trust_anchors').selectAll().orderBy('created_at').orderBy('id').execute()
      return rows.map(toTrustAnchor)
    },
    async add(anchor) {
      const query = write.insertInto('trust_anchors').values(toRow(anchor))
      refuseConflict(
        await query.onConflict((on) => on.doNothing()).executeTakeFirst(),
        'trust anchor',
        'certificate and purpose',
      )
    },
    async remove(id) {
      await write.deleteFrom('trust_anchors').where('id', '=', id).execute()
    },
  }
}
