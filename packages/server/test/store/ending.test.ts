import { randomUUID } from 'node:crypto'
import { before, type TestContext, test } from 'node:test'
import type { ApiKey } from '../../src/domain/api-key.ts'
import type { MailContent } from '../../src/domain/mail.ts'
import type { Store } from '../../src/domain/store.ts'
import { warnOfEndings } from '../../src/domain/warn-of-endings.ts'
import { createKeys } from '../../src/keys/keys.ts'
import { masterKey } from '../../src/keys/master-key.ts'
import { account, authority, bytes, certificate, user, wrappedKey } from './noun.ts'
import { onBothDatabases } from './test-database.ts'

const DAY = 86_400_000
const START = Date.parse('2026-03-04T05:06:07.891Z')
const inDays = (days: number): Date => new Date(START + days * DAY)

onBothDatabases('what ends', (database) => {
  let store: Store
  let time = START
  const now = (): Date => new Date(time)
  const keys = createKeys({ masterKey: masterKey(new Uint8Array(32).fill(3)), now })
  before(async () => {
    store = await database.open()
  })

  /** Mail that waits, taken out of the queue. */
  async function takeMail(): Promise<readonly MailContent[]> {
    const mails = await store.mails.listDue(new Date(8.64e15), 1000)
    for (const { id } of mails) await store.mails.remove(id)
    return mails.map(
      ({ id, wrapped }) => JSON.parse(Buffer.from(keys.unwrapSecret(id, wrapped)).toString()) as MailContent,
    )
  }

  async function addAccount() {
    const owner = account({ name: 'Nordwind' })
    await store.accounts.add(owner)
    const administrator = user(owner.id, { kind: 'standard', permissions: ['MANAGE_AM_ACCOUNT'] })
    const service = user(owner.id, { friendlyName: 'Build "farm"\r\nBcc: x' })
    const others = [
      user(owner.id, { kind: 'standard', permissions: ['VIEW_AM_USER'] }),
      user(owner.id, { kind: 'standard', permissions: ['MANAGE_AM_ACCOUNT'], status: 'disabled' }),
      user(owner.id, { kind: 'standard', permissions: ['MANAGE_AM_ACCOUNT'], endsAt: inDays(-1) }),
      user(owner.id, { permissions: ['MANAGE_AM_ACCOUNT'] }),
    ]
    for (const one of [administrator, service, ...others]) await store.users.add(one)
    return { owner, administrator, service }
  }

  function apiKey(userId: string, changes: Partial<ApiKey> = {}): ApiKey {
    return {
      id: randomUUID(),
      userId,
      name: 'Backup',
      hash: bytes(32),
      prefix: '01',
      previous: undefined,
      scopes: undefined,
      allowedNetworks: [],
      enabled: true,
      endsAt: inDays(100),
      createdAt: inDays(0),
      ...changes,
    }
  }

  const warn = () => warnOfEndings({ store, keys, now })

  test('is told 90, 60, 30, 14, 7 and 1 days ahead, once each, to the administrators alone', async (t: TestContext) => {
    time = START
    const { administrator, service } = await addAccount()
    const key = apiKey(service.id)
    await store.apiKeys.add(key)
    const told: number[] = []
    for (; time < inDays(110).getTime(); time += DAY / 2) {
      await Promise.all([warn(), warn()])
      for (const { to, subject } of await takeMail()) {
        t.assert.equal(to, administrator.email)
        t.assert.equal(subject, 'The API key "Backup" ends on 2026-06-12')
        told.push((inDays(100).getTime() - time) / DAY)
      }
    }
    t.assert.deepEqual(told, [90, 60, 30, 14, 7, 1])
    const events = (await store.auditEvents.listUnsealed(100)).filter(({ resourceId }) => resourceId === key.id)
    t.assert.deepEqual(
      events.map(({ details }) => [details.days, details.recipients]),
      told.map((days) => [days, 1]),
    )
  })

  test('is told to the managers of a service user too: of what is its own, and of nothing else', async (t: TestContext) => {
    time = START
    const { owner, administrator, service } = await addAccount()
    const [manager, gone] = [
      user(owner.id, { kind: 'standard' }),
      user(owner.id, { kind: 'standard', status: 'disabled' }),
    ]
    const managed = user(owner.id, {
      friendlyName: 'Managed',
      endsAt: inDays(85),
      createdAt: inDays(-10),
      managers: [manager.id, gone.id, administrator.id],
    })
    for (const one of [manager, gone, managed]) await store.users.add(one)
    const keys = [apiKey(service.id, { name: 'Other' }), apiKey(managed.id, { name: 'Own' })]
    for (const key of keys) await store.apiKeys.add({ ...key, endsAt: inDays(85), createdAt: inDays(-10) })
    await warn()
    const mails = (await takeMail()).toSorted(
      (a, b) => (a.to === administrator.email ? -1 : 1) - (b.to === administrator.email ? -1 : 1),
    )
    t.assert.deepEqual(
      mails.map(({ to }) => to),
      [administrator.email, manager.email],
    )
    t.assert.match(mails[0]!.text, /"Other"/)
    t.assert.match(mails[0]!.text, /since you may manage the account/)
    t.assert.doesNotMatch(mails[1]!.text, /"Other"/)
    t.assert.match(mails[1]!.text, /The API key "Own" of "Managed"/)
    t.assert.match(mails[1]!.text, /The service user "Managed"/)
    t.assert.match(mails[1]!.text, /since you manage what it is about/)
    const events = await store.auditEvents.listUnsealed(1000)
    const recipients = (id: string) => events.find(({ resourceId }) => resourceId === id)?.details.recipients
    t.assert.deepEqual([recipients(keys[0]!.id), recipients(keys[1]!.id)], [1, 2])
  })

  test('an account that ends is told of, and one that is not served has nothing that does', async (t: TestContext) => {
    time = START
    const { owner, administrator, service } = await addAccount()
    const ending = { ...owner, createdAt: inDays(-10), servicePeriod: { from: inDays(-10), to: inDays(85) } }
    await store.accounts.update(ending)
    t.assert.equal(await warn(), 1)
    const [mail, ...more] = await takeMail()
    t.assert.deepEqual([mail?.to, more], [administrator.email, []])
    t.assert.equal(mail?.subject, 'The account "Nordwind" ends on 2026-05-28')
    t.assert.deepEqual(await store.endings.nextEnd('account', now()), inDays(85))
    await store.apiKeys.add(apiKey(service.id, { endsAt: inDays(50), createdAt: inDays(-100) }))
    for (const servicePeriod of [
      { from: inDays(1), to: undefined },
      { from: inDays(-10), to: inDays(-1) },
    ]) {
      await store.accounts.update({ ...ending, servicePeriod })
      t.assert.equal(await warn(), 0)
    }
    await store.accounts.update(owner)
    t.assert.equal(await warn(), 1)
    await takeMail()
  })

  test('is told in one mail for an account, with names in one line each', async (t: TestContext) => {
    time = START
    const { owner, service } = await addAccount()
    const issuerKey = wrappedKey()
    await store.privateKeys.add(issuerKey)
    const issuer = authority(issuerKey.id, { purpose: 'client-auth' })
    await store.authorities.add(issuer)
    const issued = async (endsAt: Date, createdAt: Date) => {
      const one = certificate(issuer.id, { accountId: owner.id, notBefore: createdAt, notAfter: endsAt, createdAt })
      await store.certificates.reserve(one)
      await store.certificates.issue(one.id, one.bytes, bytes(32))
      return one
    }
    const clientCertificate = await issued(inDays(10), inDays(-300))
    const contentCertificate = await issued(inDays(50), inDays(-300))
    const renewing = await issued(inDays(59), inDays(-10))
    for (const [name, enabled] of [
      ['client', true],
      ['off', false],
    ] as const)
      await store.clientAuthCertificates.add({
        id: randomUUID(),
        userId: service.id,
        name,
        certificateId: (enabled ? clientCertificate : await issued(inDays(10), inDays(-300))).id,
        enabled,
        makerEndsAt: undefined,
        createdAt: inDays(-300),
      })
    const outside = {
      id: randomUUID(),
      accountId: owner.id,
      chain: '',
      notBefore: inDays(-10),
      notAfter: inDays(40),
      createdAt: inDays(-30),
    }
    await store.outsideCertificates.add(outside)
    for (const [nickname, certificateId] of [
      ['EC', contentCertificate.id],
      ['soon renewed', renewing.id],
      ['elsewhere', outside.id],
    ] as const) {
      const key = wrappedKey()
      await store.privateKeys.add(key)
      await store.credentials.add({
        id: randomUUID(),
        accountId: owner.id,
        userId: undefined,
        nickname,
        keyId: key.id,
        certificateId,
        request: undefined,
        status: 'enabled',
        pinAttempts: 0,
        createdAt: inDays(-300),
      })
    }
    await store.users.add(user(owner.id, { friendlyName: 'Camera 7', endsAt: inDays(25), createdAt: inDays(-300) }))
    await store.apiKeys.add(
      apiKey(service.id, { name: 'disabled', enabled: false, endsAt: inDays(5), createdAt: inDays(-300) }),
    )
    await store.apiKeys.add(apiKey(service.id, { name: 'short from the start', endsAt: inDays(20) }))
    await store.apiKeys.add(apiKey(service.id, { name: 'over', endsAt: inDays(-1), createdAt: inDays(-300) }))

    t.assert.deepEqual(await store.endings.nextEnd('client_auth_certificate', now()), inDays(10))
    t.assert.equal(await store.endings.nextEnd('client_auth_certificate', inDays(11)), undefined)
    t.assert.deepEqual(await store.endings.nextEnd('credential', now()), inDays(40))
    t.assert.equal(await warn(), 4)
    const [mail, ...more] = await takeMail()
    t.assert.deepEqual(more, [])
    t.assert.equal(mail?.subject, '4 certificates, keys or users of Nordwind end soon')
    t.assert.deepEqual(mail?.text.match(/^(The|ends) .*$/gm), [
      'The client authentication certificate "client" of "Build "farm" Bcc: x"',
      'ends on 2026-03-14 05:06 UTC, in 10 days.',
      'The service user "Camera 7"',
      'ends on 2026-03-29 05:06 UTC, in 25 days.',
      'The content credential "elsewhere"',
      'ends on 2026-04-13 05:06 UTC, in 40 days.',
      'The content credential "EC"',
      'ends on 2026-04-23 05:06 UTC, in 50 days.',
    ])
    t.assert.equal(await warn(), 0)
  })

  test('that gets another end is another thing to be warned of', async (t: TestContext) => {
    time = START
    const { owner } = await addAccount()
    const ending = user(owner.id, { endsAt: inDays(10), createdAt: inDays(-100) })
    await store.users.add(ending)
    t.assert.equal(await warn(), 1)
    await store.users.update({ ...ending, endsAt: inDays(12) })
    t.assert.equal(await warn(), 1)
    await store.users.update({ ...ending, endsAt: undefined })
    t.assert.equal(await warn(), 0)
    t.assert.equal((await takeMail()).length, 2)
  })

  test('is told of all of many, a hundred in a mail', async (t: TestContext) => {
    time = START
    const { service } = await addAccount()
    for (let index = 0; index < 250; index++)
      await store.apiKeys.add(apiKey(service.id, { name: `Key ${index}`, endsAt: inDays(3), createdAt: inDays(-30) }))
    t.assert.equal(await warn(), 250)
    t.assert.equal((await takeMail()).length, 3)
  })
})
