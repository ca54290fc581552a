/** A real platform in a temporary folder, started as people start it, and the requests that tests make of it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, statSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { type RequestOptions, Agent as SecureAgent, request as secureRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { copyMade, isAsMade } from '../packages/server/test/made-once.ts'
import { ROOT } from './repository.ts'

/** quickstart/account.json. */
export type QuickstartAccount = {
  readonly base_url: string
  readonly clientauth_url: string
  readonly pki_url: string
  readonly account_id: string
  readonly admin_email: string
  readonly admin_password: string
  readonly admin_api_key: string
  readonly service_user_id: string
  readonly service_api_key: string
  readonly client_p12_password: string
  readonly credential_id: string
  readonly credential_pin: string
  readonly enrollment_profile_id: string
}

export type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
  json<T = Record<string, unknown>>(): T
}

export type Platform = {
  readonly data: string
  readonly account: QuickstartAccount
  /** The root, PEM. */
  readonly ca: string
  readonly process: ChildProcess
  /** What it printed so far. */
  output(): string
  /** The path of a file of quickstart/. */
  quickstart(name: string): string
  /** Requests a path of one of the two TLS hosts; with the client certificate on the mutual-TLS one. */
  request(host: 'api' | 'clientauth', path: string, options?: PlatformRequest): Promise<Answer>
  /** Posts a form to the sign endpoint. */
  sign(form: FormData, headers?: Readonly<Record<string, string>>): Promise<Answer>
  /** Asks it to end and waits; the exit status. */
  stop(): Promise<number | null>
  /** Ends it as a power cut would. */
  kill(): Promise<void>
  /** Removes the data folder too. */
  remove(): Promise<void>
}

export type PlatformRequest = {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** Whether the client certificate is shown; true by default. */
  readonly certificate?: boolean
}

export const SIGN_PATH = '/documentmanager/api/c2pa/v1/sign'

export type PlatformOptions = {
  /** An existing data folder; otherwise a new one. */
  readonly data?: string
  readonly environment?: Readonly<Record<string, string>>
  /** Whether it makes a first start of its own, where an empty folder would get a copy of the one of the run. */
  readonly isNew?: boolean
}

/** Starts `countersign serve` on free ports, and waits until it says that it is ready. */
export async function startPlatform(options: PlatformOptions = {}): Promise<Platform> {
  const data = options.data ?? (await mkdtemp(join(tmpdir(), 'countersign-')))
  const { isNew = !isAsMade(options.environment ?? {}) } = options
  if (!isNew && (await readdir(data)).length === 0) await copyMade('sqlite', data)
  const quickstart = (name: string): string => join(data, 'quickstart', name)
  const stale = writtenAt(quickstart('account.json'))
  const child = spawn(process.execPath, [join(ROOT, 'packages/cli/src/main.js'), 'serve'], {
    // Not the repository: nothing may depend on where it is started.
    cwd: data,
    env: {
      ...withoutOurs(process.env),
      COUNTERSIGN_DATA: data,
      COUNTERSIGN_PORT: '0',
      COUNTERSIGN_PKI_PORT: '0',
      COUNTERSIGN_LOG_LEVEL: 'warn',
      ...options.environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const printed: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => printed.push(String(piece)))
  const exited = once(child, 'exit')
  const agents: SecureAgent[] = []

  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    for (const agent of agents) agent.destroy()
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal)
      await exited
    }
    return child.exitCode
  }
  // A test that fails before it stops its platform must not leave it running.
  const orphaned = (): void => void child.kill('SIGKILL')
  process.once('exit', orphaned)
  void exited.then(() => process.off('exit', orphaned))

  await ready(child, quickstart('account.json'), stale, () => printed.join(''))
  const account: QuickstartAccount = JSON.parse(readFileSync(quickstart('account.json'), 'utf8'))
  const ca = readFileSync(join(data, 'ca.pem'), 'utf8')
  const agentOf = (certificate: boolean): SecureAgent => {
    const identity = certificate
      ? { cert: readFileSync(quickstart('cert.pem')), key: readFileSync(quickstart('key.pem')) }
      : {}
    const agent = new SecureAgent({ ca, ...identity, keepAlive: true, lookup: loopback })
    agents.push(agent)
    return agent
  }
  const plainAgent = agentOf(false)
  const identifiedAgent = agentOf(true)

  const request: Platform['request'] = (host, path, asked = {}) => {
    const base = host === 'api' ? account.base_url : account.clientauth_url
    const isIdentified = host === 'clientauth' && asked.certificate !== false
    return send(new URL(base + path), { ...asked, agent: isIdentified ? identifiedAgent : plainAgent })
  }

  return {
    data,
    account,
    ca,
    process: child,
    output: () => printed.join(''),
    quickstart,
    request,
    async sign(form, headers = {}) {
      const encoded = new Response(form)
      const body = new Uint8Array(await encoded.arrayBuffer())
      const type = encoded.headers.get('content-type') ?? ''
      return request('clientauth', SIGN_PATH, { method: 'POST', headers: { 'content-type': type, ...headers }, body })
    },
    stop: () => end('SIGTERM'),
    async kill() {
      await end('SIGKILL')
    },
    async remove() {
      await end('SIGTERM')
      await rm(data, { recursive: true, force: true })
    },
  }
}

function withoutOurs(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('COUNTERSIGN_')))
}

/** When a file was written; undefined when it is not there. */
const writtenAt = (file: string): bigint | undefined => statSync(file, { bigint: true, throwIfNoEntry: false })?.mtimeNs

async function ready(
  child: ChildProcess,
  file: string,
  stale: bigint | undefined,
  output: () => string,
): Promise<void> {
  const end = Date.now() + 60_000
  while (Date.now() < end) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`the platform ended (${child.exitCode ?? child.signalCode}) before it was ready:\n${output()}`)
    }
    // What an earlier run left there says nothing about this one.
    const at = writtenAt(file)
    if (at !== undefined && at !== stale) return
    await delay(10)
  }
  child.kill('SIGKILL')
  throw new Error(`the platform was not ready within a minute:\n${output()}`)
}

/** Names under .localhost don't resolve on every machine. */
const loopback: RequestOptions['lookup'] = (_name, { all }, answer) =>
  all ? answer(null, [{ address: '127.0.0.1', family: 4 }]) : answer(null, '127.0.0.1', 4)

type Sending = PlatformRequest & { readonly agent: SecureAgent }

function send(url: URL, { method = 'GET', headers = {}, body, agent }: Sending): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = body ? { 'content-length': String(body.length) } : {}
    const request = secureRequest(url, { method, agent, headers: { ...length, ...headers } }, (response) => {
      const pieces: Buffer[] = []
      response.on('data', (piece) => pieces.push(piece))
      response.on('error', reject)
      response.on('end', () => {
        const whole = Buffer.concat(pieces)
        const { statusCode: status = 0, headers } = response
        resolve({ status, headers, body: whole, json: () => JSON.parse(whole.toString('utf8')) })
      })
    })
    request.on('error', reject)
    request.end(body)
  })
}
