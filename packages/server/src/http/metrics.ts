import { Certificate } from '@countersign/pki'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { ENDING_KINDS } from '../domain/ending.ts'
import type { World } from '../domain/world.ts'

/** The platform's measures, in Prometheus' text form. */
export type Metrics = {
  readonly contentType: string
  /** Of every process on this machine that answers on the same ports. */
  text(): Promise<string>
  observeRequest(method: string, route: string, status: number, seconds: number): void
  countSignature(algorithm: string, format: string): void
  countVerification(state: string, format: string): void
  /** Notes that a credential of the platform was refused, or not. */
  countCredentialUse(credential: { readonly kind: string; readonly id: string }, isRefused: boolean): void
}

/** Joins the measures of a process to those of others; what it gives reads the text of all of them. */
export type GatherMetrics = (registry: Registry) => () => Promise<string>

/** So many refused credentials have a line of their own. */
const MOST_REFUSED = 1_000

/** Measures of one process; days to expiry are read from the store when somebody asks. */
export function createMetrics(
  { store, now }: Pick<World, 'store' | 'now'>,
  gather: GatherMetrics = (registry) => () => registry.metrics(),
): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const requests = new Histogram({
    name: 'countersign_http_request_duration_seconds',
    help: 'Time from a request to the end of its answer, by route',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [registry],
  })
  const signatures = new Counter({
    name: 'countersign_signatures_total',
    help: 'Signed assets, by signature algorithm and format',
    labelNames: ['algorithm', 'format'],
    registers: [registry],
  })
  const verifications = new Counter({
    name: 'countersign_verifications_total',
    help: 'Verified assets, by outcome and format',
    labelNames: ['state', 'format'],
    registers: [registry],
  })
  const refusals = new Counter({
    name: 'countersign_credential_refusals_total',
    help: 'Requests answered with 401 or 403 to a credential of the platform, by kind',
    labelNames: ['kind'],
    registers: [registry],
  })
  const inARow = new Map<string, { readonly kind: string; count: number }>()
  new Gauge({
    name: 'countersign_credential_refusals_in_a_row',
    help: 'How often a credential of the platform was refused with 401 or 403 since it last was not, by its id',
    labelNames: ['kind', 'credential'],
    registers: [registry],
    collect() {
      this.reset()
      for (const [credential, { kind, count }] of inARow) this.set({ kind, credential }, count)
    },
  })
  new Gauge({
    name: 'countersign_certificate_days_to_expiry',
    help: "Days until a certificate of the platform's own ends: authorities and services",
    labelNames: ['kind', 'name'],
    // Every process reads the same certificates.
    aggregator: 'min',
    registers: [registry],
    async collect() {
      this.reset()
      const days = (end: Date): number => (end.getTime() - now().getTime()) / 86_400_000
      for (const service of await store.serviceCertificates.list()) {
        const certificate = await store.certificates.find(service.certificateId)
        if (certificate) this.set({ kind: 'service', name: service.service }, days(certificate.notAfter))
      }
      for (const authority of await store.authorities.list()) {
        this.set(
          { kind: 'authority', name: authority.purpose },
          days(Certificate.decode(authority.certificate).notAfter),
        )
      }
    },
  })
  new Gauge({
    name: 'countersign_certificate_expiry_seconds',
    help: 'Seconds until the next certificate, API key or service user in use ends, by kind; absent while none will',
    labelNames: ['kind'],
    // Every process reads the same things.
    aggregator: 'min',
    registers: [registry],
    async collect() {
      this.reset()
      const at = now()
      for (const kind of ENDING_KINDS) {
        const end = await store.endings.nextEnd(kind, at)
        if (end) this.set({ kind }, (end.getTime() - at.getTime()) / 1000)
      }
    },
  })
  return {
    contentType: registry.contentType,
    text: gather(registry),
    observeRequest: (method, route, status, seconds) =>
      requests.observe({ method, route, status: String(status) }, seconds),
    countSignature: (algorithm, format) => signatures.inc({ algorithm, format }),
    countVerification: (state, format) => verifications.inc({ state, format }),
    countCredentialUse({ kind, id }, isRefused) {
      const before = inARow.get(id)
      inARow.delete(id)
      if (!isRefused) return
      refusals.inc({ kind })
      // Again at the end: who stands first was refused longest ago.
      inARow.set(id, { kind, count: (before?.count ?? 0) + 1 })
      if (inARow.size > MOST_REFUSED) inARow.delete(inARow.keys().next().value as string)
    },
  }
}
