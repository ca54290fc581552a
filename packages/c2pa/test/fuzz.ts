/**
 * npm run fuzz -- [seconds] [seed]: changes every corpus file and each of our own media, signed, for so long. There is always a report, none
 * takes 2 s of computing or more memory than 4 times the file and 64 MB, and nothing is believed whose signed bytes have changed.
 */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Told } from './fuzz-child.ts'

/** With other work on the machine it may take longer than what counts; but not for ever. */
const HANGS = 30_000

const [seconds = 120, seed = 1] = process.argv.slice(2).map(Number)
const child = fork(fileURLToPath(new URL('fuzz-child.ts', import.meta.url)), [String(seed), String(seconds)], {
  execArgv: ['--expose-gc', '--max-semi-space-size=4'],
})
let last: Told | undefined
let faults = 0
let isDone = false
const hang = setTimeout(() => {
  console.error('It hangs:', JSON.stringify(last))
  child.kill('SIGKILL')
}, HANGS)

child.on('message', (told: Told) => {
  last = told
  hang.refresh()
  if (told.kind === 'fault') {
    faults++
    console.error(`${told.subject}: ${told.what}\n  ${JSON.stringify(told.mutations)}`)
  } else if (told.kind === 'done') {
    isDone = true
    const { runs, subjects, slowest, most } = told
    console.log(
      `${runs} changed files of ${subjects}, seed ${seed}: the slowest took ${Math.round(slowest)} ms, ` +
        `and none more than ${Math.round(most / 1e6)} MB besides 4 times its size. Faults: ${faults}.`,
    )
  }
})
child.on('exit', (code, signal) => {
  clearTimeout(hang)
  if (!isDone) console.error('It ended before its time:', code, signal, JSON.stringify(last))
  process.exitCode = isDone && faults === 0 ? 0 : 1
})
