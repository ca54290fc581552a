/** Rows one and two of the goals: signing and validating by the library, against the limit and the peers. */
import { noise } from '../test/pictures.ts'
import { LIBRARIES, library, type MediaType } from './contender.ts'
import { type BenchCredential, benchCredential } from './credential.ts'
import { signLimit, verifyLimit } from './limit.ts'
import { race, type Timing } from './measure.ts'
import { milliseconds, printTable, printTitle, times, verdict } from './table.ts'

export type Cell = { readonly megabytes: number; readonly format: MediaType; readonly file: Buffer }

const SIZES = [1, 5, 20]

/** Noise of about `megabytes`. */
export async function noiseFile(format: MediaType, megabytes: number): Promise<Buffer> {
  const probe = await noise(format, 500, 500)
  const side = Math.round(500 * Math.sqrt((megabytes * 1e6) / probe.length))
  return noise(format, side, side)
}

export async function cells(isQuick: boolean): Promise<Cell[]> {
  const made: Cell[] = []
  for (const format of ['image/jpeg', 'image/png'] as const) {
    for (const megabytes of isQuick ? SIZES.slice(0, 2) : SIZES) {
      made.push({ megabytes, format, file: await noiseFile(format, megabytes) })
    }
  }
  return made
}

const roundsFor = (megabytes: number, isQuick: boolean): number =>
  Math.max(9, Math.round((isQuick ? 120 : 300) / Math.sqrt(megabytes * 3)))

const cellName = ({ megabytes, format }: Cell): string => `${megabytes} MB ${format === 'image/jpeg' ? 'JPEG' : 'PNG'}`

function rows(what: string, results: readonly (readonly [Cell, readonly Timing[]])[], goal: (cell: Cell) => number) {
  return results.flatMap(([cell, timings]) =>
    timings.map(({ name, p50, p95, ratio }) => {
      const isOurs = name === 'countersign'
      const held = isOurs ? verdict(`${what}, ${cellName(cell)}: ${times(ratio)}`, ratio <= goal(cell)) : ''
      return [
        cellName(cell),
        name,
        milliseconds(p50),
        milliseconds(p95),
        Math.round(1000 / p50).toString(),
        times(ratio),
        isOurs ? `<= ${times(goal(cell))}` : '',
        held,
      ]
    }),
  )
}

const HEAD = ['file', 'who', 'p50', 'p95', 'per s', 'to limit', 'goal', '']

export async function benchSigning(all: readonly Cell[], isQuick: boolean): Promise<void> {
  for (const algorithm of ['ES256', 'PS256'] as const) {
    const credential = await benchCredential(algorithm)
    const results: [Cell, Timing[]][] = []
    for (const cell of all) {
      const contenders = await Promise.all(
        LIBRARIES.map(async (name) => {
          const peer = await library(name)
          return { name: peer.name, run: await peer.signing(credential, cell.format, cell.file) }
        }),
      )
      const limit = signLimit(credential, cell.file)
      results.push([cell, await race(limit, contenders, roundsFor(cell.megabytes, isQuick))])
    }
    const what = `sign, ${algorithm}`
    printTitle(`${what}: library, no thumbnail, no time stamp`)
    printTable(
      HEAD,
      rows(what, results, ({ megabytes }) => (megabytes < 5 ? 1.4 : 1.15)),
    )
  }
}

export async function benchValidation(all: readonly Cell[], isQuick: boolean): Promise<void> {
  const credential = await benchCredential('ES256')
  const results: [Cell, Timing[]][] = []
  for (const cell of all) {
    const file = await signed(credential, cell)
    const contenders: { name: string; run: () => Promise<boolean> }[] = []
    for (const name of LIBRARIES) {
      const peer = await library(name)
      const run = await peer.validation(credential, cell.format, file)
      if (!(await run())) console.log(`${peer.name} does not call ${cellName(cell)} valid; it is timed all the same`)
      contenders.push({ name: peer.name, run })
    }
    const limit = verifyLimit(credential, file)
    results.push([cell, await race(limit, contenders, roundsFor(cell.megabytes, isQuick))])
  }
  printTitle('validate: library, ES256, trust anchors set (c2pa-ts checks no trust)')
  printTable(
    HEAD,
    rows('validate', results, ({ megabytes }) => (megabytes < 5 ? 1.8 : 1.25)),
  )
}

async function signed(credential: BenchCredential, { format, file }: Cell): Promise<Uint8Array> {
  const run = await (await library('countersign')).signing(credential, format, file)
  return run()
}
