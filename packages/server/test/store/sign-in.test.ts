/** Signing in on two nodes that share a database. */

import { before, type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { authenticateSession } from '../../src/domain/authenticate.ts'
import { forgetEndedSignIns } from '../../src/domain/end-sessions.ts'
import { endOtherSessions } from '../../src/domain/manage-sessions.ts'
import { changeUser, removeUser, setUserEnabled } from '../../src/domain/manage-users.ts'
import { newPasswordToken } from '../../src/domain/password-token.ts'
import { ADMINISTRATOR_ROLES, permissionsOfRoles } from '../../src/domain/role.ts'
import { newSession } from '../../src/domain/session.ts'
import { changePassword, setPasswordByToken } from '../../src/domain/set-password.ts'
import { signIn } from '../../src/domain/sign-in.ts'
import { beginAttempt, lockName } from '../../src/domain/sign-in-attempts.ts'
import type { Store } from '../../src/domain/store.ts'
import { recoveryCodeHash } from '../../src/domain/totp.ts'
import type { User } from '../../src/domain/user.ts'
import type { World } from '../../src/domain/world.ts'
import { createKeys } from '../../src/keys/keys.ts'
import { masterKey } from '../../src/keys/master-key.ts'
import { createPasswords } from '../../src/keys/password-hash.ts'
import { CHEAP_PASSWORDS, PKI_URL } from '../test-world.ts'
import { eventsOf } from './events-of.ts'
import { account, bytes, NOW, user } from './noun.ts'
import { onBothDatabases } from './test-database.ts'

const PASSWORD = 'vier Kraniche ziehen nordwärts'
const NEXT = 'sechs Störche auf dem Dach'
const WHERE = { address: '192.0.2.7', network: '192.0.2.7', userAgent: 'Test' }
const HOUR = 3_600_000

onBothDatabases('signing in', (database) => {
  let nodes: readonly [World, World]
  let store: Store
  let time = NOW.getTime()
  before(async () => {
    const place = await database.place()
    const now = (): Date => new Date(time)
    const keys = createKeys({ masterKey: masterKey(new Uint8Array(32).fill(3)), now })
    const passwords = createPasswords(CHEAP_PASSWORDS)
    const open = async (): Promise<World> => ({
      store: await database.open(place),
      keys,
      passwords,
      now,
      pkiUrl: PKI_URL,
    })
    nodes = [await open(), await open()]
    store = nodes[0].store
  })

  async function person(changes: Partial<User> = {}) {
    const owner = account()
    const passwordHash = await nodes[0].passwords.hash(PASSWORD)
    const roles = ADMINISTRATOR_ROLES
    const one = user(owner.id, {
      kind: 'standard',
      roles,
      permissions: permissionsOfRoles(roles),
      passwordHash,
      ...changes,
    })
    await store.accounts.add(owner)
    await store.users.add(one)
    return { owner, one, email: one.email }
  }
  const enter = (node: World, email: string, more: object = {}) =>
    signIn(node, { email, password: PASSWORD, ...more }, WHERE)

  test('a session of one node counts on the other until it is ended on either', async (t: TestContext) => {
    const { email } = await person()
    const { token, session, user: one, account: owner } = await enter(nodes[0], email)
    const principal = await authenticateSession(nodes[1], token)
    t.assert.deepEqual(principal, { user: one, account: owner, session })
    const second = await enter(nodes[1], email)
    await endOtherSessions(nodes[0], { ...principal, session: second.session })
    await t.assert.rejects(authenticateSession(nodes[1], token), { code: 'invalid_session' })
    await authenticateSession(nodes[1], second.token)
  })

  test('its use is noted to the minute, on whatever node', async (t: TestContext) => {
    const { email, one } = await person()
    const { token, session } = await enter(nodes[0], email)
    const lastUse = async () => (await store.sessions.list(one.id))[0]!.lastUsedAt
    time += 59_000
    await authenticateSession(nodes[1], token)
    t.assert.deepEqual(await lastUse(), session.createdAt)
    time += 1_000
    await authenticateSession(nodes[1], token)
    t.assert.deepEqual(await lastUse(), new Date(time))
  })

  test('an account that is no longer served signs its people out', async (t: TestContext) => {
    const { email, owner } = await person()
    const { token } = await enter(nodes[0], email)
    await store.accounts.update({ ...owner, active: false })
    await t.assert.rejects(authenticateSession(nodes[1], token), { code: 'invalid_session' })
    await t.assert.rejects(enter(nodes[1], email), { code: 'invalid_credentials' })
  })

  test('attempts are counted over both nodes, also those that come at once', async (t: TestContext) => {
    const { email, one } = await person()
    const wrong = (node: World) => enter(node, email, { password: 'wrong' }).catch(() => undefined)
    await Promise.all(Array.from({ length: 10 }, (_, index) => wrong(nodes[(index % 2) as 0 | 1])))
    await t.assert.rejects(enter(nodes[1], email), { code: 'invalid_credentials' })
    const events = await eventsOf(store.auditEvents, one.accountId, 100)
    const reasons = events.filter(({ action }) => action === 'authentication.fail').map(({ details }) => details.reason)
    t.assert.equal(reasons.filter((reason) => reason === 'the password is wrong').length, 5)
    t.assert.equal(events.filter(({ action }) => action === 'user.lock').length, 1)
    time += 61_000
    await enter(nodes[1], email)
    t.assert.equal((await beginAttempt(nodes[0], one.id, WHERE.network)).isLocked, false)
  })

  test('failures are forgotten after a day, and networks after ninety', async (t: TestContext) => {
    const { email, one } = await person()
    await enter(nodes[0], email)
    for (let count = 0; count < 4; count++) await beginAttempt(nodes[0], one.id, WHERE.network)
    time += 25 * HOUR
    t.assert.equal((await beginAttempt(nodes[0], one.id, WHERE.network)).locksUntil, undefined)
    t.assert.ok(await store.signInAttempts.find(one.id, WHERE.network))
    time += 91 * 24 * HOUR
    await forgetEndedSignIns(nodes[1])
    t.assert.equal(await store.signInAttempts.find(one.id, WHERE.network), undefined)
  })

  test('an address that nobody has is counted as well, and locks nobody', async (t: TestContext) => {
    for (let count = 0; count < 8; count++)
      await t.assert.rejects(enter(nodes[0], `nobody${count}@example.com`), { code: 'invalid_credentials' })
    t.assert.ok((await store.signInAttempts.find('nobody', ''))!.failures >= 5)
    const { email } = await person()
    await enter(nodes[0], email)
  })

  test('a change of the user undoes no change of the password', async (t: TestContext) => {
    const { one, owner } = await person()
    const { session } = await enter(nodes[0], one.email)
    const other = user(owner.id, { kind: 'standard', roles: one.roles, permissions: one.permissions })
    await store.users.add(other)
    const change = { current: PASSWORD, next: NEXT }
    await Promise.all([
      changePassword(nodes[0], { user: one, account: owner, session }, change, WHERE),
      changeUser(nodes[1], { user: other, account: owner }, one.id, { friendlyName: 'Neu' }),
    ])
    const now = (await store.users.find(one.id))!
    t.assert.equal(now.friendlyName, 'Neu')
    t.assert.equal(await nodes[0].passwords.verify(now.passwordHash, NEXT), true)
    t.assert.deepEqual(now.passwordChangedAt, new Date(time))
    await store.users.update(one)
    t.assert.equal((await store.users.find(one.id))!.passwordHash, now.passwordHash)
  })

  test('a hash of other parameters is made anew at sign-in', async (t: TestContext) => {
    const passwordHash = await createPasswords({ memory: 128, passes: 2, parallelism: 1 }).hash(PASSWORD)
    const { one, email } = await person({ passwordHash })
    await t.assert.rejects(enter(nodes[0], email, { password: NEXT }))
    t.assert.equal((await store.users.find(one.id))!.passwordHash, passwordHash)
    await enter(nodes[0], email)
    const upgraded = (await store.users.find(one.id))!.passwordHash!
    t.assert.match(upgraded, /^\$argon2id\$v=19\$m=64,t=1,p=1\$/)
    await enter(nodes[1], email)
    t.assert.equal((await store.users.find(one.id))!.passwordHash, upgraded)
  })

  test('a password that is changed while it is judged signs nobody in', async (t: TestContext) => {
    const { one, email } = await person()
    const slow: World = {
      ...nodes[0],
      passwords: {
        ...nodes[0].passwords,
        async verify(phc, password) {
          const isRight = await nodes[0].passwords.verify(phc, password)
          await store.users.setPassword(one.id, await nodes[0].passwords.hash(NEXT), new Date(time))
          return isRight
        },
      },
    }
    await t.assert.rejects(enter(slow, email), { code: 'invalid_credentials' })
    t.assert.deepEqual(await store.sessions.list(one.id), [])
  })

  test('the token of a mail serves once, also on two nodes at once, and not for who is disabled', async (t: TestContext) => {
    const { one } = await person()
    const { text, token } = newPasswordToken(new Date(time), { userId: one.id, purpose: 'reset' })
    await store.passwordTokens.add(token)
    t.assert.deepEqual(await store.passwordTokens.list(one.id), [token])
    await store.users.update({ ...one, status: 'disabled' })
    const set = (node: World) => setPasswordByToken(node, { token: text, password: NEXT }, WHERE)
    await t.assert.rejects(set(nodes[0]), { code: 'invalid_token' })
    await store.users.update(one)
    const outcomes = await Promise.allSettled(nodes.map(set))
    t.assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    await store.passwordTokens.add(token)
    await forgetEndedSignIns(nodes[1])
    t.assert.deepEqual(await store.passwordTokens.list(one.id), [token])
    time += 2 * HOUR
    await forgetEndedSignIns(nodes[1])
    t.assert.deepEqual(await store.passwordTokens.list(one.id), [])
  })

  test('a code and a recovery code serve once on two nodes', async (t: TestContext) => {
    const { one } = await person()
    const totp = { userId: one.id, wrapped: bytes(48), confirmedAt: undefined, lastStep: 0, createdAt: new Date(time) }
    await store.totps.put(totp)
    t.assert.deepEqual(await store.totps.find(one.id), totp)
    const confirmed = { ...totp, confirmedAt: new Date(time), lastStep: 9 }
    await store.totps.put(confirmed)
    t.assert.deepEqual(await nodes[1].store.totps.find(one.id), confirmed)
    const uses = await Promise.all(nodes.map((node) => node.store.totps.use(one.id, 10)))
    t.assert.deepEqual(uses.toSorted(), [false, true])
    t.assert.equal(await store.totps.use(one.id, 9), false)
    const hashes = ['one', 'two'].map(recoveryCodeHash) as [Uint8Array, Uint8Array]
    await store.totps.putRecoveryCodes(one.id, hashes)
    const codes = await Promise.all(nodes.map((node) => node.store.totps.useRecoveryCode(one.id, hashes[0])))
    t.assert.deepEqual(codes.toSorted(), [false, true])
    t.assert.equal(await store.totps.countRecoveryCodes(one.id), 1)
    t.assert.equal(await store.totps.remove(one.id), true)
    t.assert.equal(await store.totps.remove(one.id), false)
    t.assert.equal(await store.totps.countRecoveryCodes(one.id), 0)
  })

  test('with a user who is disabled or deleted goes what it signed in by', async (t: TestContext) => {
    const { one, owner, email } = await person()
    const boss = user(owner.id, { kind: 'standard', roles: one.roles, permissions: one.permissions })
    await store.users.add(boss)
    const principal = { user: boss, account: owner }
    await enter(nodes[0], email)
    await setUserEnabled(nodes[1], principal, one.id, false)
    t.assert.deepEqual(await store.sessions.list(one.id), [])
    await setUserEnabled(nodes[1], principal, one.id, true)
    await enter(nodes[0], email)
    await store.totps.put({ userId: one.id, wrapped: bytes(9), confirmedAt: undefined, lastStep: 0, createdAt: NOW })
    await store.passwordTokens.add(newPasswordToken(NOW, { userId: one.id, purpose: 'reset' }).token)
    await removeUser(nodes[0], principal, one.id)
    t.assert.deepEqual(await store.sessions.list(one.id), [])
    t.assert.deepEqual(await store.passwordTokens.list(one.id), [])
    t.assert.equal(await store.totps.find(one.id), undefined)
    t.assert.equal(await store.signInAttempts.find(one.id, WHERE.network), undefined)
  })

  test('who is disabled while the password changes: neither waits for the other', async (t: TestContext) => {
    const { one, owner } = await person()
    const boss = user(owner.id, { kind: 'standard', roles: one.roles, permissions: one.permissions })
    await store.users.add(boss)
    await enter(nodes[0], one.email)
    const { promise: hasLock, resolve: begun } = Promise.withResolvers<void>()
    const changed = store.transaction(async ({ locks, users }) => {
      await locks.take(lockName(one.id))
      begun()
      // Long enough for the other to come as far as it gets.
      await delay(100)
      await users.setPassword(one.id, '$argon2id$', new Date(time))
    })
    await hasLock
    await Promise.all([changed, setUserEnabled(nodes[1], { user: boss, account: owner }, one.id, false)])
    const now = await store.users.find(one.id)
    t.assert.deepEqual([now?.status, now?.passwordHash], ['disabled', '$argon2id$'])
    t.assert.deepEqual(await store.sessions.list(one.id), [])
  })

  test('ended sessions are forgotten, and no others', async (t: TestContext) => {
    const { one } = await person()
    const made = [0, 0.5, 13].map((hours) => {
      const at = new Date(time - hours * HOUR)
      return newSession(at, { userId: one.id, address: '', userAgent: 'a\r\nb'.repeat(100) }).session
    })
    for (const session of made) await store.sessions.add(session)
    t.assert.match(made[0]!.userAgent, /^[\x20-\x7e]{200}$/)
    await store.sessions.touch(made[2]!.id, new Date(time))
    await forgetEndedSignIns(nodes[1])
    t.assert.deepEqual(
      (await store.sessions.list(one.id)).map(({ id }) => id),
      [made[1]!.id, made[0]!.id],
    )
    time += HOUR + 1
    await forgetEndedSignIns(nodes[1])
    t.assert.deepEqual(await store.sessions.list(one.id), [])
  })
})
