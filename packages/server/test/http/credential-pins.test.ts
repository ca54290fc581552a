/** PINs over HTTP: locked and unlocked, changed, issued anew. */
import { after, before, type TestContext, test } from 'node:test'
import { eventsOf } from '../store/events-of.ts'
import {
  CREDENTIALS,
  type CredentialAnswer,
  type CredentialPlatform,
  refusal,
  startCredentialPlatform,
} from './test-credentials.ts'
import { json } from './test-platform.ts'

let platform: CredentialPlatform

before(async () => {
  platform = await startCredentialPlatform()
})
after(() => platform.stop())

test('five wrong PINs lock it; an administrator unlocks it, and the PIN is what it was', async (t: TestContext) => {
  const { credential, pin } = await platform.issueToUser()
  const named = { credentialID: credential.nickname }
  const wrong = await Promise.all([1, 2, 3, 4, 5, 6, 7].map((n) => platform.sentence({ ...named, PIN: `wrong-${n}` })))
  t.assert.equal(wrong.filter((text) => text === 'The PIN is invalid.').length, 5)
  t.assert.equal(await platform.sentence({ ...named, PIN: pin }), 'The PIN is locked.')
  const locked = await platform.one(credential.nickname)
  t.assert.deepEqual([locked.status, locked.pin_status, locked.pin_attempts_left], ['enabled', 'locked', 0])
  const unlock = (key: string) => platform.call(key, 'PUT', `${CREDENTIALS}/${credential.id}/unlock`)
  t.assert.deepEqual(refusal(await unlock(platform.account.service_api_key)), [403, 'access_denied'])
  t.assert.equal(json<CredentialAnswer>(await unlock(platform.admin)).pin_status, 'set')
  t.assert.equal(await platform.sentence({ ...named, PIN: pin }), 'signed')
})

test('the user changes the PIN by the old one, and nobody else does', async (t: TestContext) => {
  const { credential, pin } = await platform.issueToUser()
  const named = { credentialID: credential.nickname }
  const own = platform.account.service_api_key
  const change = (body: unknown, key = own) =>
    platform.call(key, 'PUT', `${CREDENTIALS}/${credential.nickname}/pin`, body)
  const fit = 'better than 1'.replaceAll(' ', '-')
  t.assert.deepEqual(refusal(await change({ pin, new_pin: fit }, platform.admin)), [403, 'access_denied'])
  for (const new_pin of [
    'short-1',
    '12345678901',
    'a'.repeat(65),
    'abababababab',
    'with blank 1',
    'ümlaute-sind-dabei',
  ])
    t.assert.deepEqual(refusal(await change({ pin, new_pin })), [400, 'pin_unfit'], new_pin)
  t.assert.deepEqual(refusal(await change({ pin: 'wrong', new_pin: fit })), [400, 'pin_invalid'])
  t.assert.equal((await platform.one(credential.id)).pin_attempts_left, 4)
  t.assert.equal((await change({ pin, new_pin: fit })).status, 204)
  t.assert.equal(await platform.sentence({ ...named, PIN: pin }), 'The PIN is invalid.')
  t.assert.equal(await platform.sentence({ ...named, PIN: fit }), 'signed')
  const [event] = (await eventsOf(platform.world.store.auditEvents, platform.account.account_id, 50)).filter(
    ({ action }) => action === 'credential.change_pin',
  )
  t.assert.equal(event!.resourceId, credential.id)
  t.assert.equal(JSON.stringify(event).includes(fit), false)
})

test('a PIN that is lost is issued anew, with a new key; the old certificate is revoked', async (t: TestContext) => {
  const { credential, pin } = await platform.issueToUser({ validity_days: 30 })
  const { keyId } = (await platform.world.store.credentials.find(credential.id))!
  const answer = await platform.call(platform.admin, 'POST', `${CREDENTIALS}/${credential.nickname}/reissue-pin`)
  const reissued = json<CredentialAnswer>(answer)
  t.assert.equal(answer.status, 200)
  t.assert.notEqual(reissued.certificate!.id, credential.certificate!.id)
  t.assert.equal(reissued.certificate!.subject, credential.certificate!.subject)
  const days = (Date.parse(reissued.certificate!.valid_to) - Date.parse(reissued.certificate!.valid_from)) / 86_400_000
  t.assert.equal(Math.round(days), 30)
  const old = (await platform.world.store.certificates.find(credential.certificate!.id))!
  t.assert.deepEqual([old.status, old.revocation?.reason], ['revoked', 'superseded'])
  t.assert.equal(await platform.world.store.privateKeys.find(keyId), undefined)
  const named = { credentialID: credential.nickname }
  t.assert.equal(await platform.sentence({ ...named, PIN: pin }), 'The PIN is invalid.')
  t.assert.equal(
    await platform.sentence({ ...named, PIN: (await platform.pins(credential.nickname, 2))[1]! }),
    'signed',
  )
})
