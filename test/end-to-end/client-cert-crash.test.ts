/** A rotation may die anywhere: the files work at every moment, and the next run finishes it. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { run } from '../command.ts'
import { type Platform, startPlatform } from '../platform.ts'
import { ROOT } from '../repository.ts'
import { make, recordsOf, rotate, statusWith } from '../rotation-fixture.ts'

let platform: Platform
let folder: string

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-crash-'))
  mkdirSync(join(folder, 'data'))
  platform = await startPlatform({ data: join(folder, 'data') })
})
after(async () => {
  await platform.remove()
  rmSync(folder, { recursive: true, force: true })
})

const STEPS: readonly (readonly [step: string, times?: number])[] = [
  ['key made'],
  ['begun'],
  ['issued'],
  ['stored'],
  ['recorded'],
  ['proved'],
  ['copied'],
  ['linked'],
  ['linked', 2],
  ['linked', 3],
  ['swapped'],
  ['reloaded'],
  ['settled'],
  ['disabled'],
]

async function crashAndFinish(t: TestContext, step: string, times: number): Promise<void> {
  const base = `Crash-${step.replace(' ', '-')}-${times}`
  await make(folder, { name: base, out: base })
  const files = { kind: 'pem', cert: join(folder, base, 'cert.pem'), key: join(folder, base, 'key.pem') } as const
  const script = join(ROOT, 'test/rotation-crash.ts')
  const { status, stderr } = await run(process.execPath, [script, folder, base, step, String(times)])
  t.assert.equal(status, null, `killed at ${step} ${times}: ${stderr}`)
  t.assert.equal(await statusWith(platform, files), 200, `${step} ${times}: the files work after the crash`)

  // As by the clock: it is not time to rotate, but what was begun is finished.
  const reloads: number[] = []
  const outcome = await rotate(folder, files, {
    withinDays: 1,
    graceMs: 0,
    reload: async () => void reloads.push(await statusWith(platform, files)),
  })
  // Without a record of it, a key alone is no rotation; with all of it settled, there is nothing to do but the end.
  const isPending = !['key made', 'settled', 'disabled'].includes(step)
  t.assert.deepEqual([outcome.rotated, outcome.resumed], [isPending, isPending], `${step} ${times}`)
  t.assert.deepEqual(reloads, isPending ? [200] : [], `${step} ${times}: the new one works before the old one ends`)
  t.assert.equal(await statusWith(platform, files), 200, `${step} ${times}`)
  const expected = step === 'key made' ? [`${base}: counts`] : [`${base}: disabled`, `${base} 2: counts`]
  t.assert.deepEqual(await recordsOf(folder, base), expected, `${step} ${times}: one certificate, and no more`)

  const left = readdirSync(join(folder, base, '.cert.pem.rotation')).filter((name) => !/^[0-9A-F]+$/.test(name))
  const known = step === 'key made' ? ['lock'] : ['current', 'lock', 'state.json']
  t.assert.deepEqual(left.sort(), known, `${step} ${times}: no key is left lying about`)
  t.assert.deepEqual(readdirSync(join(folder, base)).sort(), ['.cert.pem.rotation', 'cert.pem', 'chain.pem', 'key.pem'])
}

test('after a crash at any step the files work, and the next run finishes the rotation', async (t: TestContext) => {
  const waiting = [...STEPS]
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await crashAndFinish(t, next[0], next[1] ?? 1)
  }
  await Promise.all([work(), work()])
})
