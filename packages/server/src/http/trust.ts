import { encodeHex } from '@countersign/codec'
import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import type { Principal } from '../domain/authenticate.ts'
import type { Actor } from '../domain/record-event.ts'
import { TRUST_PURPOSES, type TrustAnchor } from '../domain/trust-anchor.ts'
import { addTrustAnchors, removeTrustAnchor } from '../domain/trust-settings.ts'
import type { World } from '../domain/world.ts'
import { declinedAnswers } from './declined.ts'
import { accountAnswer, jsonAnswer } from './openapi.ts'
import { principalOf } from './route.ts'

/** What the routes of the trust list need. */
export type TrustRouteWorld = Pick<World, 'store' | 'now'>

const PATH = '/documentmanager/api/c2pa/v1/trust-anchors'
/** Line breaks take two characters in JSON. */
const MOST_BODY = 2 * 1024 * 1024

/** The trust list: whom the platform's verifier believes beside its own roots. */
export function addTrustRoutes(app: FastifyInstance, world: TrustRouteWorld): void {
  app.get(PATH, { config: { permission: 'VIEW_CTM_TRUST_LIST' }, schema: LIST_SCHEMA }, async () => ({
    items: (await world.store.trustAnchors.list()).map(anchorView),
  }))

  app.post<{ Body: Static<typeof AddBody> }>(
    PATH,
    { config: { permission: 'MANAGE_CTM_TRUST_LIST' }, bodyLimit: MOST_BODY, schema: ADD_SCHEMA },
    async (request) => {
      const { purpose, certificates: pem } = request.body
      const { added, known } = await addTrustAnchors(world, actorOf(principalOf(request)), { purpose, pem })
      return { added: added.map(anchorView), known: known.map(anchorView) }
    },
  )

  app.delete<{ Params: { id: string } }>(
    `${PATH}/:id`,
    { config: { permission: 'MANAGE_CTM_TRUST_LIST' }, schema: REMOVE_SCHEMA },
    async (request, reply) => {
      await removeTrustAnchor(world, actorOf(principalOf(request)), request.params.id)
      return reply.status(204).send()
    },
  )
}

function actorOf({ user, account }: Principal): Actor {
  return { kind: 'user', id: user.id, accountId: account.id }
}

function anchorView(anchor: TrustAnchor): Static<typeof AnchorView> {
  return {
    id: anchor.id,
    sha256: encodeHex(anchor.sha256),
    subject: anchor.subject,
    not_before: anchor.notBefore.toISOString(),
    not_after: anchor.notAfter.toISOString(),
    purpose: anchor.purpose,
    source: anchor.source,
    created_at: anchor.createdAt.toISOString(),
  }
}

const Purpose = Type.Enum([...TRUST_PURPOSES], {
  type: 'string',
  description: 'What the authority is believed about: who signed, or when',
})

const AnchorView = Type.Object(
  {
    id: Type.String(),
    sha256: Type.String({ description: 'Of the certificate, in hexadecimal' }),
    subject: Type.String(),
    not_before: Type.String({ format: 'date-time' }),
    not_after: Type.String({ format: 'date-time' }),
    purpose: Purpose,
    source: Type.Enum(['c2pa', 'added'], {
      type: 'string',
      description: 'From the lists that C2PA publishes, or added by somebody',
    }),
    created_at: Type.String({ format: 'date-time' }),
  },
  { title: 'TrustAnchor' },
)

const AddBody = Type.Object(
  {
    purpose: Purpose,
    certificates: Type.String({ description: 'One or more certificates of authorities, PEM', maxLength: MOST_BODY }),
  },
  { title: 'AddTrustAnchors' },
)

const example: Static<typeof AnchorView> = {
  id: '019ab2c4-4a52-7d02-8f5e-4c1a9b7b2f10',
  sha256: '3f6c…',
  subject: 'CN=DigiCert RSA4096 Root for C2PA G1,O=DigiCert\\, Inc.,C=US',
  not_before: '2025-09-24T00:00:00.000Z',
  not_after: '2050-09-23T23:59:59.000Z',
  purpose: 'signers',
  source: 'c2pa',
  created_at: '2026-11-23T00:00:00.000Z',
}

const DECLINED = declinedAnswers('MANAGE_CTM_TRUST_LIST')

const LIST_SCHEMA = {
  tags: ['Trust'],
  operationId: 'listTrustAnchors',
  summary: 'List the trust anchors',
  description: "Whom the verifier believes beside the platform's own roots, which it always believes.",
  response: {
    200: jsonAnswer('The anchors, oldest first', Type.Object({ items: Type.Array(AnchorView) }), {
      anchors: { summary: 'one of the published list', value: { items: [example] } },
    }),
    ...declinedAnswers('VIEW_CTM_TRUST_LIST'),
  },
}

const ADD_SCHEMA = {
  tags: ['Trust'],
  operationId: 'addTrustAnchors',
  summary: 'Add trust anchors',
  description: 'All of the certificates or, when one is at fault, none. Every process goes by them within seconds.',
  body: AddBody,
  response: {
    200: jsonAnswer(
      'What was added, and what was there already',
      Type.Object({ added: Type.Array(AnchorView), known: Type.Array(AnchorView) }),
      { added: { summary: 'one certificate', value: { added: [{ ...example, source: 'added' }], known: [] } } },
    ),
    400: accountAnswer(
      'No certificates, or one that is of no authority',
      'invalid_certificate',
      'Certificate 1 (CN=Jane) is of no authority: an anchor is a CA certificate that may sign certificates, or self-issued.',
    ),
    409: accountAnswer('There are too many', 'too_many_trust_anchors', 'There may be 1000 anchors for signers.'),
    ...DECLINED,
  },
}

const REMOVE_SCHEMA = {
  tags: ['Trust'],
  operationId: 'removeTrustAnchor',
  summary: 'Remove a trust anchor',
  response: {
    204: { description: 'It is gone' },
    404: accountAnswer('There is none', 'trust_anchor_not_found', 'There is no such trust anchor.'),
    ...DECLINED,
  },
}
