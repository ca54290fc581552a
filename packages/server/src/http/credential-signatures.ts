import { Readable } from 'node:stream'
import { decodeHex, encodeHex } from '@countersign/codec'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { credentialSignatures, type SignatureFilter } from '../domain/credential-signatures.ts'
import { Refusal } from '../domain/refusal.ts'
import type { ListedSignature } from '../domain/signature.ts'
import type { World } from '../domain/world.ts'
import { acceptsCsv } from './accept.ts'
import { IdParams, refuseUnknownFields } from './account-body.ts'
import { dayOf, MOST_OFFSET, PAGE_LIMITS } from './audit-log-query.ts'
import { CREDENTIAL_PATH } from './credential.ts'
import { CSV_TYPE, csvRecord } from './csv.ts'
import { declinedAnswers } from './declined.ts'
import { accountAnswer, jsonAnswer } from './openapi.ts'
import { principalOf } from './route.ts'

const PATH = `${CREDENTIAL_PATH}/:id/signature`
const VIEW = { permission: 'VIEW_CTM_CREDENTIAL' } as const
const DAY_MS = 86_400_000
/** Characters that are written at a time: each writing may wait for the reader. */
const PIECE = 256 * 1024

type Listing = { Params: { id: string }; Querystring: Static<typeof ListQuery> }

/** What a credential signed: when, by whom, from where and what. */
export function addCredentialSignatureRoutes(app: FastifyInstance, world: World): void {
  const find = ({ params, query, principal }: FastifyRequest<Listing>) => {
    refuseUnknownFields(query, ListQuery)
    return credentialSignatures(world, principalOf({ principal }), params.id, filterOf(query))
  }

  app.get<Listing>(PATH, { config: VIEW, schema: LIST_SCHEMA }, async (request, reply) => {
    if (acceptsCsv(request.headers.accept)) return sendTable(request, reply)
    const { offset = 0, limit = PAGE_LIMITS.usual } = request.query
    const page: SignatureView[] = []
    let passed = 0
    let isMore = false
    for await (const listed of await find(request)) {
      if (passed++ < offset) continue
      isMore = page.length === limit
      if (isMore) break
      page.push(signatureView(listed))
    }
    if (isMore && offset + limit <= MOST_OFFSET) reply.header('link', nextLink(request.url, offset + limit))
    if (!isMore && page.length > 0) reply.header('x-total-count', offset + page.length)
    return page
  })

  app.get<Listing>(`${PATH}/export`, { config: VIEW, schema: EXPORT_SCHEMA }, sendTable)

  async function sendTable(request: FastifyRequest<Listing>, reply: FastifyReply): Promise<FastifyReply> {
    const signatures = await find(request)
    return reply
      .type(CSV_TYPE)
      .header('content-disposition', 'attachment; filename="signatures.csv"')
      .send(Readable.from(table(signatures), { objectMode: false }))
  }
}

async function* table(signatures: AsyncGenerator<ListedSignature, void, void>): AsyncGenerator<string> {
  let text = csvRecord(COLUMNS)
  for await (const listed of signatures) {
    const view = signatureView(listed)
    text += csvRecord(COLUMNS.map((column) => view[column]?.toString()))
    if (text.length < PIECE) continue
    yield text
    text = ''
  }
  yield text
}

/** The address of what follows. RFC 8288. */
function nextLink(url: string, offset: number): string {
  const [path = '', query = ''] = url.split('?', 2)
  const parameters = new URLSearchParams(query)
  parameters.set('offset', String(offset))
  return `<${path}?${parameters}>; rel="next"`
}

function filterOf({ from, to, user_id: userId, hash, manifest_label }: Listing['Querystring']): SignatureFilter {
  const first = from === undefined ? undefined : dayOf('from', from)
  const last = to === undefined ? undefined : dayOf('to', to)
  return {
    userId,
    from: first,
    until: last && new Date(last.getTime() + DAY_MS),
    hash: hash === undefined ? undefined : hashOf(hash),
    manifestLabel: manifest_label,
  }
}

function hashOf(text: string): Uint8Array {
  if (/^(?:[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$/i.test(text)) return decodeHex(text.toLowerCase())
  throw new Refusal(
    'invalid',
    'invalid_request',
    'Invalid parameter hash. It is SHA-256, SHA-384 or SHA-512 in hexadecimal.',
  )
}

function signatureView({ signature, userName }: ListedSignature): SignatureView {
  const { asset, signedHash } = signature
  return {
    id: signature.id,
    created_at: signature.createdAt.toISOString(),
    user_id: signature.userId,
    user_name: userName ?? null,
    address: signature.address ?? null,
    output_hash: asset ? encodeHex(asset.outputHash) : null,
    input_hash: asset ? encodeHex(asset.inputHash) : null,
    signed_hash: signedHash ? encodeHex(signedHash) : null,
    manifest_label: asset?.manifestLabel ?? null,
    format: asset?.format ?? null,
    size: asset?.size ?? null,
    certificate_id: signature.certificateId,
    credential_id: signature.credentialId,
  }
}

const OrNull = (description: string) => Type.Union([Type.String(), Type.Null()], { description })

const SignatureView = Type.Object(
  {
    id: Type.String(),
    created_at: Type.String({ format: 'date-time' }),
    user_id: Type.String({ description: 'Who had it made' }),
    user_name: OrNull('The name that this user has now'),
    address: OrNull('The address that it was asked for from'),
    output_hash: OrNull('SHA-256 of the signed file, hexadecimal'),
    input_hash: OrNull('SHA-256 of the file as it came'),
    signed_hash: OrNull('What was signed where only a hash came'),
    manifest_label: OrNull('The label of the manifest in the file'),
    format: OrNull('The media type of the file'),
    size: Type.Union([Type.Integer(), Type.Null()], { description: 'Bytes of the signed file' }),
    certificate_id: Type.String(),
    credential_id: Type.String(),
  },
  { title: 'Signature' },
)
type SignatureView = Static<typeof SignatureView>

const COLUMNS = Object.keys(SignatureView.properties) as (keyof SignatureView)[]

const FILTERS = {
  from: Type.Optional(Type.String({ description: 'The first day, UTC, as 2026-11-01' })),
  to: Type.Optional(Type.String({ description: 'The last day, UTC' })),
  user_id: Type.Optional(Type.String()),
  hash: Type.Optional(Type.String({ description: 'Any of the hashes, in hexadecimal' })),
  manifest_label: Type.Optional(Type.String()),
}

const ListQuery = Type.Object({
  ...FILTERS,
  offset: Type.Optional(Type.Integer({ minimum: 0, maximum: MOST_OFFSET, default: 0 })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: PAGE_LIMITS.most, default: PAGE_LIMITS.usual })),
})

const DECLINED = {
  400: accountAnswer(
    'A filter that is none, or with a wrong value',
    'invalid_request',
    'Invalid parameter from. It has to be a day, as 2026-03-31.',
  ),
  404: accountAnswer('There is none', 'credential_not_found', 'There is no such credential.'),
  ...declinedAnswers(VIEW.permission),
}

const tags = ['Credentials']

const LIST_SCHEMA = {
  tags,
  operationId: 'listCredentialSignatures',
  summary: 'List what a credential signed',
  description:
    'Newest first. All to whose it is and to who manages credentials; of the account’s own credentials everybody sees what is theirs. While more follow, the header Link names the address of what is next; the last page has X-Total-Count. With `Accept: text/csv` it is the export.',
  params: IdParams,
  querystring: ListQuery,
  response: {
    200: jsonAnswer('The signatures', Type.Array(SignatureView), {
      signatures: {
        summary: 'one',
        value: [
          {
            id: '019ab2c4-3333-7d02-8f5e-4c1a9b7b2f10',
            created_at: '2026-11-23T00:00:00.000Z',
            user_id: '8b210e38-b8a9-41df-a96e-1ffe4512f6d1',
            user_name: 'Picture desk',
            address: '192.0.2.7',
            output_hash: '8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4',
            input_hash: '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824',
            signed_hash: null,
            manifest_label: 'urn:c2pa:bd7e8baa-71d1-4cbf-a797-026d64e7fea6',
            format: 'image/jpeg',
            size: 1048576,
            certificate_id: '019ab2c4-4a52-7d02-8f5e-4c1a9b7b2f11',
            credential_id: '019ab2c4-4a52-7d02-8f5e-4c1a9b7b2f10',
          },
        ],
      },
    }),
    ...DECLINED,
  },
}

const EXPORT_SCHEMA = {
  tags,
  operationId: 'exportCredentialSignatures',
  summary: 'Export what a credential signed as CSV',
  description: 'All that pass the filters, by RFC 4180.',
  params: IdParams,
  querystring: Type.Object(FILTERS),
  response: {
    200: { description: 'The table', content: { 'text/csv': { schema: Type.String() } } },
    ...DECLINED,
  },
}
