/** What was there before certificates of devices had tables of their own, and enrollment profiles limits, on both databases. */
import { generateKeyPairSync } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { encodePem } from '@countersign/codec'
import { createSigner, extensions, name, signCertificationRequest } from '@countersign/pki'
import { userApplicant } from '../../src/domain/applicant.ts'
import { WHOLE_LIST } from '../../src/domain/certificate.ts'
import { enrollCertificate } from '../../src/domain/enroll-certificate.ts'
import { PLATFORM } from '../../src/domain/record-event.ts'
import { revokeCertificate } from '../../src/domain/revoke-certificate.ts'
import type { Store } from '../../src/domain/store.ts'
import { startForBatches, worldOn } from '../batch-world.ts'
import { NOW } from './noun.ts'
import { onBothDatabases } from './test-database.ts'

/** As the schema was; what refers to another table is left beside under another name, since SQLite drops no such column. */
const AS_BEFORE = `
  drop table device_certificates; drop table certificate_names; drop table revocation_changes; drop table expiry_sweeps;
  drop index certificates_revoked_partition;
  alter table certificates drop column crl_partition; alter table certificates drop column invalid_since;
  create index certificates_device_serial_number on certificates (serial_number);
  create index certificates_device_common_name on certificates (common_name);
  create index certificates_device_end on certificates (not_after);
  alter table revocation_lists rename to lists_in_parts;
  create table revocation_lists as select authority_id, number, this_update, next_update, bytes from lists_in_parts;
  drop table lists_in_parts;
  alter table enrollment_profiles rename column device_profile_id to device_profile_before;
  alter table enrollment_profiles drop column status; alter table enrollment_profiles drop column starts_at;
  alter table enrollment_profiles drop column ends_at; alter table enrollment_profiles drop column usage_limit;
  alter table enrollment_profiles drop column number_of_usage; alter table enrollment_profiles drop column updated_at;
  alter table certificate_requests rename column renewed_certificate_id to renewed_certificate_before;
  alter table certificate_requests drop column method;
  delete from migrations where name in ('0032-certificates-at-scale', '0032-enrollment-limits', '0034-enrollment-methods',
    '0035-revoked-certificates', '0039-revoked-certificates-of-accounts')`

async function csrOf(...dnsNames: string[]): Promise<string> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signer = await createSigner('ES256', new Uint8Array(privateKey.export({ type: 'pkcs8', format: 'der' })))
  const names = dnsNames.map((value) => ({ type: 'dNSName', value }) as const)
  const asked = names.length > 0 ? [extensions.subjectAlternativeName(names)] : []
  const bytes = await signCertificationRequest({ subject: name({ CN: 'd' }), extensions: asked }, signer)
  return encodePem('CERTIFICATE REQUEST', bytes)
}

onBothDatabases('certificates and profiles of before', (database) => {
  test('are found by all that they are found by, and profiles are as open as they were', async (t: TestContext) => {
    const place = await database.place()
    const world = worldOn(await database.open(place))
    const { account, asker } = await startForBatches(world)
    const { store } = world
    const accountId = account.id
    const { records } = await store.enrollmentProfiles.list({ accountId, offset: 0, limit: 10 })
    const profile = records.find(({ enrollmentMethods }) => enrollmentMethods.includes('API'))
    if (!profile) throw new Error('there is no first profile')
    const applicant = userApplicant(await asker(), { method: 'API', address: undefined })
    const enroll = async (commonName: string, csr: string, identifier?: string) =>
      enrollCertificate(world, applicant, {
        enrollmentProfileId: profile.id,
        attributes: [{ id: 'subject.common_name', value: commonName }],
        deviceAttributes: identifier === undefined ? [] : [{ id: 'DEVICE_IDENTIFIER', value: identifier }],
        key: { by: 'client', csr },
        includesChain: false,
      })
    const first = await enroll('first', await csrOf('one.example', 'other.example'), 'SN-1')
    const second = await enroll('second', await csrOf())
    await revokeCertificate(world, second.certificate.id, 'superseded', PLATFORM)
    const { authorityId } = first.certificate
    const list = { authorityId, thisUpdate: NOW, nextUpdate: NOW, bytes: new Uint8Array([1, 2, 3]) }
    await store.revocationLists.put({ ...list, partition: WHOLE_LIST, number: 7n })

    /** What each question finds, as it is told. */
    const found = async ({ deviceCertificates }: Store) => {
      const questions = [
        {},
        { commonName: 'first' },
        { name: 'other.example' },
        { deviceIdentifier: 'SN-1' },
        { serialNumber: second.certificate.serialNumber },
        { enrollmentProfileId: profile.id },
        { certificateProfileId: profile.certificateProfileId },
        { divisionId: profile.divisionId },
        { status: 'REVOKED' },
        { status: 'ISSUED' },
        { endsUntil: new Date(first.certificate.notAfter.getTime() + 1) },
      ] as const
      const all = []
      for (const question of questions) {
        const query = { accountId, at: world.now(), offset: 0, limit: 10, ...question }
        all.push(
          (await deviceCertificates.list(query)).records.map(
            ({ certificate: { crlPartition: _, ...rest }, request }) => [rest, request],
          ),
        )
      }
      return all
    }
    const before = await found(store)
    t.assert.deepEqual(
      before.map((one) => one.length),
      [2, 1, 1, 1, 1, 2, 2, 2, 1, 1, 2],
    )
    const { enrollmentMethods, keyGenerationOption, keyType } = profile
    const definition = JSON.stringify({ enrollmentMethods, keyGenerationOption, keyType })
    await database.raw(place, `${AS_BEFORE}; update enrollment_profiles set definition = '${definition}'`)

    const after = await database.open(place)
    t.assert.deepEqual(await found(after), before)
    t.assert.equal((await after.certificates.find(first.certificate.id))?.crlPartition, undefined)
    t.assert.deepEqual(await after.revocationLists.find(authorityId, WHOLE_LIST), { ...list, partition: 0, number: 7n })
    t.assert.deepEqual(await after.enrollmentProfiles.find(profile.id), {
      ...profile,
      updatedAt: profile.createdAt,
    })
  })
})
