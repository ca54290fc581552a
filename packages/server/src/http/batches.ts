import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import { BATCH_STATUSES, type Batch, type BatchStatus, keptUntil, MOST_BATCH_REQUESTS } from '../domain/batch.ts'
import { batchResults, cancelBatch, findBatch, listBatches, removeBatch } from '../domain/manage-batches.ts'
import { receiveBatch } from '../domain/receive-batch.ts'
import type { World } from '../domain/world.ts'
import { IdParams, refuseUnknownFilters } from './account-body.ts'
import { batchResultFile } from './batch-result.ts'
import { BatchRequestBody } from './batch-rows.ts'
import { BATCH_SETTINGS, readBatchUpload } from './batch-upload.ts'
import { declinedAnswers } from './declined.ts'
import { accountAnswer, jsonAnswer } from './openapi.ts'
import { partOf, RecordQuery } from './record-page.ts'
import { principalOf } from './route.ts'
import { secondText } from './timestamp.ts'

const PATH = '/iot/api/v1/batch'
const VIEW = { permission: 'VIEW_IOT_CERTIFICATE' } as const
const MANAGE = { permission: 'MANAGE_IOT_CERTIFICATE' } as const

type WithId = { Params: { id: string } }

/** Batches: many requests for certificates as a job, whose result is a file. */
export function addBatchRoutes(app: FastifyInstance, world: World): void {
  app.register(async (scope) => {
    // A batch is read as it streams in.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(/^(multipart\/form-data|application\/json)\b/i, (_request, _payload, done) => done(null))

    scope.post(
      PATH,
      { config: MANAGE, schema: CREATE_SCHEMA, validatorCompiler: () => () => true },
      async (request, reply) => {
        const { raw } = request
        try {
          const batch = await receiveBatch(world, principalOf(request), request.ip, readBatchUpload(raw))
          return reply.status(201).send(batchView(batch))
        } finally {
          // What is left of a refused one still comes in: it is passed over, so that the client gets to read the answer.
          raw.resume()
        }
      },
    )
  })

  app.get<{ Querystring: Static<typeof ListQuery> }>(PATH, { config: VIEW, schema: LIST_SCHEMA }, async (request) => {
    refuseUnknownFilters(request.url, ListQuery)
    const part = partOf(request.query)
    const { total, records } = await listBatches(world, principalOf(request), part)
    return { ...part, total, records: records.map(batchView) }
  })

  app.get<WithId>(`${PATH}/:id`, { config: VIEW, schema: GET_SCHEMA }, async (request) =>
    batchView(await findBatch(world, principalOf(request), request.params.id)),
  )

  app.get<WithId>(
    `${PATH}/:id/download-certificates`,
    { config: MANAGE, schema: DOWNLOAD_SCHEMA },
    async (request, reply) => {
      const { batch, results } = await batchResults(world, principalOf(request), request.params.id)
      return reply
        .type('application/zip')
        .header('content-disposition', `attachment; filename="batch-${batch.id}.zip"`)
        .send(Readable.from(batchResultFile(batch, results), { objectMode: false }))
    },
  )

  app.put<WithId>(`${PATH}/:id/cancel`, { config: MANAGE, schema: CANCEL_SCHEMA }, async (request, reply) => {
    await cancelBatch(world, principalOf(request), request.params.id)
    return reply.status(204).send()
  })

  app.delete<WithId>(`${PATH}/:id`, { config: MANAGE, schema: REMOVE_SCHEMA }, async (request, reply) => {
    await removeBatch(world, principalOf(request), request.params.id)
    return reply.status(204).send()
  })
}

function batchView(batch: Batch): Static<typeof BatchView> {
  const { id, asker, settings, status, reason, total, succeeded, failed, createdAt, startedAt, finishedAt } = batch
  const until = keptUntil(batch)
  return {
    id,
    name: settings.name ?? null,
    enrollment_profile_id: settings.enrollmentProfileId,
    user_id: asker.userId,
    // Neither of the others is seen.
    status: status as BatchStatus,
    reason: reason ?? null,
    total,
    succeeded,
    failed,
    created_at: secondText(createdAt),
    started_at: startedAt ? secondText(startedAt) : null,
    finished_at: finishedAt ? secondText(finishedAt) : null,
    kept_until: until ? secondText(until) : null,
  }
}

const OrNull = (description: string, more: { readonly format?: 'date-time' } = {}) =>
  Type.Union([Type.String(more), Type.Null()], { description })
const Moment = (description: string) => OrNull(description, { format: 'date-time' })

const BatchView = Type.Object(
  {
    id: Type.String(),
    name: OrNull('What people know it by'),
    enrollment_profile_id: Type.String(),
    user_id: Type.String({ description: 'Who asked for it' }),
    status: Type.Enum([...BATCH_STATUSES], {
      type: 'string',
      description:
        'APPROVED until it is begun, IN_PROGRESS until it is COMPLETE; CANCELLED by somebody; FAILED where who asked may have no certificates any more',
    }),
    reason: OrNull('Why it failed'),
    total: Type.Integer({ description: 'How many requests there are' }),
    succeeded: Type.Integer(),
    failed: Type.Integer(),
    created_at: Type.String({ format: 'date-time' }),
    started_at: Moment('When it was begun'),
    finished_at: Moment('When it was done, or ended before'),
    kept_until: Moment('When it is deleted, its keys with it'),
  },
  { title: 'Batch' },
)

const ListQuery = Type.Object(RecordQuery)

const BatchList = Type.Object(
  {
    limit: Type.Integer(),
    offset: Type.Integer(),
    total: Type.Integer(),
    records: Type.Array(BatchView),
  },
  { title: 'BatchList' },
)

/** A form has text alone. */
const text = (schema: object) =>
  Type.Optional(Type.String({ description: (schema as { readonly description: string }).description }))
const { enrollment_profile_id, ...others } = BATCH_SETTINGS

const FormBody = Type.Object(
  {
    enrollment_profile_id,
    name: text(others.name),
    certificate_format: text(others.certificate_format),
    include_full_chain_with_each_certificate: text(others.include_full_chain_with_each_certificate),
    server_side_key_gen: text(others.server_side_key_gen),
    key_type: text(others.key_type),
    private_key_format: text(others.private_key_format),
    private_key_syntax: text(others.private_key_syntax),
    encryption_certificate: text(others.encryption_certificate),
    file: Type.String({
      format: 'binary',
      description:
        'A table (CSV, RFC 4180) whose first line says what stands in each column: csr, key_type, encryption_certificate, DEVICE_IDENTIFIER, device. and a field of the device profile, or a field of the certificate, as subject.common_name or san.dns_name; several columns of one name give several values. Or a JSON array of objects as in requests',
    }),
  },
  { title: 'BatchForm' },
)

const JsonBody = Type.Object(
  { ...BATCH_SETTINGS, requests: Type.Array(BatchRequestBody, { minItems: 1, maxItems: MOST_BATCH_REQUESTS }) },
  { title: 'CreateBatch' },
)

const EXAMPLE: Static<typeof BatchView> = {
  id: '019ab2c4-4a52-7d02-8f5e-4c1a9b7b2f10',
  name: 'Line 1, week 48',
  enrollment_profile_id: 'IOT_019ab2c4-0001-7d02-8f5e-4c1a9b7b2f10',
  user_id: '019ab2c4-4a52-7d02-8f5e-4c1a9b7b2f11',
  status: 'IN_PROGRESS',
  reason: null,
  total: 100_000,
  succeeded: 41_984,
  failed: 16,
  created_at: '2026-11-23T08:00:00Z',
  started_at: '2026-11-23T08:00:01Z',
  finished_at: null,
  kept_until: null,
}

const tags = ['Device certificates']
const NOT_FOUND = {
  404: accountAnswer('There is no such batch in the account', 'batch_not_found', 'There is no such batch.'),
}
const NOT_DONE = 'The batch is not done: wait for it, or cancel it.'

const CREATE_SCHEMA = {
  tags,
  operationId: 'createBatch',
  summary: 'Request many certificates as a job',
  description: `Up to ${MOST_BATCH_REQUESTS} requests under one enrollment profile with the method BATCH and automatic approval, as a form with a file or as JSON of at most 200 MB. What is wrong in the file is named by its line, and then nothing is kept; what a certificate is declined for later stands in the result.`,
  body: {
    content: { 'multipart/form-data': { schema: FormBody }, 'application/json': { schema: JsonBody } },
  },
  response: {
    201: jsonAnswer('The batch', BatchView, {
      batch: {
        summary: 'one that waits',
        value: { ...EXAMPLE, status: 'APPROVED', succeeded: 0, failed: 0, started_at: null },
      },
    }),
    400: accountAnswer(
      'What is wrong, line by line',
      'invalid_request',
      'line 3: it has 2 cells, and the first line has 3.',
    ),
    404: accountAnswer(
      'There is no such profile in the account',
      'enrollment_profile_not_found',
      'There is no such enrollment profile.',
    ),
    408: accountAnswer(
      'It came in too slowly. A client that sends nothing for long hears the status alone, at the end of its connection',
      'request_timeout',
      'The batch took more than an hour to come in: split it.',
    ),
    409: accountAnswer(
      'There are too many, or the profile has no certificates in this way now',
      'too_many_batches',
      'An account has at most 10 batches that are not done: wait for one, or cancel one.',
    ),
    413: accountAnswer('Too large', 'invalid_request', 'A batch has at most 200 MB.'),
    ...declinedAnswers(MANAGE.permission),
  },
}

const LIST_SCHEMA = {
  tags,
  operationId: 'listBatches',
  summary: 'List batches',
  querystring: ListQuery,
  response: {
    200: jsonAnswer('The batches, newest first', BatchList, {
      batches: { summary: 'one batch', value: { limit: 20, offset: 0, total: 1, records: [EXAMPLE] } },
    }),
    ...declinedAnswers(VIEW.permission),
  },
}

const GET_SCHEMA = {
  tags,
  operationId: 'getBatch',
  summary: 'Get a batch and how far it is',
  params: IdParams,
  response: {
    200: jsonAnswer('The batch', BatchView, { batch: { summary: 'one in progress', value: EXAMPLE } }),
    ...NOT_FOUND,
    ...declinedAnswers(VIEW.permission),
  },
}

const DOWNLOAD_SCHEMA = {
  tags,
  operationId: 'downloadBatchCertificates',
  summary: 'Download the result of a batch',
  description:
    'A ZIP file: certificates/{line}.pem or .cer, private-keys/{line}.p7m of keys that were made here (CMS, for the encryption certificate alone), chain.pem with the authorities, and results.csv with the status of each line, why there is no certificate, its serial number and its id.',
  params: IdParams,
  response: {
    200: { description: 'The file', content: { 'application/zip': { schema: { type: 'string', format: 'binary' } } } },
    ...NOT_FOUND,
    409: accountAnswer('It is not done', 'batch_not_done', NOT_DONE),
    ...declinedAnswers(MANAGE.permission),
  },
}

const CANCEL_SCHEMA = {
  tags,
  operationId: 'cancelBatch',
  summary: 'Cancel a batch',
  description: 'Certificates that were made stay, and are in its result.',
  params: IdParams,
  response: {
    204: { description: 'No more are made' },
    ...NOT_FOUND,
    409: accountAnswer('It is done', 'batch_done', 'The batch is done already.'),
    ...declinedAnswers(MANAGE.permission),
  },
}

const REMOVE_SCHEMA = {
  tags,
  operationId: 'deleteBatch',
  summary: 'Delete a batch and its keys',
  description: 'Its certificates stay.',
  params: IdParams,
  response: {
    204: { description: 'It is gone' },
    ...NOT_FOUND,
    409: accountAnswer('It is not done', 'batch_not_done', NOT_DONE),
    ...declinedAnswers(MANAGE.permission),
  },
}
