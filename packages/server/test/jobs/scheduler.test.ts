import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createScheduler } from '../../src/jobs/scheduler.ts'

test('a job comes around, one run at a time, and goes on after it failed', async (t) => {
  let runs = 0
  let atOnce = 0
  const errors: string[] = []
  const scheduler = createScheduler(
    [
      {
        name: 'work',
        everyMs: 1,
        run: async () => {
          t.assert.equal(++atOnce, 1)
          runs++
          await delay(2)
          atOnce--
          if (runs === 2) throw new Error('the second fails')
        },
      },
    ],
    (job, error) => void errors.push(`${job}: ${(error as Error).message}`),
  )
  scheduler.start()
  while (runs < 5) await delay(1)
  await scheduler.stop()
  t.assert.equal(atOnce, 0)
  t.assert.deepEqual(errors, ['work: the second fails'])
  const stopped = runs
  await delay(20)
  t.assert.equal(runs, stopped)
})

test('a job that is wanted soon does not wait for its turn, and a wish during a run is not lost', async (t) => {
  let runs = 0
  let finish: () => void = () => undefined
  const scheduler = createScheduler(
    [
      {
        name: 'rare',
        everyMs: 3_600_000,
        run: async () => {
          runs++
          await new Promise<void>((resolve) => {
            finish = resolve
          })
        },
      },
    ],
    () => undefined,
  )
  scheduler.runSoon('rare')
  scheduler.start()
  scheduler.runSoon('rare')
  while (runs < 1) await delay(1)
  scheduler.runSoon('rare')
  scheduler.runSoon('rare')
  finish()
  while (runs < 2) await delay(1)
  finish()
  await delay(20)
  t.assert.equal(runs, 2)
  await scheduler.stop()
})
