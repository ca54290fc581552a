import { randomUUID } from 'node:crypto'
import { after, before, type TestContext, test } from 'node:test'
import type { AuditEvent } from '../../src/domain/audit-event.ts'
import { auditEvent } from '../store/noun.ts'
import { type Answer, json, startTestPlatform, type TestPlatform } from './test-platform.ts'

const PATH = '/account/api/v1/audit-log'
type View = Record<'id' | 'action' | 'resource_type' | 'status' | 'created_at', string> & {
  readonly account_id: string
  readonly user_name: string | null
  readonly details: Record<string, unknown>
}

let platform: TestPlatform
const DAY = new Date('2025-03-31T12:00:00.000Z')

before(async () => {
  platform = await startTestPlatform()
  const { users, auditEvents } = platform.world.store
  const user = (await users.find(platform.account.service_user_id))!
  await users.update({ ...user, permissions: [...user.permissions, 'VIEW_AM_AUDIT_LOG'] })
  for (let index = 0; index < 25; index++) await auditEvents.append(event(index))
  await auditEvents.append(event(0, { accountId: randomUUID(), action: 'content.sign' }))
})
after(() => platform.stop())

function event(index: number, changes: Partial<AuditEvent> = {}): AuditEvent {
  const at = new Date(DAY.getTime() + index * 3_600_000)
  return auditEvent({
    id: randomUUID(),
    at,
    accountId: platform.account.account_id,
    actorId: platform.account.service_user_id,
    actorKind: 'user',
    action: index % 2 ? 'test.odd' : 'test.even',
    resourceType: index % 5 ? 'thing' : 'other_thing',
    resourceId: `=cmd|${index}`,
    status: index === 7 ? 'failed' : 'success',
    details: { index, text: 'a, "b"\n' },
    ...changes,
  })
}

const get = (query = '', headers: Record<string, string> = {}): Promise<Answer> =>
  platform.ask(`${PATH}${query}`, { headers })
const list = async (query: string): Promise<View[]> => json<View[]>(await get(query))
const indexes = async (query: string): Promise<unknown[]> => (await list(query)).map(({ details }) => details.index)

test('an account sees its own events, newest first, with the names of its users', async (t: TestContext) => {
  const all = await list('?limit=1000')
  t.assert.ok(all.length > 25)
  for (const { account_id } of all) t.assert.equal(account_id, platform.account.account_id)
  t.assert.deepEqual(
    all
      .map(({ created_at }) => created_at)
      .toSorted()
      .reverse(),
    all.map(({ created_at }) => created_at),
  )
  const [first] = await list('?action=test.even')
  const { friendlyName } = (await platform.world.store.users.find(platform.account.service_user_id))!
  t.assert.equal(first!.user_name, friendlyName)
})

test('each filter leaves what it says, in either order', async (t: TestContext) => {
  const days = 'from=2025-03-31&to=2025-03-31'
  t.assert.deepEqual(await indexes(`?${days}&sort=created_at`), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
  for (const sort of ['-created_at', 'created_at,desc', 'created_at:DESC', ''])
    t.assert.deepEqual(await indexes(`?${days}&sort=${sort}&action=test.odd`), [11, 9, 7, 5, 3, 1], sort)
  t.assert.deepEqual(await indexes(`?${days}&status=FAILED`), [7])
  t.assert.deepEqual(await indexes(`?${days}&resource_types=other_thing,none`), [10, 5, 0])
  t.assert.deepEqual(await indexes(`?${days}&resource_id=${encodeURIComponent('=cmd|3')}`), [3])
  const { friendlyName, email } = (await platform.world.store.users.find(platform.account.service_user_id))!
  for (const name of [friendlyName.slice(1, 5).toUpperCase(), email.slice(2, 9)])
    t.assert.equal((await indexes(`?${days}&user_name=${encodeURIComponent(name)}`)).length, 12, name)
  t.assert.deepEqual(await indexes(`?${days}&user_name=nobody%25`), [])
  t.assert.deepEqual(await indexes(`?${days}&account_id=${platform.account.account_id}&status=failed`), [7])
})

test('pages join without gap or repeat, and say what is next', async (t: TestContext) => {
  const seen: unknown[] = []
  let query = '?action=test.even&limit=5'
  let total: string | undefined
  for (let page = 0; query !== '' && page < 9; page++) {
    const answer = await get(query)
    seen.push(...json<View[]>(answer).map(({ details }) => details.index))
    total = answer.headers['x-total-count']
    const [, next = ''] = /^<\/account\/api\/v1\/audit-log(\?[^>]*)>; rel="next"$/.exec(answer.headers.link ?? '') ?? []
    query = next
  }
  t.assert.deepEqual(
    seen,
    Array.from({ length: 13 }, (_, index) => 24 - 2 * index),
  )
  t.assert.equal(total, '13')
})

test('what is wrong in the query is named, and nothing is listed', async (t: TestContext) => {
  for (const [query, sentence] of [
    ['from=2025-02-30', /from.*a day/],
    ['to=yesterday', /to.*a day/],
    ['from=2025-03-31&to=2025-03-30', /to\. .*same day/],
    ['status=maybe', /status/],
    ['sort=action', /sort/],
    ['sort=-created_at,asc', /sort/],
    ['limit=0', /limit.*1 to 1000/],
    ['limit=1001', /limit/],
    ['limit=1e3', /limit/],
    ['offset=10001', /offset.*10000/],
    ['offset=-1', /offset/],
    ['action=a&action=b', /action.*once/],
    ['actoin=a', /^There is no filter "actoin" here; there are /],
    ['user_name=%00', /user_name/],
    [`resource_id=${'x'.repeat(201)}`, /resource_id/],
    [`resource_types=${'a,'.repeat(21)}`, /resource_types/],
    ['resource_types=,', /resource_types/],
  ] as const) {
    for (const path of ['', '/export']) {
      const answer = await get(`${path}?${query}`)
      t.assert.equal(answer.status, 400, query)
      const [error] = json(answer).errors
      t.assert.equal(error!.code, 'invalid_request')
      t.assert.match(error!.message, sentence)
    }
  }
})

test("another account's events are not there, and whoever lacks the permission sees none", async (t: TestContext) => {
  for (const path of ['', '/export']) {
    const other = await get(`${path}?account_id=${randomUUID()}`)
    t.assert.deepEqual([other.status, json(other).errors[0]!.code], [404, 'account_not_found'])
  }
  const { users } = platform.world.store
  const user = (await users.find(platform.account.service_user_id))!
  await users.update({ ...user, permissions: user.permissions.filter((one) => one !== 'VIEW_AM_AUDIT_LOG') })
  t.after(() => users.update(user))
  for (const path of ['', '/export']) t.assert.equal((await get(path)).status, 403)
})

test('the export is a table of all of them, in which nothing is a formula', async (t: TestContext) => {
  const query = '?from=2025-03-31&to=2025-04-02&sort=created_at'
  const answer = await get(`/export${query}`)
  t.assert.match(answer.headers['content-type'] ?? '', /^text\/csv/)
  t.assert.match(answer.headers['content-disposition'] ?? '', /attachment; filename="audit-log\.csv"/)
  const text = answer.body.toString()
  t.assert.deepEqual((await get(query, { accept: 'text/csv' })).body.toString(), text)
  const records = text.split('\r\n')
  t.assert.equal(records.length, 27)
  t.assert.equal(records.at(-1), '')
  t.assert.equal(
    records[0],
    'created_at,user_name,user_id,actor_type,action,resource_type,resource_id,status,details,id,account_id',
  )
  t.assert.match(
    records[1]!,
    /^2025-03-31T12:00:00\.000Z,.*,user,test\.even,other_thing,'=cmd\|0,success,"\{""index"":0,""text"":""a, \\""b\\""\\n""\}",/,
  )
  t.assert.equal((await get('/export?action=none')).body.toString(), `${records[0]}\r\n`)
})
