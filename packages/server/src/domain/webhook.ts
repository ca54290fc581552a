import { ENDING_KINDS, type EndingKind } from './ending.ts'

/** What a webhook may be told of: that something in use will end. */
export type WebhookEvent = `${EndingKind}.ending`

export const WEBHOOK_EVENTS: readonly WebhookEvent[] = ENDING_KINDS.map((kind): WebhookEvent => `${kind}.ending`)

/** An address that is told what happens in an account. */
export type Webhook = {
  /** UUID. */
  readonly id: string
  readonly accountId: string
  readonly url: string
  readonly events: readonly WebhookEvent[]
  /** The secret that deliveries are signed with, wrapped under the master key. */
  readonly wrappedSecret: Uint8Array
  readonly createdAt: Date
  readonly createdBy: string
}

/** One event on its way to a webhook, or arrived, or given up. */
export type WebhookDelivery = {
  /** UUID. */
  readonly id: string
  readonly webhookId: string
  readonly event: WebhookEvent
  /** What is sent: JSON. */
  readonly body: string
  readonly status: 'waiting' | 'delivered' | 'failed'
  readonly attempts: number
  /** Undefined once it is settled. */
  readonly nextAttemptAt: Date | undefined
  /** Why the last attempt failed. */
  readonly fault: string | undefined
  readonly createdAt: Date
  readonly settledAt: Date | undefined
}

/** The webhooks in the store. */
export type Webhooks = {
  find(id: string): Promise<Webhook | undefined>
  /** Oldest first. */
  list(accountId: string): Promise<readonly Webhook[]>
  add(webhook: Webhook): Promise<void>
  /** With its deliveries. */
  remove(id: string): Promise<void>
}

/** The deliveries in the store. */
export type WebhookDeliveries = {
  /** Newest first. */
  list(webhookId: string, limit: number): Promise<readonly WebhookDelivery[]>
  /** Those that are to be tried now, the ones that wait for longest first. */
  listDue(at: Date, limit: number): Promise<readonly WebhookDelivery[]>
  add(delivery: WebhookDelivery): Promise<void>
  /** Takes on the attempt that follows those that `delivery` tells of; false when another node has taken it. */
  begin(delivery: WebhookDelivery, nextAttemptAt: Date): Promise<boolean>
  /** Notes why the attempt failed; the next one comes when it was said to. */
  noteFault(id: string, fault: string): Promise<void>
  /** False when it was settled already, or is gone. */
  settle(id: string, outcome: { readonly at: Date; readonly fault: string | undefined }): Promise<boolean>
  /** Removes what was settled before. */
  removeSettled(before: Date): Promise<void>
}
