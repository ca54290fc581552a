/** Requests that are sent again under the same Idempotency-Key, on both databases and from two nodes. */
import { before, type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { type Applicant, userApplicant } from '../../src/domain/applicant.ts'
import type { Principal } from '../../src/domain/authenticate.ts'
import type { EnrolledCertificate, EnrollmentWish } from '../../src/domain/enroll-certificate.ts'
import { fingerprintOf, type IdempotentRequest, once } from '../../src/domain/idempotency.ts'
import { type RequestOutcome, requestCertificate } from '../../src/domain/request-certificate.ts'
import type { World } from '../../src/domain/world.ts'
import { certificationRequest } from '../http/operations.ts'
import { onBothDatabases } from '../store/test-database.ts'
import { twoNodes } from './two-nodes.ts'

onBothDatabases('requests that are sent again', (database) => {
  let time = Date.now()
  const now = (): Date => new Date(time)
  let node: World
  let other: World
  let principal: Principal
  let applicant: Applicant
  let profileId: string
  let csr: string
  before(async () => {
    const nodes = await twoNodes(database, now)
    node = nodes.node
    other = nodes.other
    principal = nodes.service
    profileId = nodes.enrollmentProfileId
    applicant = userApplicant(principal, { method: 'API', address: '127.0.0.1' })
    csr = (await certificationRequest()).csr
  })

  const wish = (name: string): EnrollmentWish => ({
    enrollmentProfileId: profileId,
    attributes: [{ id: 'subject.common_name', value: name }],
    deviceAttributes: [],
    key: { by: 'client', csr },
    includesChain: true,
  })
  const under = (key: string, name: string): IdempotentRequest => ({
    key,
    fingerprint: fingerprintOf('enroll', name),
    wait,
  })
  const enrolled = (outcome: RequestOutcome): EnrolledCertificate => {
    if ('enrolled' in outcome) return outcome.enrolled
    throw new Error('nobody has to approve it')
  }
  const request = async (name: string, { key = name, at = node, by = applicant } = {}) =>
    enrolled(await requestCertificate(at, by, wish(name), under(key, name)))
  const issued = async (name: string): Promise<number> =>
    (
      await node.store.deviceCertificates.list({
        accountId: applicant.accountId,
        at: now(),
        commonName: name,
        offset: 0,
        limit: 10,
      })
    ).total

  test('the same request is answered the same again, on whichever node', async (t: TestContext) => {
    const first = await request('again')
    t.assert.deepEqual(await request('again'), first)
    t.assert.deepEqual(await request('again', { at: other }), first)
    t.assert.equal(await issued('again'), 1)
    const without = enrolled(await requestCertificate(node, applicant, wish('again'), undefined))
    t.assert.notEqual(without.certificate.id, first.certificate.id)
  })

  test('many at once on two nodes make one certificate', async (t: TestContext) => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) => request('at once', { at: index % 2 === 0 ? node : other })),
    )
    t.assert.equal(new Set(answers.map(({ certificate }) => certificate.serialNumber)).size, 1)
    t.assert.equal(new Set(answers.map(({ request: { id } }) => id)).size, 1)
    t.assert.equal(await issued('at once'), 1)
  })

  test('a key that was sent with another request is refused, and one that was declined is free', async (t: TestContext) => {
    await request('one', { key: 'shared' })
    await t.assert.rejects(request('two', { key: 'shared' }), {
      reason: 'unprocessable',
      code: 'idempotency_key_reused',
    })
    t.assert.equal(await issued('two'), 0)
    await t.assert.rejects(request('a\0b', { key: 'declined' }), { reason: 'invalid' })
    await request('right', { key: 'declined' })
    t.assert.equal(await issued('right'), 1)
  })

  test('what a key means is the asker’s alone', async (t: TestContext) => {
    const { users } = node.store
    const rival = { ...principal.user, id: crypto.randomUUID() }
    await users.add(rival)
    const first = await request('mine', { key: '1' })
    const by = userApplicant({ ...principal, user: rival }, { method: 'API', address: '127.0.0.1' })
    const second = await request('mine', { key: '1', by })
    t.assert.notEqual(second.certificate.id, first.certificate.id)
    await request('theirs', { key: '2', by })
    t.assert.notEqual((await request('theirs', { key: '2' })).request.actor.id, rival.id)
  })

  test('who may no longer gets nothing made, and the key is free', async (t: TestContext) => {
    const { users } = node.store
    const { user } = principal
    await users.update({ ...user, status: 'disabled' })
    await t.assert.rejects(request('disabled'), { reason: 'forbidden' })
    await users.update(user)
    await request('disabled')
    t.assert.equal(await issued('disabled'), 1)
  })

  test('a key that was made here is given once, and its certificate named after that', async (t: TestContext) => {
    const withKey: EnrollmentWish = {
      ...wish('server'),
      key: {
        by: 'server',
        keyType: 'p_256',
        privateKey: { format: 'pem', syntax: undefined, pkcs12Password: undefined, encryptionCertificate: undefined },
      },
    }
    const ask = async (at: World) =>
      enrolled(await requestCertificate(at, applicant, withKey, under('server', 'server')))
    const outcomes = await Promise.allSettled([ask(node), ask(other), ask(node)])
    const made = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
    t.assert.equal(made.length, 1)
    t.assert.ok(made[0]?.privateKey)
    await t.assert.rejects(ask(other), {
      reason: 'conflict',
      code: 'private_key_given_before',
      message: new RegExp(`^The certificate ${made[0]?.certificate.id} was issued`),
    })
    t.assert.equal(await issued('server'), 1)
  })

  /** A request that has taken its key and goes no further until it is told to. */
  async function held(name: string): Promise<{ readonly goOn: () => void; readonly outcome: Promise<unknown> }> {
    const [begun, told] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const outcome = once(node, applicant, under(name, name), {
      async make(confirming) {
        begun.resolve()
        await told.promise
        return requestCertificate(node, confirming, wish(name), undefined)
      },
      again: async () => {
        throw new Error('nothing was made before')
      },
    })
    await begun.promise
    return { goOn: told.resolve, outcome }
  }

  test('a crash before anything was recorded leaves the key free after a while, and not to another request', async (t: TestContext) => {
    await held('crash')
    await t.assert.rejects(request('other', { key: 'crash', at: other }), { code: 'idempotency_key_reused' })
    const waiting = request('crash', { at: other })
    time += 11_000
    await t.assert.rejects(waiting, { reason: 'conflict', code: 'idempotency_key_in_use', retryAfterSeconds: 5 })
    time += 20_000
    await t.assert.rejects(request('other', { key: 'crash' }), { code: 'idempotency_key_reused' })
    const answers = await Promise.all([request('crash'), request('crash', { at: other })])
    t.assert.deepEqual(answers[0], answers[1])
    t.assert.equal(await issued('crash'), 1)
  })

  test('what takes so long that another took its place records nothing', async (t: TestContext) => {
    const slow = await held('slow')
    time += 31_000
    const second = await request('slow', { at: other })
    slow.goOn()
    await t.assert.rejects(slow.outcome, { code: 'idempotency_key_in_use' })
    t.assert.deepEqual(await request('slow'), second)
    t.assert.equal(await issued('slow'), 1)
  })

  test('after a day a key means nothing, and is forgotten', async (t: TestContext) => {
    const first = await request('day')
    time += 86_400_000
    t.assert.notEqual((await request('day')).certificate.id, first.certificate.id)
    t.assert.ok((await node.store.idempotencyKeys.removeEnded(now())) > 0)
    time += 86_400_000
    t.assert.equal(await node.store.idempotencyKeys.removeEnded(now()), 1)
    t.assert.equal(await node.store.idempotencyKeys.removeEnded(now()), 0)
  })
})
