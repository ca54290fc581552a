import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { ListedSignature, SignatureQuery, SignatureRecord } from '../domain/signature.ts'
import type { Database } from './database.ts'
import type { SignatureRow } from './signature.ts'

/** What one step gives at most. */
const PAGE = 250
/** What one step looks at, at most: some milliseconds on SQLite, which reads on the main thread. */
const STRIDE = 4_000

type Condition = RawBuilder<boolean>
type Place = { readonly created_at: number; readonly id: string }

/** The signatures that a query wants, newest first. */
export async function* walkSignatures(
  database: Kysely<Database>,
  { credentialId, userId, from, until, hash, manifestLabel }: SignatureQuery,
  toSignature: (row: SignatureRow) => SignatureRecord,
): AsyncGenerator<ListedSignature, void, void> {
  const all = (...conditions: readonly Condition[]): RawBuilder<unknown> => sql.join(conditions, sql` and `)
  const inOrder = sql`order by s.created_at desc, s.id desc`
  const own = sql<boolean>`s.credential_id = ${credentialId}`
  const far = from ? [sql<boolean>`s.created_at >= ${from.getTime()}`] : []
  const rest: readonly Condition[] = [
    ...(userId === undefined ? [] : [sql<boolean>`s.user_id = ${userId}`]),
    ...(hash ? [sql<boolean>`(s.output_hash = ${hash} or s.input_hash = ${hash} or s.signed_hash = ${hash})`] : []),
    ...(manifestLabel === undefined ? [] : [sql<boolean>`s.manifest_label = ${manifestLabel}`]),
  ]
  let near: readonly Condition[] = until ? [sql<boolean>`s.created_at < ${until.getTime()}`] : []

  for (;;) {
    // With more to look at than the index tells, only so far as the stride goes: what comes next is another step.
    const { rows: strides } =
      rest.length === 0
        ? { rows: [] }
        : await sql<Place>`
            select s.created_at, s.id from signatures s where ${all(own, ...near, ...far)}
            ${inOrder} limit 1 offset ${STRIDE}`.execute(database)
    const [stride] = strides
    const end = stride ? [sql<boolean>`(s.created_at, s.id) >= (${stride.created_at}, ${stride.id})`] : far
    const { rows } = await sql<SignatureRow & { readonly user_name: string | null }>`
      select s.*, u.friendly_name as user_name from signatures s left join users u on u.id = s.user_id
      where ${all(own, ...near, ...end, ...rest)} ${inOrder} limit ${PAGE}`.execute(database)
    for (const row of rows) yield { signature: toSignature(row), userName: row.user_name ?? undefined }
    const last: Place | undefined = rows.length === PAGE ? rows.at(-1) : stride
    if (!last) return
    near = [sql<boolean>`(s.created_at, s.id) < (${last.created_at}, ${last.id})`]
    // A turn of the event loop between steps, on SQLite too, where reading doesn't give one.
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
}
