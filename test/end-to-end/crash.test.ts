/** A power cut in the middle of a hundred signings: what was answered is on record, and the platform comes back. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { run } from '../command.ts'
import { judge } from '../judge.ts'
import { noise } from '../pictures.ts'
import { startPlatform } from '../platform.ts'
import { ROOT } from '../repository.ts'
import { ECDSA_SHA256, recordedLabels, type SignAnswer, signForm } from '../sign-request.ts'

const data = await mkdtemp(join(tmpdir(), 'countersign-crash-'))
after(() => rm(data, { recursive: true, force: true }))

const REQUESTS = 100

/** Signs a hundred pictures at once, cuts the power after some answers, and gives the labels that were answered. */
async function cutAfter(answers: number, picture: Uint8Array): Promise<readonly string[]> {
  const platform = await startPlatform({ data })
  const labels: string[] = []
  const requests = Array.from({ length: REQUESTS }, async () => {
    const answer = await platform.sign(signForm(platform, picture, { signAlgo: ECDSA_SHA256 }))
    if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.body}`)
    labels.push(JSON.parse(answer.json<SignAnswer>().signed_manifest).active_manifest)
    if (labels.length === answers) await platform.kill()
  })
  const outcomes = await Promise.allSettled(requests)
  const lost = outcomes.filter(({ status }) => status === 'rejected').length
  if (lost === 0) throw new Error('every request was answered: the cut came too late to prove anything')
  return labels
}

test('kill -9 among a hundred signings, thrice', async (t: TestContext) => {
  const picture = await noise('image/jpeg', 400, 300)
  const answered: string[] = []
  for (const answers of [1, 20, 60]) {
    const labels = await cutAfter(answers, picture)
    t.assert.ok(labels.length >= answers)
    answered.push(...labels)
  }

  const platform = await startPlatform({ data })
  try {
    t.assert.equal((await platform.request('api', '/ready')).status, 200)
    const recorded = new Set(recordedLabels(data))
    const unrecorded = answered.filter((label) => !recorded.has(label))
    t.assert.deepEqual(unrecorded, [], 'answered, but not on record')

    const again = await platform.sign(signForm(platform, picture), { accept: 'image/jpeg' })
    t.assert.equal((await judge('image/jpeg', again.body, platform.ca)).validation_state, 'Trusted')
  } finally {
    await platform.stop()
  }
  const cli = join(ROOT, 'packages/cli/src/main.js')
  const audit = await run(process.execPath, [cli, 'audit', 'verify', '--data', data])
  t.assert.equal(audit.status, 0, audit.stdout + audit.stderr)
  t.assert.match(audit.stdout, /whole/)
})
