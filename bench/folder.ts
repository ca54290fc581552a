/** A folder of photos, signed where it is by the command line: all that takes, its start and the platform's work, beside the physical limit on all processors. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MAIN } from '../test/countersign.ts'
import { type Platform, startPlatform } from '../test/platform.ts'
import { folderLimit } from './folder-limit.ts'
import { noiseFile } from './library.ts'
import { type Contender, percentile } from './measure.ts'
import { printTable, printTitle, times, verdict } from './table.ts'

const FILES = 1_000
const GOAL = 1.5
const OURS = 'countersign sign'

export async function benchFolder(isQuick: boolean): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-folder-'))
  const platform = await startPlatform()
  const limit = folderLimit()
  let turn = 0
  /** A folder that nothing was deleted from: where that was, some file systems make new files slowly. */
  const fresh = (): string => {
    const out = join(folder, `out-${turn++}`)
    mkdirSync(out)
    return out
  }
  try {
    const photos = await makePhotos(folder)
    const signing =
      (...flags: string[]) =>
      async (out: string) =>
        sign(platform, [photos, '--out', out, ...flags])
    const contenders: readonly Row[] = [
      {
        name: 'physical limit',
        run: (out) =>
          limit.run(readdirSync(photos).map((name) => ({ file: join(photos, name), out: join(out, name) }))),
      },
      { name: OURS, run: signing('--no-thumbnail', '--no-timestamp') },
      { name: 'with time stamps', run: signing('--no-thumbnail') },
    ]
    const samples = await timedInTurns(contenders, isQuick ? 3 : 7, fresh)
    print(contenders, samples)
  } finally {
    limit.end()
    await platform.remove()
    rmSync(folder, { recursive: true })
  }
}

type Row = Pick<Contender, 'name'> & { run(out: string): Promise<void> }

async function makePhotos(folder: string): Promise<string> {
  const photos = join(folder, 'photos')
  mkdirSync(photos)
  const photo = await noiseFile('image/jpeg', 1)
  for (let index = 0; index < FILES; index++) {
    // Inside of what is drawn: each has another hash.
    photo.writeUInt32LE(index, photo.length - 300)
    writeFileSync(join(photos, `photo-${index}.jpg`), photo)
  }
  return photos
}

function sign(platform: Platform, args: readonly string[]): void {
  const env = { ...process.env, COUNTERSIGN_QUICKSTART: join(platform.data, 'quickstart') }
  const { status, stderr } = spawnSync(process.execPath, [MAIN, 'sign', ...args], { env, encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
}

/** Milliseconds of each contender, turn by turn. The first turn is none: threads and the platform are made ready by it. */
async function timedInTurns(contenders: readonly Row[], turns: number, fresh: () => string): Promise<number[][]> {
  const samples = contenders.map((): number[] => [])
  for (let turn = -1; turn < turns; turn++) {
    for (const [index, contender] of contenders.entries()) {
      const out = fresh()
      const start = performance.now()
      await contender.run(out)
      const time = performance.now() - start
      if (turn >= 0) samples[index]?.push(time)
      // What is not on the disk yet need not go there: the next one is not to wait for it.
      for (const name of readdirSync(out)) truncateSync(join(out, name))
    }
  }
  return samples
}

function print(contenders: readonly Row[], [limit = [], ...rest]: readonly (readonly number[])[]): void {
  const row = (name: string, own: readonly number[]): string[] => {
    const p50 = percentile(own, 0.5)
    const ratio = percentile(
      own.map((time, turn) => time / (limit[turn] ?? Number.NaN)),
      0.5,
    )
    const isGoal = name === OURS
    const judged = isGoal ? verdict(`sign a folder: ${times(ratio)}`, ratio <= GOAL) : ''
    const perSecond = ((1000 * FILES) / p50).toFixed(0)
    return [name, `${(p50 / 1000).toFixed(2)} s`, perSecond, times(ratio), isGoal ? `<= ${times(GOAL)}` : '', judged]
  }
  printTitle(`sign a folder where it is: ${FILES} JPEGs of 1 MB, no thumbnail, no time stamp, recorded, all processors`)
  printTable(
    ['what', 'p50', 'per s', 'to limit', 'goal', ''],
    contenders.map(({ name }, index) => row(name, index === 0 ? limit : (rest[index - 1] ?? []))),
  )
}
