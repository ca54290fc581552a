import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { Agent, type RequestOptions, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bindPorts } from '../../src/bound-ports.ts'
import { readConfig } from '../../src/config.ts'
import type { QuickstartFacts } from '../../src/domain/first-start.ts'
import type { World } from '../../src/domain/world.ts'
import { createLog } from '../../src/http/log.ts'
import { startNode } from '../../src/node.ts'
import { makeDataFolder, openConfiguredStore, prepareWorld } from '../../src/platform.ts'
import { publishAccount } from '../../src/quickstart-folder.ts'
import { serverUrls } from '../../src/server-urls.ts'
import { openCheapWorld } from '../cheap-world.ts'
import { copyMade, isAsMade } from '../made-once.ts'
import { databaseOfPlatform, databaseWithSchema } from '../store/postgres.ts'

/** An answer, read to its end. */
export type Answer = {
  readonly status: number
  readonly headers: Record<string, string | undefined>
  readonly body: Buffer
}

/** The whole platform in a folder of its own, with what its quickstart hands over. */
export type TestPlatform = {
  /** Its data folder. */
  readonly folder: string
  readonly world: World
  readonly account: QuickstartFacts
  readonly port: number
  readonly pkiUrl: string
  readonly ca: string
  readonly certificate: string
  readonly key: string
  readonly log: readonly string[]
  /** By the mutual-TLS host unless options say otherwise; a certificate goes along only there. */
  ask(path: string, options?: AskOptions): Promise<Answer>
  sign(fields: SignFields, options?: AskOptions): Promise<Answer>
  stop(): Promise<void>
}

export type AskOptions = RequestOptions & { readonly door?: 'api' | 'clientauth'; readonly body?: Uint8Array }

/** Fields of the form; a file is its name and bytes; several values make several parts; undefined leaves a field out. */
export type SignFields = Readonly<Record<string, Part | readonly Part[] | undefined>>
type Part = string | { readonly name: string; readonly bytes: Uint8Array; readonly type?: string }

const BOUNDARY = '------------------------d74496d66958873e'

export function multipart(fields: SignFields): Buffer {
  const parts: Buffer[] = []
  for (const [field, value] of Object.entries(fields)) {
    for (const part of value === undefined ? [] : [value].flat()) {
      const file = typeof part === 'string' ? undefined : part
      const name = file ? `; filename="${file.name}"\r\nContent-Type: ${file.type ?? 'image/png'}` : ''
      parts.push(Buffer.from(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="${field}"${name}\r\n\r\n`))
      parts.push(Buffer.from(file ? file.bytes : (part as string)), Buffer.from('\r\n'))
    }
  }
  return Buffer.concat([...parts, Buffer.from(`--${BOUNDARY}--\r\n`)])
}

export const MULTIPART = `multipart/form-data; boundary=${BOUNDARY}`

/** What a test may want otherwise: another database, and a first start of its own where it would get a copy of one. */
export type TestPlatformOptions = { readonly engine?: 'sqlite' | 'postgres'; readonly isNew?: boolean }

export async function startTestPlatform(
  env: Record<string, string> = {},
  now = () => new Date(),
  { engine = 'sqlite', isNew = !(isAsMade(env) && isRecent(now())) }: TestPlatformOptions = {},
): Promise<TestPlatform> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-'))
  const isCopy = !isNew && (await copyMade(engine, folder))
  const config = readConfig({
    env: {
      COUNTERSIGN_DATA: folder,
      COUNTERSIGN_PORT: '0',
      COUNTERSIGN_PKI_PORT: '0',
      ...(engine === 'postgres' && (await databaseSetting(isCopy))),
      ...env,
    },
  })
  const lines: string[] = []
  const log = createLog('debug', { write: (line) => void lines.push(line) })
  await makeDataFolder(folder)
  const ports = await bindPorts(config)
  const urls = serverUrls(config, { port: ports.tls.port, pkiPort: ports.pki.port })
  const store = await openConfiguredStore(config)
  let revoked = (): void => undefined
  const world = await openCheapWorld(config, { store, pkiUrl: urls.pkiUrl, now, onRevocation: () => revoked() })
  await prepareWorld(world, config)
  const account = await publishAccount(folder, {
    base_url: urls.publicUrl,
    clientauth_url: urls.clientAuthUrl,
    pki_url: urls.pkiUrl,
  })
  if (!account) throw new Error('the first start made no quickstart')
  const node = await startNode({ config, urls, world, ports, log })
  revoked = node.revoked
  const file = (name: string): Promise<string> => readFile(join(folder, name), 'utf8')
  const [ca, certificate, key] = await Promise.all([
    file('ca.pem'),
    file('quickstart/cert.pem'),
    file('quickstart/key.pem'),
  ])
  const agent = new Agent({ keepAlive: true })

  const ask: TestPlatform['ask'] = (path, { door = 'clientauth', body, headers, ...options } = {}) => {
    const host = door === 'api' ? 'countersign.localhost' : 'clientauth.countersign.localhost'
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          host: '127.0.0.1',
          port: ports.tls.port,
          path,
          agent,
          ca,
          servername: host,
          method: body ? 'POST' : 'GET',
          ...(door === 'clientauth' ? { cert: certificate, key } : {}),
          headers: {
            host: `${host}:${ports.tls.port}`,
            ...(body ? { 'content-length': body.length } : {}),
            ...headers,
          },
          ...options,
        },
        async (response) => {
          const chunks: Buffer[] = []
          for await (const chunk of response) chunks.push(chunk)
          const { statusCode = 0 } = response
          resolve({ status: statusCode, headers: response.headers as Answer['headers'], body: Buffer.concat(chunks) })
        },
      )
      outgoing.on('error', reject)
      outgoing.end(body)
    })
  }

  return {
    folder,
    world,
    account,
    port: ports.tls.port,
    pkiUrl: urls.pkiUrl,
    ca,
    certificate,
    key,
    log: lines,
    ask,
    sign: (fields, { headers, ...options } = {}) =>
      ask('/documentmanager/api/c2pa/v1/sign', {
        body: multipart(fields),
        ...options,
        headers: { 'content-type': MULTIPART, ...headers },
      }),
    async stop() {
      agent.destroy()
      await node.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Whether it shows about the time of the run's first start: a test's clock may have begun when its file was loaded, and stand still. */
function isRecent(now: Date): boolean {
  const behind = Date.now() - now.getTime()
  return behind > -1000 && behind < 3_600_000
}

async function databaseSetting(isCopy: boolean): Promise<Record<string, string>> {
  const url = await (isCopy ? databaseOfPlatform() : databaseWithSchema())
  if (!url) throw new Error('there is no PostgreSQL')
  return { COUNTERSIGN_DATABASE_URL: url }
}

/** The body of an answer in JSON. */
export function json<T = { errors: { code: string; message: string }[]; error: string; error_description: string }>(
  answer: Answer,
): T {
  return JSON.parse(answer.body.toString()) as T
}
