/** Keep-alive connections to a server, and what it costs to ask over them. */
import { Agent as PlainAgent, request as plainRequest } from 'node:http'
import { type RequestOptions, Agent as SecureAgent, request as secureRequest } from 'node:https'
import { cpus } from 'node:os'
import { percentile } from './measure.ts'

export type Target = {
  readonly url: URL | (() => URL)
  /** A function makes another one each time; none is a GET. */
  readonly body?: Uint8Array | (() => Uint8Array)
  readonly headers: Readonly<Record<string, string>>
  readonly identity?: { readonly ca: string; readonly cert?: string; readonly key?: string }
}

export type Connections = {
  /** Asks once; the number of bytes of the answer. Throws for any status but 200. */
  ask(): Promise<number>
  close(): void
}

const loopback: RequestOptions['lookup'] = (_name, { all }, answer) =>
  all ? answer(null, [{ address: '127.0.0.1', family: 4 }]) : answer(null, '127.0.0.1', 4)

export function connections({ url, body, headers, identity }: Target, count = 1): Connections {
  const isSecure = (url instanceof URL ? url : url()).protocol === 'https:'
  const kept = { keepAlive: true, maxSockets: count }
  const agent = isSecure ? new SecureAgent({ ...kept, ...identity, lookup: loopback }) : new PlainAgent(kept)
  return {
    ask: () =>
      new Promise((resolve, reject) => {
        const sent = typeof body === 'function' ? body() : body
        const to = url instanceof URL ? url : url()
        const length: Record<string, string> = sent ? { 'content-length': String(sent.length) } : {}
        const options = { method: sent ? 'POST' : 'GET', agent, headers: { ...headers, ...length } }
        const request = (isSecure ? secureRequest : plainRequest)(to, options, (response) => {
          const pieces: Buffer[] = []
          let length = 0
          response.on('data', (piece: Buffer) => {
            length += piece.length
            if (response.statusCode !== 200) pieces.push(piece)
          })
          response.on('error', reject)
          response.on('end', () => {
            if (response.statusCode === 200) resolve(length)
            else reject(new Error(`${to} answered ${response.statusCode}: ${Buffer.concat(pieces).toString()}`))
          })
        })
        request.on('error', reject)
        request.end(sent)
      }),
    close: () => agent.destroy(),
  }
}

export type Load = {
  readonly perSecond: number
  readonly p50: number
  readonly p95: number
  /** The share of all cores that was busy, from 0 to 1. */
  readonly busy: number
}

/** Asks over `count` connections at once, for a while. */
export async function load(target: Target, count: number, seconds: number): Promise<Load> {
  const open = connections(target, count)
  const samples: number[] = []
  const clerk = async (end: number): Promise<void> => {
    while (performance.now() < end) {
      const start = performance.now()
      await open.ask()
      samples.push(performance.now() - start)
    }
  }
  const all = (milliseconds: number) =>
    Promise.all(Array.from({ length: count }, () => clerk(performance.now() + milliseconds)))
  await all(500)
  samples.length = 0
  const before = processorTimes()
  const start = performance.now()
  await all(seconds * 1000)
  const elapsed = (performance.now() - start) / 1000
  const after = processorTimes()
  open.close()
  return {
    perSecond: samples.length / elapsed,
    p50: percentile(samples, 0.5),
    p95: percentile(samples, 0.95),
    busy: (after.busy - before.busy) / (after.all - before.all),
  }
}

function processorTimes(): { busy: number; all: number } {
  let idle = 0
  let all = 0
  for (const { times } of cpus()) {
    idle += times.idle
    for (const time of Object.values(times)) all += time
  }
  return { busy: all - idle, all }
}
