/** One cell of the memory table: library, work, format, file. Prints a Peak as JSON. */
import { readFileSync, writeFileSync } from 'node:fs'
import { type LibraryName, library, type MediaType } from './contender.ts'
import { benchCredential } from './credential.ts'
import type { Peak, Work } from './memory.ts'

const [name, work, format, path = ''] = process.argv.slice(2) as [LibraryName, Work, MediaType, string]
const RUNS = 8

const status = (field: string): number =>
  Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024

const credential = await benchCredential('ES256')
const measured = await library(name)
globalThis.gc?.()
const idle = status('VmRSS')
// Peaks so far are those of loading.
writeFileSync('/proc/self/clear_refs', '5')

let file: Uint8Array = readFileSync(path)
if (work === 'validate') {
  file = await (await (await library('countersign')).signing(credential, format, file))()
  globalThis.gc?.()
  writeFileSync('/proc/self/clear_refs', '5')
}
const run = await (work === 'sign' ? measured.signing : measured.validation)(credential, format, file)
for (let count = 0; count < RUNS; count++) {
  await run()
  globalThis.gc?.()
}
const found: Peak = { name: measured.name, idle, peak: status('VmHWM') }
console.log(JSON.stringify(found))
