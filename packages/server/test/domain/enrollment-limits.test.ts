/** Limits of enrollment profiles where several nodes enroll at once, on both databases: none is passed. */
import { before, type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { newApiKey } from '../../src/domain/api-key.ts'
import { type Applicant, userApplicant } from '../../src/domain/applicant.ts'
import type { Principal } from '../../src/domain/authenticate.ts'
import { rightApplicant } from '../../src/domain/authenticate-right.ts'
import {
  type EnrolledCertificate,
  type EnrollmentWish,
  enrollCertificate,
} from '../../src/domain/enroll-certificate.ts'
import { type EnrollmentProfile, newEnrollmentProfileId } from '../../src/domain/enrollment-profile.ts'
import type { EnrollmentRight } from '../../src/domain/enrollment-right.ts'
import { firstStart } from '../../src/domain/first-start.ts'
import { createDevice } from '../../src/domain/manage-devices.ts'
import {
  changeEnrollmentProfile,
  createEnrollmentProfile,
  removeEnrollmentProfile,
} from '../../src/domain/manage-enrollment-profiles.ts'
import { ownRenewal } from '../../src/domain/own-device.ts'
import { Refusal } from '../../src/domain/refusal.ts'
import { type RenewalWish, renewCertificate } from '../../src/domain/renew-certificate.ts'
import { tellingWebhooks } from '../../src/domain/tell-webhooks.ts'
import type { World } from '../../src/domain/world.ts'
import { createKeys } from '../../src/keys/keys.ts'
import { masterKey } from '../../src/keys/master-key.ts'
import { createPasswords } from '../../src/keys/password-hash.ts'
import { enrollmentRight } from '../store/noun.ts'
import { onBothDatabases } from '../store/test-database.ts'
import { PKI_URL, TLS_NAMES } from '../test-world.ts'

onBothDatabases('an enrollment profile', (database) => {
  /** Two nodes on one database. */
  let nodes: readonly World[]
  let administrator: Principal
  let first: EnrollmentProfile
  before(async () => {
    const place = await database.place()
    const now = () => new Date()
    const keys = createKeys({
      masterKey: masterKey(new Uint8Array(32).fill(3)),
      now,
      pinCost: { memory: 64, passes: 1, lanes: 1 },
    })
    const nodeOf = async (): Promise<World> => ({
      store: await database.open(place),
      keys,
      passwords: createPasswords(),
      now,
      pkiUrl: PKI_URL,
    })
    nodes = [await nodeOf(), await nodeOf()]
    const [{ store }] = nodes as [World]
    await firstStart(nodes[0]!, {
      domain: 'countersign.localhost',
      tlsNames: TLS_NAMES,
      hashPassword: async () => '$argon2id$',
      deliver: async () => {},
    })
    const account = (await store.accounts.list())[0]!
    const user = (await store.users.list(account.id)).find(({ kind }) => kind === 'standard')!
    administrator = { account, user }
    first = (await store.enrollmentProfiles.list({ accountId: account.id, offset: 0, limit: 1 })).records[0]!
  })

  let names = 0
  const profile = async (usageLimit: number | null): Promise<EnrollmentProfile> => {
    const { divisionId, certificateProfileId } = first
    const wish = { name: `Limited ${++names}`, divisionId, certificateProfileId, usageLimit }
    return (await createEnrollmentProfile(nodes[0]!, administrator, wish)).profile
  }
  const wishFor = ({ id }: EnrollmentProfile, identifier?: string): EnrollmentWish => ({
    enrollmentProfileId: id,
    attributes: [{ id: 'subject.common_name', value: 'device' }],
    deviceAttributes: identifier === undefined ? [] : [{ id: 'DEVICE_IDENTIFIER', value: identifier }],
    key: {
      by: 'server',
      keyType: 'p_256',
      privateKey: { format: 'pem', syntax: undefined, pkcs12Password: undefined, encryptionCertificate: undefined },
    },
    includesChain: true,
  })
  const applicant = (): Applicant => userApplicant(administrator, { method: 'API', address: '127.0.0.1' })

  const passcode = ({ id, accountId }: EnrollmentProfile, changes: Partial<EnrollmentRight> = {}): EnrollmentRight =>
    enrollmentRight({ accountId, enrollmentProfileId: id }, changes)
  const byRight = (right: EnrollmentRight): Applicant =>
    rightApplicant(nodes[0]!, { right, account: administrator.account }, { method: 'API', address: undefined })

  /** So many at once, by turns on one node and on the other. */
  async function enrollMany(
    t: TestContext,
    count: number,
    wish: (index: number) => EnrollmentWish,
  ): Promise<readonly EnrolledCertificate[]> {
    const outcomes = await Promise.allSettled(
      Array.from({ length: count }, (_, index) => enrollCertificate(nodes[index % 2]!, applicant(), wish(index))),
    )
    return outcomes.flatMap((outcome) => {
      if (outcome.status === 'fulfilled') return [outcome.value]
      t.assert.ok(outcome.reason instanceof Refusal, String(outcome.reason?.stack))
      t.assert.equal(outcome.reason.code, 'enrollment_profile_used_up')
      return []
    })
  }

  test('has as many certificates as it may, and none more, whoever is asked', async (t: TestContext) => {
    const limited = await profile(5)
    const made = await enrollMany(t, 24, () => wishFor(limited))
    t.assert.equal(made.length, 5)
    const { store } = nodes[1]!
    t.assert.equal((await store.enrollmentProfiles.find(limited.id))?.numberOfUsage, 5)
    const { accountId } = limited
    const at = new Date()
    const query = { accountId, at, enrollmentProfileId: limited.id, offset: 0, limit: 100 }
    t.assert.equal((await store.deviceCertificates.list(query)).total, 5)
  })

  test('does not hold up another that is used at the same time', async (t: TestContext) => {
    const both = [await profile(8), await profile(8)]
    const made = await enrollMany(t, 24, (index) => wishFor(both[(index >> 1) % 2]!, `device-${index % 3}`))
    t.assert.equal(made.length, 16)
    for (const { id } of both) t.assert.equal((await nodes[0]!.store.enrollmentProfiles.find(id))?.numberOfUsage, 8)
  })

  test('counts what was issued before it was limited, and what is issued meanwhile', async (t: TestContext) => {
    const unlimited = await profile(null)
    await enrollMany(t, 3, () => wishFor(unlimited))
    const many = enrollMany(t, 12, () => wishFor(unlimited))
    await changeEnrollmentProfile(nodes[1]!, administrator, unlimited.id, { usageLimit: 9 })
    const made = await many
    const { numberOfUsage = 0 } = (await nodes[0]!.store.enrollmentProfiles.find(unlimited.id))!
    t.assert.equal(numberOfUsage, made.length + 3)
    t.assert.equal((await enrollMany(t, 12, () => wishFor(unlimited))).length, Math.max(0, 9 - numberOfUsage))
    const lifted = await changeEnrollmentProfile(nodes[1]!, administrator, unlimited.id, { usageLimit: null })
    t.assert.equal(lifted.profile.numberOfUsage, undefined)
    t.assert.equal((await enrollMany(t, 1, () => wishFor(unlimited))).length, 1)
  })

  test('that is used up has renewals still, and they are no uses', async (t: TestContext) => {
    const limited = await profile(1)
    const [made] = await enrollMany(t, 2, () => wishFor(limited, 'renewed'))
    const { id, serialNumber } = made!.certificate
    const { enrollmentProfileId: _, deviceAttributes: _device, ...wish } = wishFor(limited)
    const renewal: RenewalWish = { ...wish, enrollmentProfileId: undefined, attributes: [], deviceAttributes: [] }
    const renewed = await Promise.all([
      renewCertificate(nodes[0]!, applicant(), id, renewal),
      renewCertificate(nodes[1]!, applicant(), serialNumber.toUpperCase(), renewal),
    ])
    for (const { request, certificate } of renewed) {
      t.assert.deepEqual([request.renewedCertificateId, request.deviceId], [id, made!.request.deviceId])
      t.assert.deepEqual(await nodes[1]!.store.certificateRequests.findByCertificate(certificate.id), request)
    }
    t.assert.equal((await nodes[0]!.store.enrollmentProfiles.find(limited.id))?.numberOfUsage, 1)
    // Counted anew, they are no uses either.
    await changeEnrollmentProfile(nodes[0]!, administrator, limited.id, { usageLimit: null })
    const { profile: again } = await changeEnrollmentProfile(nodes[1]!, administrator, limited.id, { usageLimit: 2 })
    t.assert.equal(again.numberOfUsage, 1)
  })

  test('that lets renewals have other names holds devices to what is registered for them', async (t: TestContext) => {
    const [node] = nodes as [World]
    const { store } = node
    const { profile: held } = await createEnrollmentProfile(node, administrator, {
      ...{ name: `Limited ${++names}`, divisionId: first.divisionId, certificateProfileId: first.certificateProfileId },
      allowsNameChange: true,
    })
    const right = passcode(held, { registeredValues: [{ field: 'subject.common_name', values: ['mine'] }] })
    await store.enrollmentRights.add(right)
    const { enrollmentProfileId, ...wish } = { ...wishFor(held), attributes: [] }
    const made = await enrollCertificate(node, byRight(right), { ...wish, enrollmentProfileId })
    const renew = async (
      { request, certificate }: EnrolledCertificate,
      value: string,
    ): Promise<EnrolledCertificate> => {
      const holder = { certificate, request, account: administrator.account, device: undefined }
      const way = { method: 'API', address: undefined, isByDeviceApi: false } as const
      const attributes = [
        { id: 'subject.common_name', value },
        { id: 'subject.locality', value: 'Bonn' },
      ]
      const asked = { ...wish, enrollmentProfileId: undefined, attributes }
      return renewCertificate(node, await ownRenewal(node, holder, way), certificate.id, asked)
    }
    const others = { reason: 'invalid', message: /subject\.common_name is registered/ }
    await t.assert.rejects(renew(made, 'another'), others)
    const renewed = await renew(made, 'mine')
    t.assert.match(renewed.certificate.subject, /CN=mine.*L=Bonn/)
    await t.assert.rejects(renew(renewed, 'another'), others)
  })

  test('renews nothing for a device that is deleted at that moment', async (t: TestContext) => {
    const [made] = await enrollMany(t, 1, () => wishFor(first, 'deleted'))
    const { enrollmentProfileId: _, ...wish } = wishFor(first)
    const renewal: RenewalWish = { ...wish, enrollmentProfileId: undefined, attributes: [] }
    const [node, other] = nodes as [World, World]
    const begun = Promise.withResolvers<void>()
    const ended = Promise.withResolvers<void>()
    const deleting = other.store.transaction(async ({ locks, devices }) => {
      await locks.take(`devices:${first.accountId}`)
      begun.resolve()
      await ended.promise
      const device = (await devices.find(made!.request.deviceId!))!
      await devices.update({ ...device, status: 'deleted' })
    })
    await begun.promise
    const renewing = renewCertificate(node, applicant(), made!.certificate.id, renewal)
    await Promise.race([pause(300), renewing.catch(() => {})])
    ended.resolve()
    await deleting
    await t.assert.rejects(renewing, { code: 'device_not_active' })
  })

  test('is deleted while nothing was made under it', async (t: TestContext) => {
    const [unused, used] = [await profile(3), await profile(3)]
    await enrollMany(t, 1, () => wishFor(used))
    await removeEnrollmentProfile(nodes[0]!, administrator, unused.id)
    const removing = removeEnrollmentProfile(nodes[1]!, administrator, used.id)
    await t.assert.rejects(removing, { reason: 'conflict', code: 'enrollment_profile_in_use' })
    t.assert.equal(await nodes[1]!.store.enrollmentProfiles.find(unused.id), undefined)
    t.assert.equal((await nodes[0]!.store.enrollmentProfiles.find(used.id))?.numberOfUsage, 1)
  })

  /** A node on which something happens while a key is made. */
  const slowly = (meanwhile: () => Promise<unknown>): World => ({
    ...nodes[0]!,
    keys: {
      ...nodes[0]!.keys,
      async generateForDevice(type) {
        const made = await nodes[0]!.keys.generateForDevice(type)
        await meanwhile()
        return made
      },
    },
  })

  test('has no certificate for who is known no longer once the key is made', async (t: TestContext) => {
    const { store } = nodes[1]!
    const { user, account } = administrator
    const { apiKey } = newApiKey(new Date(), { userId: user.id, name: 'ending' })
    await store.apiKeys.add(apiKey)
    const right = passcode(first)
    await store.enrollmentRights.add(right)
    const by = (principal: Principal) => userApplicant(principal, { method: 'API', address: '127.0.0.1' })
    const disabling = () => store.apiKeys.update({ ...apiKey, enabled: false })
    const ending = () => store.accounts.update({ ...account, active: false })
    const total = async (): Promise<number> =>
      (await store.deviceCertificates.list({ accountId: account.id, at: new Date(), offset: 0, limit: 1 })).total
    const before = await total()
    const refused = { code: 'access_denied', message: /^What you are known by/ }
    const keyed = by({ ...administrator, apiKey })
    await enrollCertificate(nodes[0]!, keyed, wishFor(first))
    await t.assert.rejects(enrollCertificate(slowly(disabling), keyed, wishFor(first)), refused)
    for (const [who, refusal] of [
      [by(administrator), refused],
      [byRight(right), { reason: 'unauthenticated' }],
    ] as const) {
      await t.assert.rejects(enrollCertificate(slowly(ending), who, wishFor(first)), refusal)
      await store.accounts.update(account)
    }
    t.assert.equal(await total(), before + 1)
  })

  test('that is disabled while a key is made has no certificate for it', async (t: TestContext) => {
    const { id } = await profile(null)
    const slow = slowly(() => changeEnrollmentProfile(nodes[1]!, administrator, id, { status: 'disabled' }))
    const held = { ...first, id }
    await t.assert.rejects(enrollCertificate(slow, applicant(), wishFor(held)), { code: 'enrollment_profile_disabled' })
    const query = { accountId: first.accountId, at: new Date(), enrollmentProfileId: id, offset: 0, limit: 1 }
    t.assert.equal((await nodes[0]!.store.deviceCertificates.list(query)).total, 0)
  })
  test('gives a device to one of two passcodes that ask for it at once, and keeps all that is told of it', async (t: TestContext) => {
    // As the platform has it.
    const store = tellingWebhooks(nodes[0]!.store)
    const node = { ...nodes[0]!, store }
    const { accountId, divisionId } = first
    const field = { type: 'text', mandatory: false, options: [], defaultValue: undefined, pattern: undefined } as const
    const deviceProfile = {
      id: crypto.randomUUID(),
      accountId,
      divisionId,
      name: 'Sensors',
      description: '',
      requiresIdentifier: true,
      identifierPattern: undefined,
      fields: [
        { ...field, id: 'room', name: 'Room' },
        { ...field, id: 'floor', name: 'Floor' },
      ],
      apiAccess: { read: false, write: false, renewCertificate: false },
      createdAt: new Date(),
      updatedAt: new Date(),
    }
    await store.deviceProfiles.add(deviceProfile)
    const held = {
      ...first,
      id: newEnrollmentProfileId(new Date()),
      name: 'Sensors',
      deviceProfileId: deviceProfile.id,
    }
    await store.enrollmentProfiles.add(held)
    const rights = [passcode(held), passcode(held)]
    for (const right of rights) await store.enrollmentRights.add(right)
    const identifiers = ['a', 'b', 'c', 'd', 'e'].map((name) => `shared-${name}`)
    for (const identifier of identifiers)
      await createDevice(node, administrator, { divisionId, identifier, deviceProfileId: deviceProfile.id })
    const told = (identifier: string, id: string): EnrollmentWish => ({
      ...wishFor(held, identifier),
      deviceAttributes: [
        { id: 'DEVICE_IDENTIFIER', value: identifier },
        { id, value: `of ${id}` },
      ],
    })
    const outcomes = await Promise.allSettled(
      identifiers.flatMap((identifier) =>
        rights.map((right) => enrollCertificate(node, byRight(right), wishFor(held, identifier))),
      ),
    )
    t.assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, identifiers.length)
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') t.assert.equal(outcome.reason.code, 'device_has_certificate')

    await Promise.all(
      identifiers.flatMap((identifier) =>
        ['room', 'floor'].map((id) => enrollCertificate(node, applicant(), told(identifier, id))),
      ),
    )
    for (const identifier of identifiers)
      t.assert.deepEqual((await store.devices.findByIdentifier(accountId, identifier))?.values, {
        room: 'of room',
        floor: 'of floor',
      })
  })
})
