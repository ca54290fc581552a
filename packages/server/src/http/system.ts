import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
import { Refusal } from '../domain/refusal.ts'
import type { World } from '../domain/world.ts'
import type { Metrics } from './metrics.ts'
import { accountAnswer, COMMON_ANSWERS, jsonAnswer } from './openapi.ts'

/** What the routes about the platform itself need. */
export type SystemWorld = {
  readonly world: Pick<World, 'store' | 'keys'>
  readonly metrics: Metrics
  readonly version: string
}

const OPEN = { authentication: 'open' } as const

/** /, /health, /ready, /version, /metrics and /openapi.json. */
export function addSystemRoutes(app: FastifyInstance, { world, metrics, version }: SystemWorld): void {
  const status = (value: string) => Type.Object({ status: Type.String({ examples: [value] }) })

  app.get(
    '/health',
    {
      config: OPEN,
      schema: {
        tags: ['Platform'],
        operationId: 'getHealth',
        summary: 'Whether the process is alive',
        response: { 200: jsonAnswer('It is', status('ok')), ...COMMON_ANSWERS },
      },
    },
    async () => ({ status: 'ok' }),
  )

  app.get(
    '/ready',
    {
      config: OPEN,
      schema: {
        tags: ['Platform'],
        operationId: 'getReadiness',
        summary: 'Whether the database and the keys answer',
        response: {
          200: jsonAnswer('They do', status('ready')),
          503: accountAnswer('They do not', 'not_ready', 'The database or the keys do not answer.'),
          ...COMMON_ANSWERS,
        },
      },
    },
    async () => {
      await checkReady(world)
      return { status: 'ready' }
    },
  )

  app.get(
    '/version',
    {
      config: OPEN,
      schema: {
        tags: ['Platform'],
        operationId: 'getVersion',
        summary: 'Which version this is',
        response: {
          200: jsonAnswer('Name and version', Type.Object({ name: Type.String(), version: Type.String() }), {
            version: { summary: 'a release', value: { name: 'Countersign', version: '0.1.0' } },
          }),
          ...COMMON_ANSWERS,
        },
      },
    },
    async () => ({ name: 'Countersign', version }),
  )

  app.get(
    '/metrics',
    {
      config: OPEN,
      schema: {
        tags: ['Platform'],
        operationId: 'getMetrics',
        summary: 'Measures for Prometheus',
        response: {
          200: { description: 'Prometheus text format', content: { 'text/plain': { schema: Type.String() } } },
          ...COMMON_ANSWERS,
        },
      },
    },
    async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()),
  )

  // Until there is a console.
  app.get('/', { config: OPEN, schema: { hide: true } }, async (_request, reply) => reply.redirect('/docs'))

  // It is large, and for everybody: written once.
  let document: string | undefined
  app.get('/openapi.json', { config: OPEN, schema: { hide: true } }, async (_request, reply) => {
    document ??= JSON.stringify(app.swagger())
    return reply.type('application/json; charset=utf-8').send(document)
  })
}

async function checkReady({ store, keys }: SystemWorld['world']): Promise<void> {
  try {
    await store.ping()
    const authority = await store.authorities.findByPurpose('content-signing')
    const key = authority && (await store.privateKeys.find(authority.keyId))
    if (!key) throw new Error('there is no content signing authority yet')
    keys.check(key)
  } catch (cause) {
    throw new Refusal('unavailable', 'not_ready', 'The database or the keys do not answer.', { cause })
  }
}
