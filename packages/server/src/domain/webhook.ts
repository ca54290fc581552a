import type { DeliveryEvent, WebhookEvent } from './webhook-event.ts'

/** An address that is told what happens in an account. */
export type Webhook = {
  /** UUID. */
  readonly id: string
  readonly accountId: string
  readonly url: string
  readonly events: readonly WebhookEvent[]
  /** While it is not, what happens waits for it. */
  readonly enabled: boolean
  /** The secret that deliveries are signed with, wrapped under the master key. */
  readonly wrappedSecret: Uint8Array
  /** What it was before it was rotated, which signs too until its end. */
  readonly previous: { readonly wrappedSecret: Uint8Array; readonly endsAt: Date } | undefined
  /** When the first of the failures was that no success has followed. */
  readonly failingSince: Date | undefined
  readonly createdAt: Date
  readonly createdBy: string
}

/** One event on its way to a webhook, or arrived, or given up. */
export type WebhookDelivery = {
  /** UUID. */
  readonly id: string
  readonly webhookId: string
  readonly event: DeliveryEvent
  /** What is sent: JSON. */
  readonly body: string
  readonly status: 'waiting' | 'delivered' | 'failed'
  readonly attempts: number
  readonly attemptedAt: Date | undefined
  /** Undefined once it is settled. */
  readonly nextAttemptAt: Date | undefined
  /** The status of the last answer; undefined where there was none. */
  readonly answerStatus: number | undefined
  /** Why the last attempt failed. */
  readonly fault: string | undefined
  readonly createdAt: Date
  readonly settledAt: Date | undefined
}

/** What came of an attempt; it is taken when there is no fault. */
export type WebhookOutcome = Pick<WebhookDelivery, 'answerStatus' | 'fault'>

/** The webhooks in the store. */
export type Webhooks = {
  find(id: string): Promise<Webhook | undefined>
  /** Oldest first. */
  list(accountId: string): Promise<readonly Webhook[]>
  add(webhook: Webhook): Promise<void>
  update(webhook: Webhook): Promise<void>
  /** Notes that it fails since then, unless it did before. */
  noteFailure(id: string, at: Date): Promise<void>
  noteSuccess(id: string): Promise<void>
  /** With its deliveries. */
  remove(id: string): Promise<void>
}

/** The deliveries in the store. */
export type WebhookDeliveries = {
  find(id: string): Promise<WebhookDelivery | undefined>
  /** Newest first. */
  list(webhookId: string, limit: number): Promise<readonly WebhookDelivery[]>
  /** Those that are to be tried now, the ones that wait for longest first, and of each webhook only so many. */
  listDue(at: Date, limit: number, limitOfEach: number): Promise<readonly WebhookDelivery[]>
  add(delivery: WebhookDelivery): Promise<void>
  /** Takes on the attempt that follows those that `delivery` tells of; false when another node has taken it. */
  begin(delivery: WebhookDelivery, at: Date, nextAttemptAt: Date): Promise<boolean>
  /** Puts the next attempt off; nothing was tried. */
  putOff(id: string, nextAttemptAt: Date): Promise<void>
  /** Notes why the attempt failed; the next one comes when it was said to. */
  noteFault(id: string, outcome: WebhookOutcome): Promise<void>
  /** False when it was settled already, or is gone. */
  settle(id: string, outcome: WebhookOutcome & { readonly at: Date }): Promise<boolean>
  /** Lets it be tried at once, settled or not. */
  sendAgain(id: string, at: Date): Promise<void>
  /** Lets all that waits for the webhook be tried at once. */
  release(webhookId: string, at: Date): Promise<void>
  /** Removes what was settled before. */
  removeSettled(before: Date): Promise<void>
}
