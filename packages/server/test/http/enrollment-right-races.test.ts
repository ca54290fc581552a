/** Uses of a passcode that come at once: none is counted that came to nothing, and none more than there are. */
import { type TestContext, test } from 'node:test'
import { type Asker, onBothPlatforms } from './both-platforms.ts'
import { certificationRequest } from './operations.ts'

onBothPlatforms('uses of a passcode', (asker) => {
  const profilePath = (id = asker().platform.account.enrollment_profile_id): string =>
    `/iot/api/v1/enrollment-profile/${id}`

  type Passcode = { readonly id: string; readonly passcode: string }
  const passcode = (limits: object, path = profilePath()): Promise<Passcode> =>
    asker().get<Passcode>('POST', `${path}/passcode`, { name: 'Line 1', ...limits })
  const usageOf = async ({ id }: Passcode, path = profilePath()): Promise<number> =>
    (await asker().get<{ number_of_usage: number }>('GET', `${path}/passcode/${id}`)).number_of_usage

  /** The statuses of so many requests that are sent at once. */
  async function enrollAtOnce({ platform }: Asker, text: string, count: number): Promise<readonly number[]> {
    const bodies = await Promise.all(
      Array.from({ length: count }, async () =>
        Buffer.from(JSON.stringify({ csr: (await certificationRequest()).csr })),
      ),
    )
    const headers = { 'x-passcode': text, 'content-type': 'application/json' }
    const answers = await Promise.all(
      bodies.map((body) =>
        platform.ask('/iot/api/v1/certificate', {
          door: 'api',
          method: 'POST',
          headers: { ...headers, 'content-length': body.length },
          body,
        }),
      ),
    )
    return answers.map(({ status }) => status).sort()
  }

  test('no more get one than there are', async (t: TestContext) => {
    const made = await passcode({ usage_limit: 5 })
    t.assert.deepEqual(await enrollAtOnce(asker(), made.passcode, 12), [
      ...new Array<number>(5).fill(200),
      ...new Array<number>(7).fill(401),
    ])
    t.assert.equal(await usageOf(made), 5)
  })

  test('what the profile refuses in the same transaction is no use of the passcode', async (t: TestContext) => {
    type Profile = { readonly division: { readonly id: string }; readonly certificate_profile: { readonly id: string } }
    const { division, certificate_profile } = await asker().get<Profile>('GET', profilePath())
    const { id } = await asker().get<{ id: string }>('POST', '/iot/api/v1/enrollment-profile', {
      name: 'Two alone',
      division_id: division.id,
      certificate_profile_id: certificate_profile.id,
      usage_limit: 2,
    })
    const path = profilePath(id)
    const made = await passcode({}, path)
    const statuses = await enrollAtOnce(asker(), made.passcode, 6)
    t.assert.equal(statuses.filter((status) => status === 200).length, 2)
    t.assert.ok(statuses.every((status) => status === 200 || status === 409))
    t.assert.equal(await usageOf(made, path), 2)
  })
})
