import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { startFileThreads } from '../src/platform/file-thread.ts'

test('large files are read, hashed and written by several threads, each with its own bytes', async (t: TestContext) => {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-file-thread-'))
  t.after(() => rm(folder, { recursive: true }))
  const files = startFileThreads()
  t.after(() => files.end())
  const contents = Array.from({ length: 12 }, () => randomBytes(2_500_000))
  const paths = contents.map((_, index) => join(folder, String(index)))
  await Promise.all(paths.map((path, index) => writeFile(path, contents[index] as Buffer)))
  // All at once, so that some wait; and again, when memory was given back.
  for (let round = 0; round < 2; round++) {
    await Promise.all(
      paths.map(async (path, index) => {
        const opened = await files.open(path)
        const content = contents[index] as Buffer
        t.assert.equal(Buffer.compare(opened.asset as Uint8Array, content), 0)
        t.assert.deepEqual(Buffer.from(opened.hash ?? []), createHash('sha256').update(content).digest())
        const asset = opened.asset as Uint8Array
        await opened.write(`${path}.out`, [Buffer.from(`before ${index}`), asset.subarray(100)])
        await opened.close()
        const written = await readFile(`${path}.out`)
        t.assert.equal(
          Buffer.compare(written, Buffer.concat([Buffer.from(`before ${index}`), content.subarray(100)])),
          0,
        )
      }),
    )
  }
})

test('threads that were ended open nothing more', async (t: TestContext) => {
  const files = startFileThreads()
  files.end()
  await t.assert.rejects(async () => files.open('/nowhere/at/all'), /the thread for files has ended/)
})
