import { randomUUID } from 'node:crypto'
import { before, test } from 'node:test'
import type { ApiKey } from '../../src/domain/api-key.ts'
import { type RevocationReason, WHOLE_LIST } from '../../src/domain/certificate.ts'
import type { ClientAuthCertificate } from '../../src/domain/client-auth-certificate.ts'
import type { Store } from '../../src/domain/store.ts'
import { eventsOf } from './events-of.ts'
import {
  account,
  addIssued,
  addSigning,
  auditEvent,
  authority,
  bytes,
  certificate,
  NOW,
  signature,
  user,
  wrappedKey,
} from './noun.ts'
import { onBothDatabases } from './test-database.ts'

function later(milliseconds: number): Date {
  return new Date(NOW.getTime() + milliseconds)
}

onBothDatabases('repositories', (database) => {
  let store: Store
  before(async () => {
    store = await database.open()
  })

  async function addAuthority(): Promise<string> {
    const key = wrappedKey()
    const issuer = authority(key.id)
    await store.privateKeys.add(key)
    await store.authorities.add(issuer)
    return issuer.id
  }

  test('an account comes back as it went in, and is changed', async (t) => {
    const one = account({ name: 'Zeitung „Nordwind“ 📰', defaultDigitalSourceType: 'http://cv.iptc.org/x' })
    await store.accounts.add(one)
    t.assert.deepEqual(await store.accounts.find(one.id), one)
    t.assert.deepEqual(await store.accounts.findByFriendlyIdentifier(one.friendlyIdentifier), one)
    const servicePeriod = { from: later(1), to: later(2) }
    const changed = { ...one, active: false, servicePeriod, locale: 'de_DE', defaultDigitalSourceType: undefined }
    await store.accounts.update(changed)
    t.assert.deepEqual(await store.accounts.find(one.id), changed)
    t.assert.deepEqual(await store.accounts.list(), [changed])
    t.assert.equal(await store.accounts.find(randomUUID()), undefined)
    const rival = account({ friendlyIdentifier: one.friendlyIdentifier })
    await t.assert.rejects(store.accounts.add(rival), { name: 'Refusal', reason: 'conflict', code: 'account_exists' })
    await t.assert.rejects(store.accounts.update(account()), { reason: 'not_found', code: 'account_not_found' })
  })

  test('a standard user has an e-mail address alone, and service users may share it', async (t) => {
    const owner = account()
    await store.accounts.add(owner)
    const jane = user(owner.id, {
      kind: 'standard',
      email: `Jane.${owner.id}@Example.com`,
      passwordHash: '$argon2id$',
      endsAt: later(1),
      locale: 'de_DE',
    })
    await store.users.add(jane)
    await store.users.add(user(owner.id, { email: jane.email }))
    t.assert.deepEqual(await store.users.findByEmail(jane.email.toUpperCase()), jane)
    t.assert.deepEqual(await store.users.find(jane.id), jane)
    const rival = user(owner.id, { kind: 'standard', email: jane.email.toLowerCase() })
    await t.assert.rejects(store.users.add(rival), { reason: 'conflict' })
    await store.users.update({ ...jane, status: 'disabled', permissions: [] })
    const [first, second, ...others] = await store.users.list(owner.id)
    t.assert.deepEqual(new Set([first?.kind, second?.kind]), new Set(['standard', 'service']))
    t.assert.equal(others.length, 0)
  })

  test('an API key is found by its hash, with its user and account', async (t) => {
    const owner = account()
    const holder = user(owner.id)
    const apiKey: ApiKey = {
      id: randomUUID(),
      userId: holder.id,
      name: 'build',
      prefix: '0123abcd',
      hash: bytes(32),
      previous: { hash: bytes(32), endsAt: later(2) },
      enabled: true,
      endsAt: later(1),
      scopes: ['SIGN_CTM_CONTENT'],
      allowedNetworks: ['2001:db8::/32'],
      createdAt: NOW,
    }
    await store.accounts.add(owner)
    await store.users.add(holder)
    await store.apiKeys.add(apiKey)
    t.assert.deepEqual(await store.apiKeys.findByHash(apiKey.hash), { apiKey, user: holder, account: owner })
    t.assert.equal((await store.apiKeys.findByHash(apiKey.previous!.hash))?.apiKey.id, apiKey.id)
    t.assert.equal(await store.apiKeys.findByHash(bytes(32)), undefined)
    await store.apiKeys.setEnabled(apiKey.id, false)
    t.assert.deepEqual(await store.apiKeys.find(apiKey.id), { ...apiKey, enabled: false })
    t.assert.deepEqual(await store.apiKeys.list(holder.id), [{ ...apiKey, enabled: false }])
    await t.assert.rejects(store.apiKeys.add({ ...apiKey, id: randomUUID() }), { reason: 'conflict' })
    await t.assert.rejects(store.apiKeys.setEnabled(randomUUID(), true), { reason: 'not_found' })
    const changed = {
      ...apiKey,
      name: 'Bau',
      previous: undefined,
      endsAt: undefined,
      scopes: undefined,
      allowedNetworks: [],
    }
    await store.apiKeys.update(changed)
    t.assert.deepEqual(await store.apiKeys.listOfAccount(owner.id), [changed])
    t.assert.deepEqual(await store.apiKeys.listOfAccount(randomUUID()), [])
    await store.apiKeys.remove(apiKey.id)
    t.assert.equal(await store.apiKeys.find(apiKey.id), undefined)
  })

  test('the newest authority of a purpose issues', async (t) => {
    const key = wrappedKey()
    await store.privateKeys.add(key)
    t.assert.deepEqual(await store.privateKeys.find(key.id), key)
    const root = authority(key.id, { purpose: 'root' })
    const old = authority(key.id, { purpose: 'device', issuerId: root.id })
    const young = authority(key.id, { purpose: 'device', issuerId: root.id, createdAt: later(1) })
    for (const one of [root, young, old]) await store.authorities.add(one)
    t.assert.deepEqual(await store.authorities.findByPurpose('device'), young)
    t.assert.deepEqual(await store.authorities.find(old.id), old)
    t.assert.equal(await store.authorities.findByPurpose('tls-server'), undefined)
    t.assert.equal((await store.authorities.list()).filter(({ keyId }) => keyId === key.id).length, 3)
  })

  test('a private key that nothing uses is removed, one that an authority uses is not', async (t) => {
    const [unused, used] = [wrappedKey(), wrappedKey()]
    await store.privateKeys.add(unused)
    await store.privateKeys.add(used)
    await store.authorities.add(authority(used.id))
    await store.privateKeys.remove(unused.id)
    t.assert.equal(await store.privateKeys.find(unused.id), undefined)
    await t.assert.rejects(store.privateKeys.remove(used.id))
    t.assert.deepEqual(await store.privateKeys.find(used.id), used)
  })

  test('a certificate is reserved, issued once and revoked once', async (t) => {
    const authorityId = await addAuthority()
    const reserved = certificate(authorityId)
    await store.certificates.reserve(reserved)
    t.assert.deepEqual(await store.certificates.find(reserved.id), reserved)
    t.assert.equal(await store.certificates.revoke(reserved.id, { at: NOW, reason: 'superseded' }), false)
    const rival = certificate(authorityId, { serialNumber: reserved.serialNumber })
    await t.assert.rejects(store.certificates.reserve(rival), { reason: 'conflict', code: 'certificate_exists' })
    await store.certificates.reserve(certificate(await addAuthority(), { serialNumber: reserved.serialNumber }))

    const [der, fingerprint] = [bytes(700), bytes(32)]
    t.assert.equal(await store.certificates.issue(reserved.id, der, fingerprint), true)
    t.assert.equal(await store.certificates.issue(reserved.id, bytes(1), bytes(32)), false)
    await t.assert.rejects(store.certificates.reserve(rival), { reason: 'conflict', code: 'certificate_exists' })
    const issued = { ...reserved, status: 'issued' as const, bytes: der, fingerprint }
    t.assert.deepEqual(await store.certificates.findByFingerprint(fingerprint), issued)

    const revocation = { at: later(5), reason: 'key_compromise' as RevocationReason }
    t.assert.equal(await store.certificates.revoke(reserved.id, revocation), true)
    t.assert.equal(await store.certificates.revoke(reserved.id, { at: later(9), reason: 'superseded' }), false)
    const revoked = await store.certificates.findBySerialNumber(authorityId, reserved.serialNumber)
    t.assert.deepEqual(revoked, { ...issued, status: 'revoked', revocation })
  })

  test('the revoked ones are listed page after page in the order of their revocation, without the expired', async (t) => {
    const authorityId = await addAuthority()
    const expected: string[] = []
    await store.transaction(async ({ certificates }) => {
      for (let n = 0; n < 1205; n++) {
        const one = certificate(authorityId, { notAfter: later(n === 7 ? -1 : 0) })
        await certificates.reserve(one)
        await certificates.issue(one.id, bytes(10), bytes(32))
        if (n < 1203) await certificates.revoke(one.id, { at: later(n), reason: 'unspecified' })
        if (n < 1203 && n !== 7) expected.push(one.serialNumber)
      }
    })
    const revoked = await store.certificates.listRevoked(authorityId, NOW)
    t.assert.deepEqual(
      revoked.map(({ serialNumber }) => serialNumber),
      expected,
    )
    t.assert.deepEqual(revoked[0]?.at, NOW)
    t.assert.deepEqual(await store.certificates.listRevoked(randomUUID(), NOW), [])
  })

  test('certificates that end soon, and those that a crash left reserved', async (t) => {
    const authorityId = await addAuthority()
    const year2100 = new Date('2100-01-01T00:00:00Z').getTime()
    const ends = [30, 10, 20, 40].map((milliseconds) => new Date(year2100 + milliseconds))
    for (const notAfter of ends) {
      const one = certificate(authorityId, { notAfter })
      await store.certificates.reserve(one)
      await store.certificates.issue(one.id, bytes(10), bytes(32))
    }
    const expiring = await store.certificates.listExpiring(new Date(year2100 + 10), new Date(year2100 + 40), 9)
    const found = expiring.map(({ notAfter }) => notAfter.getTime() - year2100)
    t.assert.deepEqual(found, [10, 20, 30])
    t.assert.equal((await store.certificates.listExpiring(new Date(year2100), new Date(year2100 + 99), 2)).length, 2)

    const left = certificate(authorityId, { createdAt: new Date(0) })
    await store.certificates.reserve(left)
    t.assert.deepEqual(await store.certificates.listReserved(new Date(1), 9), [left])
    t.assert.deepEqual(await store.certificates.listReserved(new Date(0), 9), [])
    t.assert.equal(await store.certificates.fail(left.id), true)
    t.assert.equal(await store.certificates.fail(left.id), false)
    t.assert.equal(await store.certificates.issue(left.id, bytes(10), bytes(32)), false)
    t.assert.deepEqual(await store.certificates.find(left.id), { ...left, status: 'failed' })
    t.assert.deepEqual(await store.certificates.listReserved(new Date(1), 9), [])
  })

  test('a revocation list only moves forward', async (t) => {
    const authorityId = await addAuthority()
    const list = (number: bigint, partition = WHOLE_LIST) => ({
      authorityId,
      partition,
      number,
      thisUpdate: NOW,
      nextUpdate: later(1000),
      bytes: bytes(99),
    })
    const [second, third] = [list(2n), list(3n)]
    t.assert.equal(await store.revocationLists.find(authorityId, WHOLE_LIST), undefined)
    t.assert.equal(await store.revocationLists.put(second), true)
    t.assert.equal(await store.revocationLists.put(list(2n)), false)
    t.assert.equal(await store.revocationLists.put(list(1n)), false)
    t.assert.deepEqual(await store.revocationLists.find(authorityId, WHOLE_LIST), second)
    t.assert.equal(await store.revocationLists.put(third), true)
    t.assert.equal(await store.revocationLists.put(list(1n, 7)), true)
    t.assert.equal((await store.revocationLists.find(authorityId, 7))?.number, 1n)
    t.assert.deepEqual(
      (await store.revocationLists.list(authorityId)).map(({ partition, number }) => [partition, number]),
      [
        [WHOLE_LIST, 3n],
        [7, 1n],
      ],
    )
    t.assert.deepEqual(await store.revocationLists.find(authorityId, WHOLE_LIST), third)
  })

  test('a client authentication certificate authenticates by one look', async (t) => {
    const authorityId = await addAuthority()
    const [owner, other] = [account(), account()]
    const [holder, colleague, stranger] = [user(owner.id), user(owner.id), user(other.id)]
    const reserved = [certificate(authorityId), certificate(authorityId), certificate(authorityId)] as const
    const fingerprint = bytes(32)
    await store.accounts.add(owner)
    await store.accounts.add(other)
    for (const one of [holder, colleague, stranger]) await store.users.add(one)
    await store.certificates.reserve(reserved[0])
    await store.certificates.issue(reserved[0].id, bytes(9), fingerprint)
    for (const one of reserved.slice(1)) await addIssued(store, one)
    const clientAuthCertificate: ClientAuthCertificate = {
      id: randomUUID(),
      userId: holder.id,
      name: 'laptop',
      certificateId: reserved[0].id,
      enabled: true,
      makerEndsAt: new Date(NOW.getTime() + 1),
      createdAt: NOW,
    }
    await store.clientAuthCertificates.add(clientAuthCertificate)
    t.assert.deepEqual(await store.clientAuthCertificates.findByFingerprint(fingerprint), {
      clientAuthCertificate,
      certificate: await store.certificates.find(reserved[0].id),
      user: holder,
      account: owner,
    })
    t.assert.equal(await store.clientAuthCertificates.findByFingerprint(bytes(32)), undefined)

    const named = (userId: string, certificateId: string) => ({
      ...clientAuthCertificate,
      id: randomUUID(),
      userId,
      certificateId,
    })
    const rival = store.clientAuthCertificates.add(named(colleague.id, reserved[1].id))
    await t.assert.rejects(rival, { reason: 'conflict', code: 'client_authentication_certificate_exists' })
    await store.clientAuthCertificates.add(named(stranger.id, reserved[2].id))
    await store.clientAuthCertificates.setEnabled(clientAuthCertificate.id, false)
    t.assert.deepEqual(await store.clientAuthCertificates.list(holder.id), [
      { ...clientAuthCertificate, enabled: false },
    ])
    t.assert.equal((await store.clientAuthCertificates.find(clientAuthCertificate.id))?.enabled, false)
  })

  test('a nickname is a credential of one account', async (t) => {
    const [mine, theirs] = [await addSigning(store), await addSigning(store)]
    t.assert.deepEqual(await store.credentials.findByNickname(mine.account.id, 'EC'), mine.credential)
    t.assert.deepEqual(await store.credentials.find(theirs.credential.id), theirs.credential)
    await t.assert.rejects(store.credentials.add({ ...mine.credential, id: randomUUID() }), { reason: 'conflict' })
    const own = { ...mine.credential, id: randomUUID(), nickname: 'own', userId: mine.user.id, createdAt: later(1) }
    await store.credentials.add(own)
    await store.credentials.update({ ...mine.credential, status: 'suspended' })
    const suspended = { ...mine.credential, status: 'suspended' }
    t.assert.deepEqual(await store.credentials.list(mine.account.id), [suspended, own])
    t.assert.deepEqual(await store.credentials.listShared(mine.account.id), [suspended])
  })

  test('a service has the certificate that was put last', async (t) => {
    const { credential } = await addSigning(store)
    const { keyId, certificateId } = credential
    t.assert.equal(await store.serviceCertificates.find('tls'), undefined)
    await store.serviceCertificates.put({ service: 'tls', keyId, certificateId, createdAt: NOW })
    await store.serviceCertificates.put({ service: 'tls', keyId, certificateId, createdAt: later(1) })
    await store.serviceCertificates.put({ service: 'ocsp:device', keyId, certificateId, createdAt: NOW })
    const tls = { service: 'tls', keyId, certificateId, createdAt: later(1) }
    t.assert.deepEqual(await store.serviceCertificates.find('tls'), tls)
    t.assert.equal((await store.serviceCertificates.list()).length, 2)
  })

  test('signatures and events are listed from the newest', async (t) => {
    const signing = await addSigning(store)
    const records = [0, 1, 1, 2, 3].map((n) => ({ ...signature(signing), createdAt: later(n) }))
    for (const record of records) {
      const event = auditEvent({ at: record.createdAt, accountId: signing.account.id, details: { n: [1, null, 'ü'] } })
      await store.signatures.record(record, event)
    }
    t.assert.deepEqual(await store.signatures.find(records[0]?.id ?? ''), records[0])
    const first = await store.signatures.list(signing.account.id, 3)
    const second = await store.signatures.list(signing.account.id, 3, first.at(-1))
    const ordered = records.toSorted((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || (a.id < b.id ? 1 : -1))
    t.assert.deepEqual([...first, ...second], ordered)

    const events = await eventsOf(store.auditEvents, signing.account.id, 10)
    t.assert.equal(new Set(events.map(({ id }) => id)).size, 5)
    t.assert.deepEqual(events.at(-1)?.at, NOW)
    t.assert.deepEqual(events.at(-1)?.details, { n: [1, null, 'ü'] })
  })

  test('a setting is put, and put once', async (t) => {
    t.assert.equal(await store.settings.find('port'), undefined)
    t.assert.equal(await store.settings.putOnce('port', '1'), '1')
    t.assert.equal(await store.settings.putOnce('port', '2'), '1')
    await store.settings.put('port', '3')
    t.assert.equal(await store.settings.find('port'), '3')
  })

  test('what is not a value of the database is refused, and so is NUL', async (t) => {
    for (const wrong of [
      { a: 1 },
      { b: bytes(1) },
      ['x'],
      [1n],
      true,
      new Date(),
      new ArrayBuffer(1),
      Number.NaN,
      Infinity,
    ]) {
      await t.assert.rejects(store.settings.put('wrong', wrong as unknown as string), TypeError, String(wrong))
    }
    t.assert.equal(await store.settings.find('wrong'), undefined)
    const name = 'a\0b'
    await t.assert.rejects(store.accounts.add(account({ name })), { reason: 'invalid', code: 'invalid_text' })
    await store.ping()
  })

  test('hostile text is only text', async (t) => {
    const one = account({ name: `'; drop table accounts; --"\\ $1 ? :a \u{1F4A9}` })
    await store.accounts.add(one)
    t.assert.deepEqual(await store.accounts.find(one.id), one)
    t.assert.equal(await store.accounts.find(`' or '1'='1`), undefined)
  })

  test('empty and long bytes keep their length', async (t) => {
    for (const length of [0, 1, 100_000]) {
      const key = { ...wrappedKey(), wrapped: bytes(length) }
      await store.privateKeys.add(key)
      const found = await store.privateKeys.find(key.id)
      t.assert.deepEqual(found, key)
      t.assert.equal(found?.wrapped.constructor, Uint8Array)
    }
  })
})
