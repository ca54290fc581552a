import { type TestContext, test } from 'node:test'
import { type Asker, onBothPlatforms } from './both-platforms.ts'
import { UNKNOWN_ID } from './operations.ts'
import { json } from './test-platform.ts'

type Division = { id: string; name: string; description: string; status: string; created_at: string }
type Page = { limit: number; offset: number; total: number; records: Division[] }

const PATH = '/iot/api/v1/division'

onBothPlatforms('divisions', (asker: () => Asker) => {
  test('a division is made, found, changed, disabled and deleted', async (t: TestContext) => {
    const { get, refusal, actionsOn, platform } = asker()
    const made = await get<Division>('POST', PATH, { name: ' Cameras ', description: 'Hall 3' })
    t.assert.deepEqual(
      { ...made, id: '', created_at: '', updated_at: '' },
      {
        id: '',
        account_id: platform.account.account_id,
        name: 'Cameras',
        description: 'Hall 3',
        status: 'ACTIVE',
        created_at: '',
        updated_at: '',
      },
    )
    t.assert.deepEqual(await get('GET', `${PATH}/${made.id}`), made)
    t.assert.deepEqual((await refusal('POST', PATH, { name: 'Cameras' })).slice(0, 2), [409, 'division_exists'])
    const changed = await get<Division>('PUT', `${PATH}/${made.id}`, { name: 'Lenses', status: 'DISABLED' })
    t.assert.deepEqual([changed.name, changed.description, changed.status], ['Lenses', 'Hall 3', 'DISABLED'])
    t.assert.equal((await get<Division>('PUT', `${PATH}/${made.id}/`, { status: 'active' })).status, 'ACTIVE')
    t.assert.equal((await asker().ask('DELETE', `${PATH}/${made.id}`)).status, 204)
    t.assert.deepEqual((await refusal('GET', `${PATH}/${made.id}`)).slice(0, 2), [404, 'division_not_found'])
    t.assert.deepEqual(await actionsOn(made.id), [
      'division.delete',
      'division.update',
      'division.update',
      'division.create',
    ])
  })

  test('a list is a page of what is asked for, and says how many there are', async (t: TestContext) => {
    const { get, refusal } = asker()
    for (const name of ['a', 'b', 'c']) await get('POST', PATH, { name })
    const all = await get<Page>('GET', PATH)
    t.assert.deepEqual([all.limit, all.offset, all.total], [20, 0, 4])
    t.assert.deepEqual(
      all.records.map(({ name }) => name),
      ['c', 'b', 'a', 'Devices'],
    )
    const part = await get<Page>('GET', `${PATH}?limit=1&offset=1`)
    t.assert.deepEqual(part, { limit: 1, offset: 1, total: 4, records: all.records.slice(1, 2) })
    t.assert.deepEqual((await get<Page>('GET', `${PATH}?name=b&status=Active`)).records, all.records.slice(1, 2))
    t.assert.equal((await get<Page>('GET', `${PATH}?status=disabled`)).total, 0)
    t.assert.equal((await refusal('GET', `${PATH}?name=%00`))[0], 400)
    for (const query of ['limit=0', 'limit=1001', 'offset=-1', 'offset=1000001', 'status=gone', 'nam=a', 'limit=x'])
      t.assert.deepEqual((await refusal('GET', `${PATH}?${query}`)).slice(0, 2), [400, 'invalid_request'], query)
  })

  test('what is no division is refused, and nothing is stored of it', async (t: TestContext) => {
    const { get, refusal } = asker()
    const { total } = await get<Page>('GET', PATH)
    const id = (await get<Page>('GET', PATH)).records[0]!.id
    const bodies: unknown[] = [
      ...['', ' ', 'x'.repeat(101), 'a\nb', 'a\u0000b', 'a\u202eb', '\ud800', 5, null, ['a'], {}].map((name) => ({
        name,
      })),
      ...['x'.repeat(501), 'a\u0000', 7, null].map((description) => ({ name: 'n', description })),
      ...['gone', '', 1, null, ['active']].map((status) => ({ name: 'n', status })),
      { name: 'n', id: UNKNOWN_ID },
      { name: 'n', account_id: UNKNOWN_ID },
      [],
      'name',
      null,
    ]
    for (const body of bodies)
      for (const [method, path] of [
        ['POST', PATH],
        ['PUT', `${PATH}/${id}`],
      ] as const)
        t.assert.deepEqual(
          (await refusal(method, path, body)).slice(0, 2),
          [400, 'invalid_request'],
          JSON.stringify(body),
        )
    t.assert.equal((await get<Page>('GET', PATH)).total, total)
    for (const odd of ['x', "'", '%20', 'x'.repeat(5_000)])
      for (const method of ['GET', 'DELETE', 'PUT'])
        t.assert.equal((await refusal(method, `${PATH}/${odd}`, method === 'PUT' ? {} : undefined))[0], 404, odd)
  })

  test('what is made in a division while it is deleted is made, or finds none', async (t: TestContext) => {
    const { get, ask, platform } = asker()
    const profiles = await get<Page>('GET', '/iot/api/v1/certificate-profile')
    for (let round = 0; round < 5; round++) {
      const { id } = await get<Division>('POST', PATH, { name: `short-lived ${round}` })
      const wish = { division_id: id, name: `in ${round}` }
      const answers = await Promise.all([
        ask('POST', '/iot/api/v2/device', { division_id: id, device_identifier: `in ${round}` }),
        ask('DELETE', `${PATH}/${id}`),
        ask('POST', '/iot/api/v1/device-profile', wish),
        ask('POST', '/iot/api/v1/enrollment-profile', { ...wish, certificate_profile_id: profiles.records[0]!.id }),
      ])
      for (const { status, body } of answers) t.assert.ok([201, 204, 404, 409].includes(status), `${status} ${body}`)
    }
    t.assert.ok(!platform.log.join('').includes('unexpected error'))
  })

  test('another account sees none of it, and who may only look changes nothing', async (t: TestContext) => {
    const { ask, get, refusal, stranger, somebody, platform } = asker()
    const mine = (await get<Page>('GET', `${PATH}?name=Devices`)).records[0]!
    const key = await stranger()
    t.assert.equal(json<Page>(await ask('GET', PATH, undefined, key)).total, 0)
    for (const [method, body] of [
      ['GET', undefined],
      ['PUT', { name: 'theirs' }],
      ['DELETE', undefined],
    ] as const)
      t.assert.equal((await refusal(method, `${PATH}/${mine.id}`, body, key))[1], 'division_not_found')
    // A name is taken within an account alone.
    t.assert.equal((await ask('POST', PATH, { name: mine.name }, key)).status, 201)
    const viewer = await somebody(['VIEW_IOT_DIVISION'])
    t.assert.equal((await ask('GET', `${PATH}/${mine.id}`, undefined, viewer)).status, 200)
    t.assert.deepEqual((await refusal('POST', PATH, { name: 'x' }, viewer)).slice(0, 2), [403, 'access_denied'])
    t.assert.deepEqual((await refusal('DELETE', `${PATH}/${mine.id}`, undefined, viewer)).slice(0, 2), [
      403,
      'access_denied',
    ])
    t.assert.deepEqual(await refusal('DELETE', `${PATH}/${mine.id}`), [
      409,
      'division_in_use',
      'In use by 1 enrollment profile: delete what uses it first, or disable the division.',
    ])
    t.assert.ok(!platform.log.join('').includes('unexpected error'))
  })
})
