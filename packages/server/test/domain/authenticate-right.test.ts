/** Passcodes: which count, what who guesses hears, and what is counted. */
import { type TestContext, test } from 'node:test'
import type { Applicant } from '../../src/domain/applicant.ts'
import { authenticatePasscode, rightApplicant } from '../../src/domain/authenticate-right.ts'
import { enrollCertificate } from '../../src/domain/enroll-certificate.ts'
import type { EnrollmentRight } from '../../src/domain/enrollment-right.ts'
import { newPasscode } from '../../src/domain/passcode.ts'
import { eventsOf } from '../store/events-of.ts'
import { enrollmentRight } from '../store/noun.ts'
import { startedWorld, type TestWorld } from '../test-world.ts'

const DAY = 86_400_000
const WAY = { method: 'API', address: '192.0.2.7' } as const

type Passcode = { readonly text: string; readonly right: EnrollmentRight }

async function passcode(world: TestWorld, changes: Partial<EnrollmentRight> = {}): Promise<Passcode> {
  const { account_id: accountId, enrollment_profile_id: enrollmentProfileId } = world.quickstart.facts
  const { text, proof } = newPasscode(world.keys, 20)
  const of = { accountId, enrollmentProfileId }
  const right = enrollmentRight(of, { proof, createdAt: world.now(), ...changes })
  await world.store.enrollmentRights.add(right)
  return { text, right }
}

async function refused(t: TestContext, world: TestWorld, text: string, fault: RegExp, address: string = WAY.address) {
  world.setTime(new Date(world.now().getTime() + 1_000))
  const error = await authenticatePasscode(world, text, address).then(
    () => undefined,
    (thrown: unknown) => thrown as Error & { reason: string; code: string; cause: Error },
  )
  t.assert.deepEqual(
    [error?.reason, error?.code, error?.message],
    ['unauthenticated', 'invalid_passcode', 'The passcode is not valid, or no longer.'],
  )
  t.assert.match(error?.cause.message ?? '', fault)
  const events = (await world.store.auditEvents.listUnsealed(1_000)).filter(
    ({ action }) => action === 'authentication.fail',
  )
  const event = events.at(-1)
  t.assert.match(String(event?.details.reason), fault)
  t.assert.ok(text === '' || !JSON.stringify(event).includes(text))
  return event
}

async function applicantOf(world: TestWorld, { text }: Pick<Passcode, 'text'>): Promise<Applicant> {
  return rightApplicant(world, await authenticatePasscode(world, text, WAY.address), WAY)
}

function enroll(world: TestWorld, applicant: Applicant, commonName?: string, enrollmentProfileId?: string) {
  return enrollCertificate(world, applicant, {
    enrollmentProfileId: enrollmentProfileId ?? world.quickstart.facts.enrollment_profile_id,
    attributes: commonName === undefined ? [] : [{ id: 'subject.common_name', value: commonName }],
    deviceAttributes: [],
    key: {
      by: 'server',
      keyType: 'p_256',
      privateKey: { format: 'pem', syntax: undefined, pkcs12Password: undefined, encryptionCertificate: undefined },
    },
    includesChain: false,
  })
}

test('passcodes', async (t: TestContext) => {
  const world = await startedWorld(t)
  await t.test('a passcode counts while all of it is so, and else says one sentence', async (t: TestContext) => {
    const { text, right } = await passcode(world)
    const { accounts, enrollmentRights } = world.store
    t.assert.match(text, /^[2-9a-z]{20}$/)
    t.assert.deepEqual((await authenticatePasscode(world, text, undefined)).right, right)

    for (const [wrong, fault] of [
      ['', /form/],
      ['short', /form/],
      [`${text}x`, /none of this platform/],
      [text.toUpperCase(), /form/],
      [`${text.slice(0, -1)}${text.endsWith('2') ? '3' : '2'}`, /none of this platform/],
      ['2'.repeat(100_000), /form/],
      [`${text.slice(0, -1)}\0`, /form/],
    ] as const)
      t.assert.equal((await refused(t, world, wrong, fault))?.actorKind, 'anonymous')

    const at = world.now().getTime()
    for (const [changes, fault] of [
      [{ status: 'disabled' }, /it is disabled/],
      [{ status: 'deleted' }, /it is deleted/],
      [{ startsAt: new Date(at + DAY) }, /has not begun/],
      [{ endsAt: new Date(at) }, /has ended/],
      [{ usageLimit: 2, numberOfUsage: 2 }, /used up/],
      [{ allowedNetworks: ['198.51.100.0/24'] }, /from this address/],
    ] as const) {
      const other = await passcode(world, changes)
      const event = await refused(t, world, other.text, fault)
      t.assert.deepEqual(
        [event?.actorKind, event?.actorId, event?.accountId],
        ['passcode', other.right.id, right.accountId],
      )
    }
    await enrollmentRights.update({ ...right, allowedNetworks: ['192.0.2.0/24'] })
    t.assert.ok(await authenticatePasscode(world, text, WAY.address))
    await refused(t, world, text, /from this address/, '198.51.100.1')

    const account = (await accounts.find(right.accountId))!
    await accounts.update({ ...account, active: false })
    await refused(t, world, text, /account is not active/)
    await accounts.update(account)
  })

  await t.test(
    'what the store has of a passcode is a hash under the master key, and nothing else of it but its beginning',
    async (t: TestContext) => {
      const { text, right } = await passcode(world)
      t.assert.ok(right.proof.kind === 'passcode')
      t.assert.equal(right.proof.beginning, text.slice(0, 5))
      t.assert.ok(!JSON.stringify(await world.store.enrollmentRights.find(right.id)).includes(text.slice(0, 6)))
      for (const length of [15, 129, 20.5, Number.NaN])
        t.assert.throws(() => newPasscode(world.keys, length), { message: 'passcode_length: 16 to 128.' })
    },
  )

  await t.test(
    'by a passcode there are certificates under its profile, with its values, as often as it says',
    async (t: TestContext) => {
      const registeredValues = [{ field: 'subject.organization_name', values: ['Maker'] }] as const
      const made = await passcode(world, { usageLimit: 3, registeredValues })
      const { enrollmentRights } = world.store
      const usage = async () => (await enrollmentRights.find(made.right.id))?.numberOfUsage

      const applicant = await applicantOf(world, made)
      const { certificate, request } = await enroll(world, applicant, 'one')
      t.assert.equal(certificate.subject, 'CN=one,O=Maker')
      t.assert.deepEqual(request.actor, { kind: 'passcode', id: made.right.id })
      t.assert.equal(await usage(), 1)
      const events = (await eventsOf(world.store.auditEvents, made.right.accountId, 1_000)).filter(({ resourceId }) =>
        [certificate.id, request.id].includes(resourceId ?? ''),
      )
      t.assert.equal(events.length, 2)
      for (const event of events) t.assert.deepEqual([event.actorKind, event.actorId], ['passcode', made.right.id])

      // What is refused uses nothing up.
      await t.assert.rejects(enroll(world, applicant), /common_name is missing/)
      await t.assert.rejects(enroll(world, applicant, 'x', `${made.right.enrollmentProfileId}0`), {
        reason: 'not_found',
      })
      t.assert.equal(await usage(), 1)

      const five = await Promise.allSettled(['2', '3', '4', '5', '6'].map((name) => enroll(world, applicant, name)))
      const fulfilled = five.filter(({ status }) => status === 'fulfilled')
      t.assert.equal(fulfilled.length, 2)
      for (const one of five)
        if (one.status === 'rejected') t.assert.equal((one.reason as { code: string }).code, 'invalid_passcode')
      t.assert.equal(await usage(), 3)
    },
  )

  await t.test('what was taken or changed while a request was worked on counts no more', async (t: TestContext) => {
    const { enrollmentRights } = world.store
    for (const change of [
      { status: 'disabled' },
      { status: 'deleted' },
      { endsAt: new Date(world.now().getTime() - 1) },
      { registeredValues: [{ field: 'subject.common_name', values: ['x'] }] },
      { allowedNetworks: ['198.51.100.0/24'] },
    ] as const) {
      const made = await passcode(world)
      const applicant = await applicantOf(world, made)
      await enrollmentRights.update({ ...made.right, ...change })
      await t.assert.rejects(enroll(world, applicant, 'x'), { reason: 'unauthenticated', code: 'invalid_passcode' })
      t.assert.equal((await enrollmentRights.find(made.right.id))?.numberOfUsage, 0)
    }
  })

  await t.test('a request that says another value than the registered one is refused', async (t: TestContext) => {
    const made = await passcode(world, { registeredValues: [{ field: 'subject.common_name', values: ['dev-1'] }] })
    const applicant = await applicantOf(world, made)
    await t.assert.rejects(enroll(world, applicant, 'dev-2'), /subject\.common_name is registered.*\["dev-1"\]/)
    t.assert.equal((await enroll(world, applicant, 'dev-1')).certificate.subject, 'CN=dev-1')
    t.assert.equal((await enroll(world, applicant)).certificate.subject, 'CN=dev-1')
  })
})
