/** One process of the platform that answers: its jobs, threads and doors. */
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { BoundPorts } from './bound-ports.ts'
import type { Config } from './config.ts'
import { sealAuditEvents } from './domain/audit-chain.ts'
import { AUTHORITY_PURPOSES } from './domain/authority.ts'
import { type DeliverMail, deliverDueMails } from './domain/deliver-mail.ts'
import { deliverDueWebhooks } from './domain/deliver-webhooks.ts'
import { issuerFor } from './domain/issuer.ts'
import { createOcspResponder } from './domain/ocsp-responder.ts'
import { partialRevocationList, revocationList } from './domain/revocation-list.ts'
import { serviceIdentity } from './domain/service-identity.ts'
import type { SignContentWorld } from './domain/sign-content.ts'
import { timeStamp } from './domain/time-stamp.ts'
import type { VerifyContentWorld } from './domain/verify-content.ts'
import type { World } from './domain/world.ts'
import { createApp } from './http/app.ts'
import type { GatherMetrics } from './http/metrics.ts'
import { openPkiDoor } from './http/pki-door.ts'
import { createTimeStampClient } from './http/time-stamp-client.ts'
import { openTlsDoor } from './http/tls-door.ts'
import { createPlatformJobs } from './jobs/platform-jobs.ts'
import { outboxDelivery } from './mail/outbox.ts'
import { smtpDelivery } from './mail/smtp.ts'
import { createOnlineFetchers } from './outbound/online-fetchers.ts'
import { createOutbound } from './outbound/outbound.ts'
import type { OutboundError } from './outbound/outbound-error.ts'
import { createWebhookSender } from './outbound/webhook-sender.ts'
import { clientAuthHost, type ServerUrls, tlsNames } from './server-urls.ts'
import { createContentThreads } from './threads/content-engine.ts'
import { createThumbnailMaker } from './threads/thumbnail.ts'
import { createVerificationThreads } from './threads/verification-engine.ts'
import { tlsIdentity } from './tls-identity.ts'
import { VERSION } from './version.ts'

export type Node = { stop(): Promise<void> }

export type NodeOptions = {
  readonly config: Config
  readonly urls: ServerUrls
  readonly world: World
  readonly ports: BoundPorts
  readonly log: Logger
  /** Joins the measures of this process to those of others; its function gives the text of all. */
  readonly gatherMetrics?: GatherMetrics
}

/** How long a stop waits for requests that run. */
const DRAIN_MS = 20_000

/** Starts jobs and threads, and opens the doors. */
export async function startNode(options: NodeOptions): Promise<Node & { revoked(): void }> {
  const { config, urls, world, ports, log } = options
  const threads = createContentThreads()
  const verificationThreads = createVerificationThreads()
  const content: World & SignContentWorld & VerifyContentWorld = {
    ...world,
    contentEngine: threads,
    verificationEngine: verificationThreads,
    fetchersUntil: config.isVerifiedOnline ? fetchersUntil(urls, log) : undefined,
    makeThumbnail: createThumbnailMaker((error) => log.warn({ error }, 'no thumbnail could be made')),
    requestTimeStamp: config.timeStampUrl
      ? createTimeStampClient(config.timeStampUrl)
      : (request) => timeStamp(world, request),
    generator: { name: 'Countersign', version: VERSION },
    isC2paStrict: config.isC2paStrict,
  }
  const app = await createApp({
    world: content,
    urls: { api: urls.publicUrl, clientauth: urls.clientAuthUrl },
    hosts: { api: [config.domain, ...localNames(config)], clientauth: [clientAuthHost(config)] },
    maxUploadBytes: config.maxUploadBytes,
    verificationsAMinute: config.verificationsAMinute,
    requestRates: { requestsAMinute: config.requestsAMinute, failuresAMinute: config.failuresAMinute },
    version: VERSION,
    log,
    ...(options.gatherMetrics && { gatherMetrics: options.gatherMetrics }),
  })
  const ocspResponder = createOcspResponder(world)
  const pkiDoor = openPkiDoor({
    port: ports.pki,
    services: {
      answerOcsp: ocspResponder.answer,
      async revocationList(purpose, partition) {
        const list =
          partition === undefined
            ? await revocationList(world, purpose)
            : await partialRevocationList(world, purpose, partition)
        return list && { bytes: list.bytes, validity: list, tag: tagOf(list) }
      },
      authorityCertificate: async (purpose) => (await issuerFor(world, purpose)).authority.certificate,
      timeStamp: (request) => timeStamp(world, request),
    },
    now: world.now,
    log,
  })
  const shownTls = await serviceIdentity(world, 'tls')
  const tlsDoor = openTlsDoor({
    port: ports.tls,
    clientauthHost: clientAuthHost(config),
    identity: await tlsIdentity(world, shownTls),
    handle: app.handle,
  })
  const leaving = new AbortController()
  const deliverMail = mailDelivery(config)
  const sendWebhook = createWebhookSender(createOutbound({}), (delivery, { fault, message }) =>
    log.info({ delivery, fault, reason: message }, 'a webhook did not take a delivery'),
  )
  const jobs = createPlatformJobs({
    world,
    tlsNames: tlsNames(config),
    shownTls,
    showTls: async (identity) => {
      tlsDoor.setIdentity(await tlsIdentity(world, identity))
      log.info({ notAfter: identity.certificate.notAfter }, 'a renewed TLS certificate is shown from now on')
    },
    sealAuditEvents: () => sealAuditEvents(world.store),
    onBatchFinished: ({ id, accountId, ...became }) =>
      log.info({ batch: id, account: accountId, ...became }, 'a batch is done'),
    deliverMail: () =>
      deliverDueMails(
        world,
        deliverMail,
        ({ id, attempts }, error) =>
          log.warn({ mail: id, attempt: attempts + 1, err: error }, 'a mail was not delivered and will be tried again'),
        leaving.signal,
      ),
    deliverWebhooks: () => deliverDueWebhooks(world, sendWebhook, leaving.signal),
    leaving: leaving.signal,
    onError: (job, error) => log.error({ job, err: error }, 'a job failed and will be tried again'),
  })
  jobs.start()
  return {
    revoked() {
      ocspResponder.changed()
      jobs.revoked()
    },
    async stop() {
      leaving.abort()
      await Promise.all([tlsDoor.stop(DRAIN_MS), pkiDoor.stop(DRAIN_MS)])
      await app.close()
      await jobs.stop()
      await Promise.all([threads.stop(), verificationThreads.stop()])
      await world.store.close()
    },
  }
}

/** Each signature of a list is another. */
function tagOf({ bytes }: { readonly bytes: Uint8Array }): string {
  return Buffer.from(bytes.subarray(-16)).toString('hex')
}

/**
 * Our own responders may be anywhere; everything else has to be on the public internet, and what else a proxy has beside them is no
 * business of files either.
 */
function fetchersUntil(urls: ServerUrls, log: Logger): VerifyContentWorld['fetchersUntil'] {
  const responders = new Set(AUTHORITY_PURPOSES.map((purpose) => new URL(`${urls.pkiUrl}/ocsp/${purpose}`).href))
  const outbound = createOutbound({ isOwn: ({ href }) => responders.has(href) })
  const onFailure = (url: string, { fault, message }: OutboundError): void =>
    log.info({ url, fault, reason: message }, 'what a file names was not fetched')
  return (leaving) => createOnlineFetchers(outbound, { leaving, onFailure })
}

/** By the mail server, or into files where there is none. */
function mailDelivery({ smtpUrl, mailFrom: from, domain, dataFolder }: Config): DeliverMail {
  return smtpUrl
    ? smtpDelivery({ url: smtpUrl, from, domain })
    : outboxDelivery({ folder: join(dataFolder, 'outbox'), from, domain })
}

/** Who asks by address on a machine that only serves itself means the API. */
function localNames(config: Config): string[] {
  const { dnsNames } = tlsNames(config)
  return dnsNames.includes('localhost') ? ['localhost', '127.0.0.1', '[::1]'] : []
}
