/** Several workers are one platform to whoever scrapes it. */
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { spawnServe, until } from './serve-process.ts'
import { temporaryFolder } from './test-world.ts'

/** Each on a connection of its own, so that the workers take turns. */
function get(baseUrl: string, path: string, ca: string): Promise<string> {
  const { hostname, port } = new URL(baseUrl)
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      path,
      ca,
      servername: hostname,
      headers: { host: hostname },
      agent: false,
      // A connection on its way to a worker that dies is lost, and nobody says so.
      signal: AbortSignal.timeout(3_000),
    }
    request(options as object, async (response) => {
      let text = ''
      for await (const chunk of response.setEncoding('utf8')) text += chunk
      resolve(text)
    })
      .on('error', reject)
      .end()
  })
}

test('every worker gives the measures of all: counts summed, days to expiry not', {
  timeout: 60_000,
}, async (t: TestContext) => {
  const data = temporaryFolder(t)
  const child = spawnServe(data, { COUNTERSIGN_WORKERS: '2' })
  const exited = once(child, 'exit')
  t.after(() => child.kill('SIGKILL'))
  const account = join(data, 'quickstart', 'account.json')
  await until(() => existsSync(account))
  const { base_url: url } = JSON.parse(readFileSync(account, 'utf8'))
  const ca = readFileSync(join(data, 'ca.pem'), 'utf8')
  const measured = async (name: RegExp): Promise<number> =>
    Number(name.exec(await get(url, '/metrics', ca))?.[1] ?? Number.NaN)

  const requests = 9
  for (let count = 0; count < requests; count++) await get(url, '/version', ca)
  const counted = /^countersign_http_request_duration_seconds_count\{[^}]*route="\/version"[^}]*\} (\d+)$/m
  // A request is counted after its answer has left.
  for (let tries = 0; (await measured(counted)) < requests && tries < 20; tries++);
  for (let scrape = 0; scrape < 4; scrape++) t.assert.equal(await measured(counted), requests)
  const days = await measured(/^countersign_certificate_days_to_expiry\{kind="authority",name="root"\} ([\d.]+)$/m)
  t.assert.ok(days > 7_000 && days < 7_400, `${days}`)

  // Where the kernel tells who its children are, one of them dies while it is asked.
  const children = `/proc/${child.pid}/task/${child.pid}/children`
  if (existsSync(children)) {
    const scrapes = Promise.allSettled(Array.from({ length: 20 }, () => measured(counted)))
    process.kill(Number(readFileSync(children, 'utf8').split(' ')[0]), 'SIGKILL')
    await scrapes
    t.assert.ok((await measured(counted)) < requests)
  }

  child.kill('SIGTERM')
  t.assert.deepEqual(await exited, [0, null])
})
