import { randomUUID } from 'node:crypto'
import { before, type TestContext, test } from 'node:test'
import type { AuditEvent, AuditQuery } from '../../src/domain/audit-event.ts'
import type { Store } from '../../src/domain/store.ts'
import { account, auditEvent, NOW, user } from './noun.ts'
import { onBothDatabases } from './test-database.ts'

const ACTIONS = ['content.sign', 'certificate.issue', 'authentication.fail'] as const
const TYPES = ['signature', 'certificate', 'api_key', 'credential'] as const

onBothDatabases('the walk of the audit log', (database) => {
  let store: Store
  let events: readonly AuditEvent[]
  const owner = account()
  const actors = [user(owner.id, { friendlyName: 'Anna' }), user(owner.id, { friendlyName: 'Bruno' })]

  before(async () => {
    const place = await database.place()
    store = await database.open(place)
    await store.accounts.add(owner)
    for (const actor of actors) await store.users.add(actor)
    // Several in one millisecond, so that their ids decide; more than one step gives.
    events = Array.from({ length: 700 }, (_, index) =>
      auditEvent({
        id: randomUUID(),
        at: new Date(NOW.getTime() + Math.floor(index / 3)),
        accountId: index % 11 === 0 ? 'another' : owner.id,
        actorId: index % 7 === 0 ? undefined : actors[index % 2]!.id,
        actorKind: index % 7 === 0 ? 'platform' : 'user',
        action: ACTIONS[index % 3]!,
        resourceType: TYPES[index % 4]!,
        resourceId: index % 5 === 0 ? undefined : `resource-${index % 10}`,
        status: index % 13 === 0 ? 'failed' : 'success',
        details: { index },
      }),
    )
    await store.transaction(async ({ auditEvents }) => {
      for (const event of events) await auditEvents.append(event)
    })
  })

  async function walk(query: Omit<AuditQuery, 'accountId'>): Promise<readonly AuditEvent[]> {
    const found: AuditEvent[] = []
    for await (const { event } of store.auditEvents.walk({ accountId: owner.id, ...query })) found.push(event)
    return found
  }

  /** What the filters mean, said without a database. */
  function wanted(query: Omit<AuditQuery, 'accountId'>): readonly AuditEvent[] {
    const { action, resourceTypes, resourceId, status, actorIds, from, until, order } = query
    const sign = order === 'newest' ? -1 : 1
    return events
      .filter((event) => event.accountId === owner.id)
      .filter((event) => action === undefined || event.action === action)
      .filter((event) => !resourceTypes || resourceTypes.includes(event.resourceType))
      .filter((event) => resourceId === undefined || event.resourceId === resourceId)
      .filter((event) => status === undefined || event.status === status)
      .filter((event) => !actorIds || (event.actorId !== undefined && actorIds.includes(event.actorId)))
      .filter((event) => (!from || event.at >= from) && (!until || event.at < until))
      .toSorted((a, b) => sign * (a.at.getTime() - b.at.getTime() || (a.id < b.id ? -1 : 1)))
  }

  test('gives what each filter and all of them together mean, in both orders', async (t: TestContext) => {
    const filters: Omit<AuditQuery, 'accountId' | 'order'>[] = [
      {},
      { action: 'content.sign' },
      { action: 'nothing.happens' },
      { resourceTypes: ['signature'] },
      { resourceTypes: ['signature', 'api_key', 'signature', 'none'] },
      { resourceTypes: [...TYPES, ...Array.from({ length: 30 }, (_, index) => `type-${index}`)] },
      { resourceId: 'resource-3' },
      { resourceId: "' or 1 = 1 --" },
      { status: 'failed' },
      { status: 'success' },
      { actorIds: [actors[0]!.id] },
      { actorIds: actors.map(({ id }) => id), action: 'content.sign', status: 'success' },
      { actorIds: [actors[1]!.id], resourceTypes: ['certificate', 'credential'] },
      { action: 'authentication.fail', status: 'failed', resourceTypes: [...TYPES] },
      { from: new Date(NOW.getTime() + 50), until: new Date(NOW.getTime() + 150) },
      {
        from: new Date(NOW.getTime() + 50),
        until: new Date(NOW.getTime() + 150),
        status: 'success',
        action: 'content.sign',
      },
    ]
    for (const filter of filters)
      for (const order of ['newest', 'oldest'] as const)
        t.assert.deepEqual(await walk({ ...filter, order }), wanted({ ...filter, order }), JSON.stringify(filter))
  })

  test('names the user, and stops when nobody takes more', async (t: TestContext) => {
    const walking = store.auditEvents.walk({
      accountId: owner.id,
      order: 'newest',
      resourceTypes: ['signature', 'api_key'],
    })
    const names = new Set<string | undefined>()
    for await (const { event, userName } of walking) {
      names.add(userName)
      t.assert.equal(userName, actors.find(({ id }) => id === event.actorId)?.friendlyName)
      if (names.size === 3) break
    }
    t.assert.equal((await walking.next()).done, true)
  })

  test('goes on behind all that a step looks at', async (t: TestContext) => {
    const place = await database.place()
    const full = await database.open(place)
    await database.raw(
      place,
      `with recursive n(i) as (select 0 union all select i + 1 from n where i < 8999)
       insert into audit_events (id, at, account_id, actor_kind, action, resource_type, status, details)
       select 'e' || (100000 + i), 1000 + i / 2, 'full', 'platform', 'content.sign',
         case when i in (0, 3998, 3999, 4000, 4001, 8999) then 'rare' else 'signature' end, 'success', '{}' from n`,
    )
    const found = async (order: AuditQuery['order'], bounds: Partial<AuditQuery> = {}): Promise<readonly string[]> => {
      const ids: string[] = []
      const query = { accountId: 'full', action: 'content.sign', resourceTypes: ['rare'], status: 'success' } as const
      for await (const { event } of full.auditEvents.walk({ ...query, order, ...bounds })) ids.push(event.id)
      return ids
    }
    const all = ['e100000', 'e103998', 'e103999', 'e104000', 'e104001', 'e108999']
    t.assert.deepEqual(await found('oldest'), all)
    t.assert.deepEqual(await found('newest'), all.toReversed())
    const bounds = { from: new Date(1001), until: new Date(3000) }
    t.assert.deepEqual(await found('oldest', bounds), ['e103998', 'e103999'])
    t.assert.deepEqual(await found('newest', { from: new Date(3000) }), ['e108999', 'e104001', 'e104000'])
    let everything = 0
    for await (const _ of full.auditEvents.walk({ accountId: 'full', order: 'newest', until: new Date(9000) }))
      everything++
    t.assert.equal(everything, 9000)
  })
})
