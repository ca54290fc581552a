/** A real browser signs in: what it does with the cookie, and what pages of another site get it to do. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, type TestContext, test } from 'node:test'
import type { BrowserContext, Page } from 'playwright-core'
import { type Chromium, noChromium, startChromium } from '../chromium.ts'
import { type Platform, startPlatform } from '../platform.ts'

const API = '/account/api/v1'
const EVIL = 'evil.example'

type Asked = { status: number; body: string }

/** Asks as a script of the page does. */
function ask(
  page: Page,
  method: string,
  path: string,
  { csrf, body }: { csrf?: string; body?: object } = {},
): Promise<Asked> {
  const headers = { ...(csrf && { 'x-csrf-token': csrf }), ...(body && { 'content-type': 'application/json' }) }
  const text = body && JSON.stringify(body)
  return page.evaluate(
    async ([method, path, headers, text]) => {
      const answer = await fetch(path, { method, headers, ...(text !== undefined && { body: text }) })
      return { status: answer.status, body: await answer.text() }
    },
    [method, `${API}${path}`, headers, text] as const,
  )
}

/** A profile of its own. What the page of the documentation draws itself with is none of these tests' concern, and large. */
async function newContext({ browser }: Chromium): Promise<BrowserContext> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true })
  await context.route(/\/docs\/static\/.*\.(?:js|css|png)$/, (route) => route.abort())
  return context
}

async function signedIn(page: Page, { account }: Platform): Promise<{ csrf: string }> {
  // A page of ours with a script's rights: those of the API may do nothing.
  await page.goto(`${account.base_url}/docs`)
  const body = { email: account.admin_email, password: account.admin_password }
  const answer = await ask(page, 'POST', '/session', { body })
  if (answer.status !== 201) throw new Error(answer.body)
  return { csrf: (JSON.parse(answer.body) as { csrf_token: string }).csrf_token }
}

/** A site of somebody else's, on a name of its own. */
async function evilSite(t: TestContext, html: string): Promise<string> {
  const server = createServer((_request, response) => response.setHeader('content-type', 'text/html').end(html))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return `http://${EVIL}:${(server.address() as AddressInfo).port}/`
}

describe('in a browser', { skip: noChromium }, () => {
  let platform: Platform
  let chromium: Chromium
  before(async () => {
    platform = await startPlatform()
    // Not beside it: it would stay where the platform could not start.
    chromium = await startChromium(EVIL)
  })
  after(async () => {
    await chromium.stop()
    await platform.remove()
  })

  test('a browser signs in, is known by its cookie alone, and signs out', async (t: TestContext) => {
    const context = await newContext(chromium)
    const page = await context.newPage()
    const { csrf } = await signedIn(page, platform)

    const [cookie, ...others] = await context.cookies()
    t.assert.equal(others.length, 0)
    t.assert.deepEqual(
      [cookie?.name, cookie?.httpOnly, cookie?.secure, cookie?.sameSite, cookie?.path, cookie?.expires],
      ['__Host-countersign', true, true, 'Strict', '/', -1],
    )
    t.assert.equal(await page.evaluate(() => document.cookie), '', 'a script reads the cookie')
    t.assert.equal((await ask(page, 'GET', '/user/me')).status, 200)
    const key = { body: { name: 'Made in a browser' } }
    t.assert.deepEqual([(await ask(page, 'POST', '/api-key', key)).status], [403])
    t.assert.equal((await ask(page, 'POST', '/api-key', { ...key, csrf })).status, 201)
    const mutualTls = platform.account.clientauth_url
    const there = await page.evaluate(
      (url) => fetch(url, { credentials: 'include' }).then((one) => one.status, String),
      mutualTls,
    )
    t.assert.match(String(there), /TypeError/, 'another host is asked')

    await page.reload()
    const again = await ask(page, 'GET', '/session')
    t.assert.equal((JSON.parse(again.body) as { csrf_token: string }).csrf_token, csrf)
    t.assert.equal((await ask(page, 'DELETE', '/session', { csrf })).status, 204)
    t.assert.deepEqual(await context.cookies(), [])
    t.assert.equal((await ask(page, 'GET', '/user/me')).status, 401)
  })

  test('pages of another site do nothing in the name of who is signed in', async (t: TestContext) => {
    const context = await newContext(chromium)
    const page = await context.newPage()
    const { csrf } = await signedIn(page, platform)
    const base = platform.account.base_url
    const keys = async (): Promise<string> => (await ask(page, 'GET', '/api-key')).body
    const before = await keys()

    const evil = await context.newPage()
    await evil.goto(
      await evilSite(
        t,
        `<a href="${base}${API}/user/me">me</a>
       <form method="post" enctype="text/plain" action="${base}${API}/api-key"><input name='{"name":"x","a":"' value='"}'></form>`,
      ),
    )
    const fetched = await evil.evaluate(
      async ([base, csrf]) => {
        const ask = (path: string, options: RequestInit): Promise<string> =>
          fetch(`${base}/account/api/v1${path}`, { credentials: 'include', ...options }).then(
            (answer) => `${answer.type} ${answer.status}`,
            () => 'blocked',
          )
        const body = '{"name":"x"}'
        return [
          await ask('/session', {}),
          await ask('/session', { method: 'DELETE', headers: { 'x-csrf-token': csrf } }),
          await ask('/api-key', {
            method: 'POST',
            body,
            headers: { 'content-type': 'application/json', 'x-csrf-token': csrf },
          }),
          await ask('/api-key', { method: 'POST', body, mode: 'no-cors' }),
        ]
      },
      [base, csrf] as const,
    )
    t.assert.deepEqual(fetched, ['blocked', 'blocked', 'blocked', 'opaque 0'])
    await Promise.all([evil.waitForNavigation(), evil.evaluate(() => document.forms[0]?.submit())])
    t.assert.match(await evil.content(), /invalid_api_key/, 'the cookie went along with a form')
    await evil.goBack()
    await Promise.all([evil.waitForNavigation(), evil.click('a')])
    t.assert.match(await evil.content(), /invalid_api_key/, 'the cookie went along with a link')
    t.assert.equal(await keys(), before)
    t.assert.equal((await ask(page, 'GET', '/session')).status, 200)
  })
})
