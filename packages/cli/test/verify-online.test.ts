/** `countersign verify` of files whose manifest store stands elsewhere. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { pictureNaming, store } from '../../../test/named-store.ts'

const MAIN = fileURLToPath(new URL('../src/main.js', import.meta.url))

async function verify(...args: string[]) {
  const child = spawn(process.execPath, [MAIN, 'verify', ...args], { timeout: 20_000 })
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) child[name].on('data', (chunk) => (said[name] += chunk))
  const [status] = await once(child, 'close')
  return { ...said, status }
}

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-online-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('--online fetches, but nothing from this machine or its network, and says so', async (t: TestContext) => {
  let visits = 0
  const server = createServer((_request, response) => void response.end())
  server.on('connection', () => visits++)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const file = join(folderOf(t), 'picture.png')
  writeFileSync(file, pictureNaming(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`))
  const offline = await verify(file)
  t.assert.equal(offline.status, 2)
  t.assert.match(offline.stdout, /manifest\.inaccessible/)
  t.assert.equal(offline.stderr, '')
  const online = await verify(file, '--online')
  t.assert.equal(online.status, 2)
  t.assert.match(online.stderr, /^http:\/\/127\.0\.0\.1:\d+\/ was not fetched: port \d+ is not asked$/m)
  writeFileSync(file, pictureNaming('http://127.1/'))
  t.assert.match(
    (await verify(file, '--online')).stderr,
    /was not fetched: 127\.0\.0\.1 is at 127\.0\.0\.1, no public address/,
  )
  t.assert.equal(visits, 0)
})

test('a .c2pa file beside a file that holds no store is its store', async (t: TestContext) => {
  const folder = folderOf(t)
  const file = join(folder, 'picture.png')
  writeFileSync(file, pictureNaming('https://example.com/'))
  // It is another picture's.
  writeFileSync(join(folder, 'picture.c2pa'), store)
  const { status, stdout } = await verify(file)
  t.assert.equal(status, 2)
  t.assert.match(stdout, /assertion\.dataHash\.mismatch/)
  t.assert.match(stdout, /^ {2}Read from {3}.*picture\.c2pa, which stands beside it$/m)
  // One that has a store of its own is not read from there.
  copyFileSync(fileURLToPath(new URL('../../../test/vectors/c2pa/ok-png.png', import.meta.url)), file)
  const own = await verify(file)
  t.assert.equal(own.status, 1)
  t.assert.doesNotMatch(own.stdout, /Read from/)
})
