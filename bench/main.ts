/**
 * Measures what ARCHITECTURE.md promises, against the physical limit and against peers, in one run.
 *
 *     npm run bench                       everything; some minutes
 *     npm run bench -- --quick            smaller files, fewer rounds
 *     npm run bench -- --only sign,http   some tables: sign, validate, memory, certificates, http, time-stamps, start, folder, enroll, ocsp, search
 */
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { installPeers, peerVersion } from './peer.ts'
import { missedGoals, printTitle } from './table.ts'

const TABLES = [
  'sign',
  'validate',
  'memory',
  'certificates',
  'http',
  'time-stamps',
  'start',
  'folder',
  'enroll',
  'ocsp',
  'search',
] as const
type Table = (typeof TABLES)[number]

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } } })
const isQuick = values.quick
const wanted = new Set<string>(values.only?.split(',') ?? TABLES)
const unknown = [...wanted].filter((name) => !TABLES.includes(name as Table))
if (unknown.length > 0) throw new Error(`--only takes ${TABLES.join(', ')}; not ${unknown.join(', ')}`)
const wants = (...names: Table[]): boolean => names.some((name) => wanted.has(name))

console.log(`Node ${process.version} on ${cpus().length} x ${cpus()[0]?.model.trim() ?? 'an unknown processor'}`)
if (wants('sign', 'validate', 'memory')) {
  installPeers()
  const names = ['@contentauth/c2pa-node', '@contentauth/c2pa-wasm', '@trustnxt/c2pa-ts']
  console.log(`Peers: ${names.map((name) => `${name} ${peerVersion(name)}`).join(', ')}`)
  const { benchSigning, benchValidation, cells } = await import('./library.ts')
  const all = await cells(isQuick)
  if (wants('sign')) await benchSigning(all, isQuick)
  if (wants('validate')) await benchValidation(all, isQuick)
  if (wants('memory')) (await import('./memory.ts')).benchMemory(all)
}
if (wants('certificates')) await (await import('./certificates.ts')).benchCertificates(isQuick)
if (wants('http', 'time-stamps', 'start')) {
  const { benchPlatform } = await import('./platform.ts')
  await benchPlatform({ isQuick, http: wants('http'), timeStamps: wants('time-stamps'), start: wants('start') })
}
if (wants('folder')) await (await import('./folder.ts')).benchFolder(isQuick)
if (wants('enroll')) await (await import('./enroll.ts')).benchEnrolling(isQuick)
if (wants('ocsp')) await (await import('./ocsp.ts')).benchOcsp(isQuick)
if (wants('search')) await (await import('./search.ts')).benchSearch(isQuick)

const missed = missedGoals()
printTitle(missed.length === 0 ? 'Every goal is held' : `${missed.length} missed`)
for (const goal of missed) console.log(`  ${goal}`)
process.exitCode = missed.length === 0 ? 0 : 1
