/** The status of certificates, asked for over plain HTTP as devices and web servers do. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { encodePem } from '@countersign/codec'
import { Certificate, certIdOf, createSigner, ocspRequest, signOcspResponse } from '@countersign/pki'
import { startPlatform } from '../test/platform.ts'
import { load, type Target } from './connection.ts'
import { newKey } from './credential.ts'
import { enrolledAt, enrolling } from './enrolled.ts'
import { processorSeconds } from './processor-time.ts'
import { milliseconds, printTable, printTitle, verdict } from './table.ts'

const GOAL = 5_000
const CONNECTIONS = 32
/** So many certificates are asked for in turns. */
const CERTIFICATES = 200

type Row = { readonly who: string; readonly target: Target; readonly pid: number; readonly isGoal: boolean }

export async function benchOcsp(isQuick: boolean): Promise<void> {
  const platform = await startPlatform()
  try {
    const target = await enrolling(platform)
    const made = await Promise.all(Array.from({ length: CERTIFICATES }, () => enrolledAt(platform, target)))
    const requestFor = ([leaf, issuer]: (typeof made)[number], nonce?: Uint8Array): Uint8Array =>
      ocspRequest({
        certIDs: [certIdOf(Certificate.decode(issuer), Certificate.decode(leaf).serialNumber)],
        ...(nonce && { nonce }),
      })
    const requests = made.map((one) => requestFor(one))
    const withNonce = made.map((one, index) => requestFor(one, new Uint8Array(16).fill(index)))
    const url = `${platform.account.pki_url}/ocsp/device`
    const urls = requests.map(
      (request) => new URL(`${url}/${encodeURIComponent(Buffer.from(request).toString('base64'))}`),
    )
    const pid = platform.process.pid ?? 0
    const headers = { 'content-type': 'application/ocsp-request' }
    const inTurns = <T>(all: readonly T[]): (() => T) => {
      let count = 0
      return () => all[count++ % all.length] as T
    }
    const rows: Row[] = [
      { who: 'countersign, POST', target: { url: new URL(url), body: inTurns(requests), headers }, pid, isGoal: true },
      { who: 'countersign, GET', target: { url: inTurns(urls), headers: {} }, pid, isGoal: true },
      {
        who: 'countersign, POST with a nonce',
        target: { url: new URL(url), body: inTurns(withNonce), headers },
        pid,
        isGoal: false,
      },
    ]
    const peer = await startCfssl(requests, made)
    if (peer) rows.push(peer.row)
    const cells: string[][] = []
    for (const { who, target: asked, pid: server, isGoal } of rows) {
      const before = processorSeconds(server)
      const begin = performance.now()
      const { perSecond, p50, p95 } = await load(asked, CONNECTIONS, isQuick ? 2 : 6)
      const answers = (perSecond * (performance.now() - begin)) / 1000
      const used = (processorSeconds(server) ?? Number.NaN) - (before ?? Number.NaN)
      cells.push([
        who,
        perSecond.toFixed(0),
        milliseconds(p50),
        milliseconds(p95),
        `${((used / answers) * 1e6).toFixed(0)} µs`,
        isGoal ? `>= ${GOAL}` : '',
        isGoal ? verdict(`OCSP, ${who}: ${Math.round(perSecond)} a second`, perSecond >= GOAL) : '',
      ])
    }
    peer?.stop()
    printTitle(
      `OCSP over plain HTTP, ${CERTIFICATES} certificates in turns, ${CONNECTIONS} connections; the client shares the cores`,
    )
    printTable(['who', 'per s', 'p50', 'p95', "the server's processor time each", 'goal', ''], cells)
    if (!peer) console.log('cfssl is not installed (Debian: golang-cfssl): nothing to hold it against')
  } finally {
    await platform.remove()
  }
}

/** cfssl's responder, which serves answers that were signed before; undefined where it is not installed. */
async function startCfssl(
  requests: readonly Uint8Array[],
  made: readonly (readonly [Uint8Array, Uint8Array])[],
): Promise<{ readonly row: Row; stop(): void } | undefined> {
  if (spawnSync('cfssl', ['version']).status !== 0) return undefined
  const [first] = made
  if (!first) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'countersign-cfssl-'))
  // It looks at no signature: any key of its own will do.
  const signer = await createSigner('ES256', newKey('ES256'))
  const issuer = Certificate.decode(first[1])
  const responses: string[] = []
  for (const [leaf] of made) {
    const at = new Date()
    const bytes = await signOcspResponse(
      {
        certificate: { ...issuer, publicKey: { ...issuer.publicKey, bytes: signer.publicKey } },
        chain: [],
        producedAt: at,
        responses: [
          {
            status: 'good',
            certID: certIdOf(issuer, Certificate.decode(leaf).serialNumber),
            thisUpdate: at,
            nextUpdate: new Date(at.getTime() + 86_400_000),
          },
        ],
      },
      signer,
    )
    responses.push(Buffer.from(bytes).toString('base64'))
  }
  writeFileSync(join(folder, 'responses'), `${responses.join('\n')}\n`)
  writeFileSync(join(folder, 'ca.pem'), encodePem('CERTIFICATE', first[1]))
  const port = await freePort()
  const child = spawn(
    'cfssl',
    ['ocspserve', '-address=127.0.0.1', `-port=${port}`, '-responses=responses', '-loglevel=5'],
    {
      cwd: folder,
      stdio: 'ignore',
    },
  )
  await delay(1_000)
  let count = 0
  return {
    row: {
      who: 'cfssl ocspserve, POST, signed beforehand',
      target: {
        url: new URL(`http://127.0.0.1:${port}/`),
        body: () => requests[count++ % requests.length] as Uint8Array,
        headers: { 'content-type': 'application/ocsp-request' },
      },
      pid: child.pid ?? 0,
      isGoal: false,
    },
    stop() {
      child.kill()
      rmSync(folder, { recursive: true })
    },
  }
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (typeof address !== 'object' || !address) throw new Error('no port')
  return address.port
}
