/** The lists of Account Manager are asked for, and answered, in one way. */
import { type TestContext, test } from 'node:test'
import { ADMINISTRATOR_ROLES } from '../../src/domain/role.ts'
import { addPerson, browserOf, PASSWORD } from './test-person.ts'
import { json, startTestPlatform } from './test-platform.ts'

const LISTS = ['account', 'api-key', 'client-auth-certificate', 'role', 'user', 'user/me/session', 'webhook']
const SECOND = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/

test('every list is a bare array of a part that was asked for, tells of the rest, and writes moments alike', async (t: TestContext) => {
  const platform = await startTestPlatform()
  t.after(() => platform.stop())
  const person = await addPerson(platform, ADMINISTRATOR_ROLES)
  await browserOf(platform, { email: person.email, password: PASSWORD })
  const browser = await browserOf(platform, { email: person.email, password: PASSWORD })
  for (const path of ['example.com/a', 'example.com/b'])
    await browser.ask('/account/api/v1/webhook', {
      method: 'POST',
      body: { url: `https://${path}`, events: ['api_key.ended'] },
    })
  for (const name of LISTS) {
    const path = `/account/api/v1/${name}`
    const ofUser = name === 'client-auth-certificate' ? `user_id=${platform.account.service_user_id}&` : ''
    const all = await browser.ask(`${path}?${ofUser}`)
    const total = json<object[]>(all).length
    t.assert.ok(total > 0, name)
    t.assert.equal(all.headers['x-total-count'], String(total), name)
    t.assert.equal(all.headers.link, undefined, name)
    const first = await browser.ask(`${path}?${ofUser}limit=1`)
    t.assert.equal(json<object[]>(first).length, 1, name)
    t.assert.equal(first.headers['x-total-count'], String(total), name)
    t.assert.equal(first.headers.link !== undefined, total > 1, name)
    const none = await browser.ask(`${path}?limit=0`)
    t.assert.deepEqual([none.status, json(none).errors[0]?.message], [400, 'limit: must be >= 1'], name)
    for (const item of json<Record<string, unknown>[]>(all))
      for (const field of ['created_at', 'end_date', 'start_date', 'last_used_at'])
        if (typeof item[field] === 'string') t.assert.match(item[field], SECOND, `${name} ${field}`)
  }
})
