/** Changed files: always a report, and never believed where what was signed has changed. `npm run fuzz` tries tens of thousands. */
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { verify } from '../../src/verify/verify.ts'
import { mutations } from '../mutation/mutation.ts'
import { corpusSubjects, type Subject, shared, signedSubjects, vectorSubjects } from '../mutation/subjects.ts'
import { judge, prepare } from '../mutation/trial.ts'

/** Larger ones take longer than they tell more: they are for `npm run fuzz`. */
const LARGEST = 120_000

async function tryAll(subjects: readonly Subject[], seed: number, runs: number): Promise<void> {
  const prepared = await Promise.all(subjects.filter(({ asset }) => asset.length <= LARGEST).map(prepare))
  for (const [index, subject] of prepared.entries())
    await fc.assert(
      fc.asyncProperty(mutations, async (list) => {
        const wrong = await judge(subject, list)
        if (wrong !== undefined) throw new Error(`${subject.name}: ${wrong}`)
      }),
      { seed: seed + index, numRuns: runs, endOnFailure: true },
    )
}

test('the vectors of this repository, changed', () => tryAll(vectorSubjects(), 1000, 12))

test('media of every format, signed and changed', async () => tryAll(await signedSubjects(), 2000, 40))

test('files of other projects, changed', async (t: TestContext) => {
  const subjects = corpusSubjects(shared).filter(({ name }) => !name.startsWith('vectors/'))
  if (subjects.length === 0) t.skip('../shared/c2pa-corpus is absent')
  else await tryAll(subjects, 3000, 20)
})

test('every truncation of a signed file is Invalid', async (t: TestContext) => {
  const [subject] = vectorSubjects().filter(({ name }) => name === 'ok-png.png')
  const { asset, options } = subject as Subject
  for (let length = 0; length < asset.length; length += 7)
    t.assert.equal((await verify(asset.subarray(0, length), options)).state, 'Invalid')
})

test('what is not changed is believed', async (t: TestContext) => {
  for (const { name, asset, options } of await signedSubjects())
    t.assert.equal((await verify(asset, options)).state, 'Trusted', name)
})
