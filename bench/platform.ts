/** Rows three and six and seven of the goals: a real platform in a temporary folder, over real connections. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { encodePem } from '@countersign/codec'
import {
  createSigner,
  extensions,
  keyIdentifier,
  name,
  randomSerialNumber,
  signCertificate,
  timeStampRequest,
} from '@countersign/pki'
import { type Platform, SIGN_PATH, startPlatform } from '../test/platform.ts'
import { connections, load, type Target } from './connection.ts'
import { benchCredential, newKey } from './credential.ts'
import { noiseFile } from './library.ts'
import { signLimit } from './limit.ts'
import { percentile, takeTurns } from './measure.ts'
import { milliseconds, printTable, printTitle, times, verdict } from './table.ts'

export type Tables = {
  readonly isQuick: boolean
  readonly http: boolean
  readonly timeStamps: boolean
  readonly start: boolean
}

export async function benchPlatform(tables: Tables): Promise<void> {
  const platform = await startPlatform()
  try {
    if (tables.http) await benchSigningOverHttp(platform, tables.isQuick)
    if (tables.timeStamps) await benchTimeStamps(platform, tables.isQuick)
    if (tables.start) await benchStart(platform, tables.isQuick)
  } finally {
    await platform.remove()
  }
}

async function form(platform: Platform, file: Buffer): Promise<{ body: Uint8Array; type: string }> {
  const data = new FormData()
  const fields = {
    hashAlgo: 'SHA256',
    signAlgo: '1.2.840.10045.4.3.2',
    signAlgoParams: 'MTIzNDQ=',
    accountId: platform.account.account_id,
    schemaField: 'author',
    thumbnail: 'false',
  }
  for (const [field, value] of Object.entries(fields)) data.set(field, value)
  data.set('image', new Blob([new Uint8Array(file)]), 'noise.jpg')
  const encoded = new Response(data)
  return { body: new Uint8Array(await encoded.arrayBuffer()), type: encoded.headers.get('content-type') ?? '' }
}

async function benchSigningOverHttp(platform: Platform, isQuick: boolean): Promise<void> {
  const file = await noiseFile('image/jpeg', 1)
  const { body, type } = await form(platform, file)
  const identity = {
    ca: platform.ca,
    cert: readFileSync(platform.quickstart('cert.pem'), 'utf8'),
    key: readFileSync(platform.quickstart('key.pem'), 'utf8'),
  }
  const url = new URL(platform.account.clientauth_url + SIGN_PATH)
  const signing = (accept: string): Target => ({ url, body, headers: { 'content-type': type, accept }, identity })
  const echo = await startEcho(body, type)
  const limit = signLimit(await benchCredential('ES256'), file)
  const targets = [
    ['echo', echo.target],
    ['sign, raw answer', signing('image/jpeg')],
    ['sign, JSON answer', signing('application/json')],
  ] as const
  const open = targets.map(([who, target]) => ({ name: who, target, connection: connections(target) }))
  const contenders = open.map(({ name: who, connection }) => ({ name: who, run: () => connection.ask() }))
  const [floor, ...rest] = await takeTurns([limit, ...contenders], isQuick ? 100 : 300)
  for (const { connection } of open) connection.close()
  const base = (floor?.p50 ?? 0) + (rest[0]?.p50 ?? 0)

  const goals: Readonly<Record<string, number>> = { 'sign, raw answer': 1.5, 'sign, JSON answer': 2.5 }
  printTitle('sign over HTTPS, mutual TLS, keep-alive: 1 MB JPEG, no thumbnail, local time stamp, recorded')
  printTable(
    ['what', 'p50', 'p95', 'to limit + echo', 'goal', ''],
    [
      ['physical limit', milliseconds(floor?.p50 ?? 0), milliseconds(floor?.p95 ?? 0), '', '', ''],
      ...rest.map(({ name: who, p50, p95 }) => {
        const goal = goals[who]
        const judged = goal ? verdict(`HTTPS ${who}: ${times(p50 / base)}`, p50 / base <= goal) : ''
        return [who, milliseconds(p50), milliseconds(p95), times(p50 / base), goal ? `<= ${times(goal)}` : '', judged]
      }),
    ],
  )

  const rows: string[][] = []
  for (const { name: who, target } of open) {
    const found = await load(target, 8, isQuick ? 2 : 5)
    rows.push([
      who,
      found.perSecond.toFixed(0),
      milliseconds(found.p50),
      milliseconds(found.p95),
      `${(found.busy * 100).toFixed(0)} %`,
    ])
  }
  echo.stop()
  printTitle('the same under load, 8 connections; the client shares the cores')
  printTable(['what', 'per s', 'p50', 'p95', 'cores busy'], rows)
}

/** The bare server, in a process of its own, with one certificate for both ends. */
async function startEcho(body: Uint8Array, type: string): Promise<{ target: Target; stop(): void }> {
  const privateKey = newKey('ES256')
  const signer = await createSigner('ES256', privateKey)
  const subject = name({ CN: 'localhost' })
  const certificate = await signCertificate(
    {
      serialNumber: randomSerialNumber(),
      issuer: subject,
      subject,
      notBefore: new Date(Date.now() - 60_000),
      notAfter: new Date(Date.now() + 3_600_000),
      publicKey: signer.publicKey,
      extensions: [
        extensions.basicConstraints({ cA: true }),
        extensions.subjectAlternativeName([{ type: 'dNSName', value: 'localhost' }]),
        extensions.subjectKeyIdentifier(keyIdentifier(signer.publicKey)),
      ],
    },
    signer,
  )
  const cert = encodePem('CERTIFICATE', certificate)
  const key = encodePem('PRIVATE KEY', privateKey)
  const folder = mkdtempSync(join(tmpdir(), 'countersign-echo-'))
  for (const [file, text] of Object.entries({ 'key.pem': key, 'cert.pem': cert, 'ca.pem': cert })) {
    writeFileSync(join(folder, file), text)
  }
  const child = spawn(process.execPath, [fileURLToPath(new URL('echo-server.ts', import.meta.url)), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const port = await new Promise<string>((resolve) => child.stdout.once('data', (text) => resolve(String(text).trim())))
  const url = new URL(`https://localhost:${port}/`)
  return {
    target: { url, body, headers: { 'content-type': type }, identity: { ca: cert, cert, key } },
    stop() {
      child.kill()
      rmSync(folder, { recursive: true })
    },
  }
}

async function benchTimeStamps(platform: Platform, isQuick: boolean): Promise<void> {
  const imprint = createHash('sha256').update('bench').digest()
  const body = timeStampRequest({ hash: imprint, algorithm: 'sha256', nonce: 12345n, certReq: true })
  const target: Target = {
    url: new URL(`${platform.account.pki_url}/tsa`),
    body,
    headers: { 'content-type': 'application/timestamp-query' },
  }
  const { perSecond, p50, p95, busy } = await load(target, 16, isQuick ? 2 : 5)
  const goal = 1500
  const judged = verdict(`time stamps: ${Math.round(perSecond)} a second`, perSecond >= goal)
  printTitle('time stamps over HTTP, P-256, certificates included, 16 connections; the client shares the cores')
  printTable(
    ['per s', 'p50', 'p95', 'cores busy', 'goal', ''],
    [
      [
        perSecond.toFixed(0),
        milliseconds(p50),
        milliseconds(p95),
        `${(busy * 100).toFixed(0)} %`,
        `>= ${goal}`,
        judged,
      ],
    ],
  )
}

async function benchStart(platform: Platform, isQuick: boolean): Promise<void> {
  await platform.stop()
  const samples: number[] = []
  for (let count = 0; count < (isQuick ? 3 : 7); count++) {
    const start = performance.now()
    const again = await startPlatform({ data: platform.data })
    samples.push(performance.now() - start)
    await again.stop()
  }
  const p50 = percentile(samples, 0.5)
  printTitle('cold start to ready, existing data')
  printTable(
    ['p50', 'worst', 'goal', ''],
    [
      [
        milliseconds(p50),
        milliseconds(Math.max(...samples)),
        '< 1500 ms',
        verdict(`cold start: ${milliseconds(p50)}`, p50 < 1500),
      ],
    ],
  )
}
