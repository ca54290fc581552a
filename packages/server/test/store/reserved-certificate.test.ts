import type { TestContext } from 'node:test'
import { test } from 'node:test'
import type { Authority } from '../../src/domain/authority.ts'
import type { Store } from '../../src/domain/store.ts'
import { addIssued, authority, certificate, NOW, wrappedKey } from './noun.ts'
import { onBothDatabases } from './test-database.ts'

/** What PostgreSQL had before. */
const REFERENCES = {
  certificates: { authority_id: 'authorities', account_id: 'accounts' },
  certified_keys: { account_id: 'accounts' },
  certificate_requests: { certificate_id: 'certificates', account_id: 'accounts' },
  device_certificates: { certificate_id: 'certificates', account_id: 'accounts' },
  certificate_names: { certificate_id: 'certificates' },
}

async function addIssuer(store: Store): Promise<Authority> {
  const key = wrappedKey()
  await store.privateKeys.add(key)
  const issuer = authority(key.id, { purpose: 'device' })
  await store.authorities.add(issuer)
  return issuer
}

onBothDatabases('reserved certificates', (database) => {
  test('what was reserved before is reserved still, and becomes a certificate or is given up', async (t: TestContext) => {
    const place = await database.place()
    const old = await database.open(place)
    const issuer = await addIssuer(old)
    const issued = await addIssued(old, certificate(issuer.id))
    const [first, second] = [certificate(issuer.id), certificate(issuer.id, { crlPartition: 7 })]
    for (const one of [first, second]) await old.certificates.reserve(one)
    const columns = `id, authority_id, account_id, profile, serial_number, subject, common_name, not_before, not_after,
      bytes, crl_partition, created_at`
    await database.raw(
      place,
      `insert into certificates (${columns}, status) select ${columns}, 'reserved' from reserved_certificates;
       drop table reserved_certificates; delete from migrations where name = '0040-reserved-certificates';
       create index certificates_reserved on certificates (created_at, id) where status = 'reserved'`,
    )
    if (database.engine === 'postgres')
      for (const [table, columns] of Object.entries(REFERENCES))
        for (const [column, to] of Object.entries(columns))
          await database.raw(place, `alter table ${table} add foreign key (${column}) references ${to} (id)`)

    const { certificates } = await database.open(place)
    const left = await certificates.listReserved(new Date(NOW.getTime() + 1), 9)
    t.assert.deepEqual(new Set(left), new Set([first, second]))
    t.assert.deepEqual(await certificates.find(issued.id), issued)
    const fingerprint = new Uint8Array(32).fill(2)
    t.assert.equal(await certificates.issue(first.id, first.bytes, fingerprint), true)
    t.assert.deepEqual(await certificates.findByFingerprint(fingerprint), { ...first, status: 'issued', fingerprint })
    t.assert.equal(await certificates.fail(second.id), true)
    t.assert.deepEqual(await certificates.find(second.id), { ...second, status: 'failed' })
    t.assert.deepEqual(await certificates.listReserved(new Date(NOW.getTime() + 1), 9), [])
  })

  test('of who issues a certificate and who gives it up at the same time one does', async (t: TestContext) => {
    const place = await database.place()
    const [store, other] = [await database.open(place), await database.open(place)]
    const issuer = await addIssuer(store)
    for (let round = 0; round < 10; round++) {
      const one = certificate(issuer.id)
      await store.certificates.reserve(one)
      const [isIssued, isFailed] = await Promise.all([
        store.sharedTransaction(({ certificates }) => certificates.issue(one.id, one.bytes, one.bytes.subarray(0, 32))),
        other.transaction(({ certificates }) => certificates.fail(one.id)),
      ])
      t.assert.notEqual(isIssued, isFailed)
      t.assert.equal((await other.certificates.find(one.id))?.status, isIssued ? 'issued' : 'failed')
    }
  })

  test('a certificate is there for whoever looks while it is issued', async (t: TestContext) => {
    const place = await database.place()
    const [store, other] = [await database.open(place), await database.open(place)]
    const issuer = await addIssuer(store)
    for (let round = 0; round < 20; round++) {
      const one = certificate(issuer.id)
      await store.certificates.reserve(one)
      let isIssued = false
      const issuing = store
        .sharedTransaction(({ certificates }) => certificates.issue(one.id, one.bytes, one.bytes.subarray(0, 32)))
        .finally(() => {
          isIssued = true
        })
      while (!isIssued) t.assert.ok(await other.certificates.find(one.id))
      await issuing
    }
  })
})
