import { createHmac } from 'node:crypto'
import type { SendWebhook } from '../domain/deliver-webhooks.ts'
import type { Outbound } from './outbound.ts'
import { OutboundError, type OutboundFault } from './outbound-error.ts'

const LONGEST_MS = 10_000

/** For the owner of the webhook: what our network looks like is nobody's business. */
const FAULTS: Readonly<Record<OutboundFault, string>> = {
  url: 'the URL is not one that is asked',
  port: 'the port is not one that is asked',
  name: 'the host has no address',
  address: 'the host has an address that is not public',
  connection: 'no connection, or none under a certificate that is trusted',
  status: 'the answer was no success',
  encoding: 'the answer had an encoding',
  type: 'the answer had another media type',
  size: 'the answer was too large',
  time: 'no answer in time',
  budget: 'too many requests',
}

/** Sends deliveries by POST. */
export function createWebhookSender(
  outbound: Outbound,
  onFailure: (id: string, error: OutboundError) => void,
): SendWebhook {
  return async ({ url, secret, delivery: { id, event, body }, at }) => {
    try {
      await outbound({
        url,
        body: { mediaType: 'application/json', bytes: Buffer.from(body) },
        headers: {
          'countersign-event': event,
          'countersign-delivery': id,
          'countersign-signature': webhookSignature(secret, at, body),
        },
        isAnswerIgnored: true,
        mostBytes: 0,
        timeoutMs: LONGEST_MS,
      })
      return undefined
    } catch (error) {
      if (!(error instanceof OutboundError)) throw error
      onFailure(id, error)
      return error.fault === 'status' ? error.message : FAULTS[error.fault]
    }
  }
}

/** `t=<seconds since 1970>,v1=<HMAC-SHA-256 over "<t>.<body>", hexadecimal>`, keyed with the text of the secret. RFC 2104. */
export function webhookSignature(secret: string, at: Date, body: string): string {
  const seconds = Math.floor(at.getTime() / 1000)
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`
}
