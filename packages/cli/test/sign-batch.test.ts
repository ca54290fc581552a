import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { InputError } from '../src/failure.ts'
import { type FileResult, type FileSigner, Stop, signBatch } from '../src/sign-batch.ts'
import type { FileToSign } from '../src/sign-plan.ts'

const SIGNED = { mediaType: 'image/png', manifestLabel: 'urn:c2pa:x', size: 1 }
const MB = 1024 * 1024

function filesIn(t: TestContext, sizes: readonly number[]): FileToSign[] {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-batch-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return sizes.map((size, index) => ({
    file: join(folder, `${index}.png`),
    out: join(folder, 'out', `${index}.png`),
    size,
    modifiedAt: 0,
  }))
}

type Watched = { readonly results: FileResult[]; readonly most: () => number }

/** Signs, and says how many were under way at once. */
async function run(
  files: readonly FileToSign[],
  sign: FileSigner,
  { jobs = 3, isFirstAlone = false, signal = new AbortController().signal, force = false } = {},
): Promise<Watched> {
  const results: FileResult[] = []
  let running = 0
  let most = 0
  const counted: FileSigner = async (file, ending) => {
    most = Math.max(most, ++running)
    await new Promise((resolve) => setTimeout(resolve, 20))
    try {
      return await sign(file, ending)
    } finally {
      running--
    }
  }
  await signBatch(files, {
    sign: counted,
    jobs,
    isFirstAlone,
    force,
    signal,
    onResult: (result) => results.push(result),
  })
  return { results, most: () => most }
}

test('as many at once as there may be, and no more than memory holds', async (t: TestContext) => {
  const small = await run(filesIn(t, Array(10).fill(1)), async () => SIGNED)
  t.assert.equal(small.results.filter(({ status }) => status === 'signed').length, 10)
  t.assert.equal(small.most(), 3)
  const large = await run(filesIn(t, Array(6).fill(90 * MB)), async () => SIGNED)
  t.assert.equal(large.most(), 2)
  const huge = await run(filesIn(t, Array(3).fill(1000 * MB)), async () => SIGNED)
  t.assert.equal(huge.results.length, 3)
  t.assert.equal(huge.most(), 1)
})

test('a file at fault is told, and the others are signed', async (t: TestContext) => {
  const files = filesIn(t, [1, 1, 1])
  const { results } = await run(files, async ({ file }) => {
    if (file.endsWith('1.png')) throw new InputError('it is damaged')
    return SIGNED
  })
  t.assert.deepEqual(results.map(({ status }) => status).sort(), ['failed', 'signed', 'signed'])
})

test('the first goes alone where a wrong PIN would be tried by each, and a stop stops all', async (t: TestContext) => {
  const files = filesIn(t, Array(50).fill(1))
  const pin = new Error('The PIN is invalid.')
  let tries = 0
  const wrong: FileSigner = async () => {
    tries++
    throw new Stop(pin)
  }
  await t.assert.rejects(run(files, wrong, { isFirstAlone: true }), pin)
  t.assert.equal(tries, 1)
  // Where all share it, nobody waits for it.
  await t.assert.rejects(run(files, wrong), pin)
  t.assert.equal(tries, 4)
})

test('an interruption lets nothing else begin, and waits for what is under way', async (t: TestContext) => {
  const interruption = new AbortController()
  let begun = 0
  let ended = 0
  const running = run(
    filesIn(t, Array(50).fill(1)),
    async () => {
      if (++begun === 5) interruption.abort()
      await new Promise((resolve) => setTimeout(resolve, 5))
      ended++
      return SIGNED
    },
    { signal: interruption.signal },
  )
  await t.assert.rejects(running, { name: 'AbortError' })
  t.assert.equal(ended, begun)
  t.assert.ok(begun < 10)
})

test('what stands there and is not what signing gave is not replaced unless that is wanted', async (t: TestContext) => {
  const [file] = filesIn(t, [1]) as [FileToSign]
  const out = join(file.file, '..', 'there.png')
  writeFileSync(out, 'mine')
  const files = [{ ...file, out }]
  const [result] = (await run(files, async () => SIGNED)).results
  t.assert.equal(result?.status, 'failed')
  t.assert.match(
    result?.status === 'failed' ? result.why : '',
    /there already, and it has no Content Credentials: --force replaces it$/,
  )
  utimesSync(out, 1, 1)
  const older = (await run([{ ...file, out, modifiedAt: 2000 }], async () => SIGNED)).results[0]
  t.assert.match(older?.status === 'failed' ? older.why : '', /it is older than what is to be signed/)
  t.assert.equal((await run(files, async () => SIGNED, { force: true })).results[0]?.status, 'signed')
})

test('a full disk stops all of it', async (t: TestContext) => {
  const running = run(filesIn(t, [1, 1]), async ({ out }) => {
    throw Object.assign(new Error('full'), { code: 'ENOSPC', syscall: 'write', path: out })
  })
  await t.assert.rejects(running, /can't be written: ENOSPC/)
})
