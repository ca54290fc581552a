/** The client in a page of the platform's own host, in a real Chromium: with fetch for a transport. */
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { build } from 'esbuild'
import type { Page } from 'playwright-core'
import { type Chromium, noChromium, startChromium } from '../../../test/chromium.ts'
import { noise } from '../../../test/pictures.ts'
import { type Platform, startPlatform } from '../../../test/platform.ts'
import { ROOT } from '../../../test/repository.ts'
import type * as Sdk from '../src/index.ts'

declare const sdk: typeof Sdk

let platform: Platform
let chromium: Chromium
let page: Page

before(async () => {
  if (noChromium) return
  platform = await startPlatform()
  // Not beside it: it would stay where the platform could not start.
  chromium = await startChromium('insecure.example')
  // The root of the platform is not the browser's, and the page is none that would take a script.
  page = await chromium.browser.newPage({ ignoreHTTPSErrors: true, bypassCSP: true })
  await page.goto(`${platform.account.base_url}/version`)
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, 'packages/sdk/src/index.ts')],
    bundle: true,
    format: 'iife',
    globalName: 'sdk',
    write: false,
  })
  await page.addScriptTag({ content: outputFiles[0]?.text ?? '' })
})
after(async () => {
  await chromium?.stop()
  await platform?.remove()
})

const options = { skip: noChromium }

test('asks, and hears why not', options, async (t: TestContext) => {
  const asked = (apiKey: string): Promise<unknown> =>
    page.evaluate(async (apiKey) => {
      const countersign = sdk.connect({ url: location.origin, apiKey })
      try {
        return (await countersign.users.me()).id
      } catch (error) {
        const { code, status, requestId } = error as Sdk.CountersignError
        return { isOurs: error instanceof sdk.CountersignError, code, status, hasId: requestId !== undefined }
      }
    }, apiKey)
  t.assert.equal(await asked(platform.account.service_api_key), platform.account.service_user_id)
  t.assert.deepEqual(await asked('wrong'), { isOurs: true, code: 'invalid_api_key', status: 401, hasId: true })
})

test(
  'who signs in changes things by the session, from a page that knows its token',
  options,
  async (t: TestContext) => {
    const { admin_email, admin_password, service_user_id } = platform.account
    const friendlyName = await page.evaluate(
      async ({ email, password, id }) => {
        const { sessions } = sdk.connect({ url: location.origin })
        await sessions.signIn({ email, password })
        // As after the page was loaded again.
        const countersign = sdk.connect({ url: location.origin })
        await countersign.sessions.get()
        const { friendly_name } = await countersign.users.change(id, { friendly_name: 'Night desk' })
        await countersign.sessions.signOut()
        return friendly_name
      },
      { email: admin_email, password: admin_password, id: service_user_id },
    )
    t.assert.equal(friendlyName, 'Night desk')
  },
)

test('sends a File, bytes and a stream', options, async (t: TestContext) => {
  const picture = [...(await noise('image/png', 40, 30))]
  const states = await page.evaluate(async (numbers) => {
    const countersign = sdk.connect({ url: location.origin })
    const bytes = new Uint8Array(numbers)
    const files = [bytes, new File([bytes], 'a.png'), new Blob([bytes]).stream() as AsyncIterable<Uint8Array>]
    const reports = await Promise.all(files.map((file) => countersign.verify(file)))
    return reports.map((report) => report.validation_state)
  }, picture)
  t.assert.deepEqual(states, ['Invalid', 'Invalid', 'Invalid'])
})

test('what only Node has is refused in a sentence', options, async (t: TestContext) => {
  const sentences = await page.evaluate(async () => {
    const url = location.origin
    const of = (work: () => unknown): Promise<string> =>
      Promise.resolve()
        .then(work)
        .then(String, (error) => error.message)
    return [
      await of(() => sdk.connect({ url, certificate: { cert: '', key: '' } })),
      await of(() => sdk.connect({ url, ca: '' })),
      await of(() => sdk.connect({ url }).verify('picture.jpg')),
    ]
  })
  t.assert.deepEqual(sentences, [
    'certificate: a browser has its own; leave it out.',
    'ca: a browser has its own; leave it out.',
    'A page takes a File, a Blob or bytes, not a path.',
  ])
})

test('no other site is followed to, and silence and aborts are told', options, async (t: TestContext) => {
  await page.route('**/account/api/v1/user/me', (route) =>
    route.fulfill({ status: 302, headers: { location: 'https://elsewhere.invalid/' } }),
  )
  await page.route('**/account/api/v1/role', () => {})
  const outcome = await page.evaluate(async () => {
    const countersign = sdk.connect({ url: location.origin, retries: 0, timeoutSeconds: 0.3 })
    const codeOf = (work: Promise<unknown>): Promise<string> =>
      work.then(String, (error) => error.code ?? error.message)
    return [
      await codeOf(countersign.users.me()),
      await codeOf(countersign.roles.list()),
      await codeOf(countersign.roles.list({}, { signal: AbortSignal.abort(new Error('changed my mind')) })),
    ]
  })
  t.assert.deepEqual(outcome, ['connection_failed', 'timed_out', 'changed my mind'])
})
