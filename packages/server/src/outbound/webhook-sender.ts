import { createHmac } from 'node:crypto'
import type { SendWebhook } from '../domain/deliver-webhooks.ts'
import type { Outbound } from './outbound.ts'
import { OutboundError, type OutboundFault } from './outbound-error.ts'

const LONGEST_MS = 10_000

/** For the owner of the webhook: what our network looks like is nobody's business. */
const FAULTS: Readonly<Record<OutboundFault, string>> = {
  url: 'the URL is not one that is asked',
  port: 'the port is not one that is asked',
  // One and the same, or our own names could be found out.
  name: 'the host has no public address',
  address: 'the host has no public address',
  connection: 'no connection, or none under a certificate that is trusted',
  status: 'the answer was no success',
  encoding: 'the answer had an encoding',
  type: 'the answer had another media type',
  size: 'the answer was too large',
  time: 'no answer in time',
  budget: 'too many requests',
}

/** Sends deliveries by POST, with the headers of Standard Webhooks (standardwebhooks.com). */
export function createWebhookSender(
  outbound: Outbound,
  onFailure: (id: string, error: OutboundError) => void,
): SendWebhook {
  return async ({ url, secrets, delivery: { id, body }, at }) => {
    try {
      const { status } = await outbound({
        url,
        body: { mediaType: 'application/json', bytes: Buffer.from(body) },
        headers: {
          'webhook-id': id,
          'webhook-timestamp': secondsOf(at),
          'webhook-signature': secrets.map((secret) => webhookSignature(secret, { id, at, body })).join(' '),
        },
        isAnswerIgnored: true,
        mostBytes: 0,
        timeoutMs: LONGEST_MS,
      })
      return { fault: undefined, answerStatus: status }
    } catch (error) {
      if (!(error instanceof OutboundError)) throw error
      onFailure(id, error)
      const { fault, message, status } = error
      return { fault: fault === 'status' ? message : FAULTS[fault], answerStatus: status }
    }
  }
}

/** `v1,<base64 of HMAC-SHA-256 over "<id>.<seconds since 1970>.<body>">`: Standard Webhooks, "Signature scheme". */
export function webhookSignature(
  secret: Uint8Array,
  { id, at, body }: { readonly id: string; readonly at: Date; readonly body: string },
): string {
  return `v1,${createHmac('sha256', secret)
    .update(`${id}.${secondsOf(at)}.${body}`)
    .digest('base64')}`
}

function secondsOf(at: Date): string {
  return String(Math.floor(at.getTime() / 1000))
}
