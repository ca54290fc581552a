import { X509Certificate } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { decodePem } from '@countersign/codec'
import { Certificate, extendedKeyUsage, keyUsage, nameText, subjectAlternativeName } from '@countersign/pki'
import { type Asker, onBothPlatforms } from './both-platforms.ts'
import { certificationRequest, UNKNOWN_ID } from './operations.ts'
import { json } from './test-platform.ts'

type Field = { id: string; rule: string; values: string[]; pattern: string | null; max_values: number }
type Profile = {
  id: string
  name: string
  fields: Field[]
  key_types: string[]
  validity_days: number
  updated_at: string
}
type Page = { limit: number; offset: number; total: number; records: Profile[] }

const PATH = '/iot/api/v1/certificate-profile'
const FIELDS = [
  { id: 'subject.organization_name', rule: 'fixed', values: ['Nordwind'] },
  { id: 'subject.common_name', rule: 'REQUIRED', pattern: 'CAM-*', update_from_csr: true },
  { id: 'san.dns_name', rule: 'optional', max_values: 2 },
]
const WISH = { fields: FIELDS, key_types: ['P_256', 'rsa_2048'], validity_days: 30 }

onBothPlatforms('certificate profiles', (asker: () => Asker) => {
  test('a profile is made, found, changed and deleted', async (t: TestContext) => {
    const { get, ask, refusal, actionsOn } = asker()
    const made = await get<Profile>('POST', PATH, {
      ...WISH,
      name: ' Cameras ',
      key_usages: ['digitalSignature', 'key_encipherment'],
      extended_key_usages: ['client_auth', 'SERVER_AUTH', '1.3.6.1.4.1.99999.1'],
      signature_hash: 'sha384',
    })
    const {
      id,
      account_id: _,
      created_at: _created,
      updated_at: _updated,
      ...view
    } = made as Profile & Record<string, unknown>
    t.assert.deepEqual(view, {
      name: 'Cameras',
      fields: [
        { ...FIELDS[0], pattern: null, max_values: 1, update_from_csr: false },
        { ...FIELDS[1], rule: 'required', values: [], max_values: 1 },
        { ...FIELDS[2], values: [], pattern: null, update_from_csr: false },
      ],
      key_types: ['p_256', 'rsa_2048'],
      validity_days: 30,
      key_usages: ['digital_signature', 'key_encipherment'],
      extended_key_usages: ['client_auth', 'server_auth', '1.3.6.1.4.1.99999.1'],
      signature_hash: 'SHA-384',
    })
    t.assert.deepEqual(await get('GET', `${PATH}/${id}`), made)
    // What an answer says is what a request takes.
    t.assert.deepEqual(
      { ...(await get<Profile>('PUT', `${PATH}/${id}`, view)), updated_at: '' },
      { ...made, updated_at: '' },
    )
    t.assert.deepEqual((await refusal('POST', PATH, { ...WISH, name: 'Cameras' })).slice(0, 2), [
      409,
      'certificate_profile_exists',
    ])
    const page = await get<Page>('GET', `${PATH}?limit=1`)
    t.assert.deepEqual([page.limit, page.total, page.records[0]?.id], [1, 2, id])
    t.assert.equal((await get<Page>('GET', `${PATH}?name=Devices`)).records[0]?.key_types.length, 10)
    t.assert.equal((await refusal('GET', `${PATH}?key_type=p_256`))[0], 400)
    t.assert.equal((await ask('DELETE', `${PATH}/${id}`)).status, 204)
    t.assert.deepEqual((await refusal('GET', `${PATH}/${id}`)).slice(0, 2), [404, 'certificate_profile_not_found'])
    t.assert.deepEqual((await actionsOn(id)).at(0), 'certificate_profile.delete')
  })

  test('certificates say what the profile says when they are issued, to OpenSSL’s eyes, too', async (t: TestContext) => {
    const { get, refusal, platform } = asker()
    const profile = await get<Profile>('POST', PATH, { ...WISH, name: 'Birth', extended_key_usages: ['server_auth'] })
    const { id: division_id } = (await get<Page>('GET', '/iot/api/v1/division?name=Devices')).records[0]!
    const enrollment = await get<{ id: string }>('POST', '/iot/api/v1/enrollment-profile', {
      name: 'Line 1',
      division_id,
      certificate_profile_id: profile.id,
    })
    const issued = async (attributes: object): Promise<{ readonly pem: string; readonly certificate: Certificate }> => {
      const { pem } = await get<{ pem: string }>('POST', '/iot/api/v1/certificate', {
        enrollment_profile_id: enrollment.id,
        csr: (await certificationRequest()).csr,
        include_certificate_chain: false,
        certificate_profile_attributes: Object.entries(attributes).map(([id, value]) => ({ id, value })),
      })
      return { pem, certificate: Certificate.decode(decodePem(pem)[0]!.bytes) }
    }
    const first = await issued({ 'subject.common_name': 'CAM-1', 'san.dns_name': ['a.example', 'b.example'] })
    t.assert.equal(nameText(first.certificate.subject), 'CN=CAM-1,O=Nordwind')
    t.assert.deepEqual([...(keyUsage(first.certificate) ?? [])], ['digitalSignature', 'keyAgreement'])
    t.assert.deepEqual(extendedKeyUsage(first.certificate), ['1.3.6.1.5.5.7.3.1'])
    t.assert.equal(subjectAlternativeName(first.certificate)?.length, 2)
    const { validFromDate, validToDate } = new X509Certificate(first.pem)
    t.assert.equal(Math.round((validToDate.getTime() - validFromDate.getTime()) / 86_400_000), 30)

    // To clients of the platform a certificate for servers under its names would be the platform's.
    const csr = (await certificationRequest()).csr
    const asked = (value: string) => ({
      enrollment_profile_id: enrollment.id,
      csr,
      certificate_profile_attributes: [
        { id: 'subject.common_name', value: 'CAM-2' },
        { id: 'san.dns_name', value },
      ],
    })
    for (const own of ['countersign.localhost', 'ClientAuth.Countersign.localhost', 'localhost'])
      t.assert.match((await refusal('POST', '/iot/api/v1/certificate', asked(own)))[2], /the platform’s own/, own)
    await get('POST', '/iot/api/v1/certificate', { ...asked('cam-2.countersign.localhost') })

    // The CSR has the name c, which is none of a camera.
    const bare = { enrollment_profile_id: enrollment.id, csr: (await certificationRequest()).csr }
    t.assert.match((await refusal('POST', '/iot/api/v1/certificate', bare))[2], /has to look like CAM-\*/)
    await get('PUT', `${PATH}/${profile.id}`, {
      validity_days: 7,
      fields: [{ id: 'subject.common_name', rule: 'required', update_from_csr: true }],
      extended_key_usages: [],
    })
    const later = await get<{ pem: string }>('POST', '/iot/api/v1/certificate', bare)
    const certificate = Certificate.decode(decodePem(later.pem)[0]!.bytes)
    t.assert.equal(nameText(certificate.subject), 'CN=c')
    t.assert.equal(extendedKeyUsage(certificate), undefined)
    const platforms = (value: string): object => ({
      ...bare,
      certificate_profile_attributes: [{ id: 'subject.common_name', value }],
    })
    // OpenSSL takes what is before the first dot for any name, curl leaves out a dot at the end and compares addresses as names.
    const wildcards = [
      '*.countersign.localhost',
      'client*.countersign.localhost',
      'countersign.localhost.',
      '127.0.0.1',
    ]
    for (const own of ['Countersign.localhost', ...wildcards])
      t.assert.match((await refusal('POST', '/iot/api/v1/certificate', platforms(own)))[2], /the platform’s own/, own)
    await get('POST', '/iot/api/v1/certificate', platforms('*.camera.localhost'))
    // OpenSSL takes them for servers, too.
    for (const purpose of ['1.3.6.1.4.1.311.10.3.3', '2.16.840.1.113730.4.1']) {
      await get('PUT', `${PATH}/${profile.id}`, { extended_key_usages: ['client_auth', purpose] })
      t.assert.match(
        (await refusal('POST', '/iot/api/v1/certificate', platforms('localhost')))[2],
        /the platform’s own/,
      )
    }
    await get('PUT', `${PATH}/${profile.id}`, { extended_key_usages: ['client_auth'] })
    await get('POST', '/iot/api/v1/certificate', platforms('*.countersign.localhost'))
    t.assert.equal(Math.round((certificate.notAfter.getTime() - certificate.notBefore.getTime()) / 86_400_000), 7)

    t.assert.deepEqual((await refusal('PUT', `${PATH}/${profile.id}`, { key_types: ['rsa_2048'] })).slice(0, 2), [
      409,
      'certificate_profile_in_use',
    ])
    t.assert.deepEqual(await refusal('DELETE', `${PATH}/${profile.id}`), [
      409,
      'certificate_profile_in_use',
      'In use by 1 enrollment profile: delete what uses it first.',
    ])
    t.assert.ok(!platform.log.join('').includes('unexpected error'))
  })

  test('a definition under which nothing conforming could be issued is refused with the reason', async (t: TestContext) => {
    const { get, refusal } = asker()
    const { total } = await get<Page>('GET', PATH)
    const { id } = (await get<Page>('GET', `${PATH}?name=Devices`)).records[0]!
    const field = { id: 'subject.common_name', rule: 'required' }
    for (const [change, pattern] of [
      [{ fields: [] }, /^fields: one at least/],
      [{ fields: [{ ...field, id: 'subject.title' }] }, /^fields\[0\]\.id: one of /],
      [{ fields: [{ ...field, rule: 'forbidden' }] }, /^fields\[0\]\.rule: one of /],
      [{ fields: [{ ...field, most: 2 }] }, /no field "most"/],
      [{ fields: [{ ...field, rule: 'fixed', values: ['a\u0000b'] }] }, /can't be written/],
      [{ fields: [{ ...field, pattern: 'x'.repeat(400) }] }, /^fields\[0\]\.pattern: 1 to 255/],
      [{ fields: [{ ...field, pattern: ['*'] }] }, /pattern/],
      [{ fields: [{ ...field, values: 'x' }] }, /values/],
      [{ fields: [{ ...field, max_values: '1' }] }, /max_values/],
      [{ fields: [null] }, /fields/],
      [{ fields: Array.from({ length: 1_000 }, () => field) }, /fields/],
      [{ key_types: [] }, /^key_types: one at least/],
      [{ key_types: ['rsa_1024'] }, /^key_types: one of /],
      [{ key_types: 'p_256' }, /key_types/],
      [{ key_types: [['p_256']] }, /key_types/],
      [{ validity_days: 0 }, /validity_days/],
      [{ validity_days: 99_999 }, /^validity_days: 1 to \d+ whole days: the authority ends on \d{4}-/],
      [{ validity_days: 1.5 }, /validity_days/],
      [{ validity_days: '30' }, /validity_days/],
      [{ key_usages: ['keyCertSign'] }, /for authorities/],
      [{ key_usages: ['digital_signature', 'crl_sign'] }, /for authorities/],
      [{ key_usages: ['signing'] }, /^key_usages: /],
      [{ key_usages: [] }, /^key_usages: one at least/],
      [{ key_types: ['p_256'], key_usages: ['key_encipherment'] }, /can be used for none/],
      [{ extended_key_usages: ['1.2.x'] }, /neither an object identifier/],
      [{ extended_key_usages: ['1.3.6.1.5.5.7.3.9'] }, /not for devices/],
      [{ extended_key_usages: ['2.5.29.37.0'] }, /any purpose/],
      [{ signature_hash: 'SHA-1' }, /^signature_hash: one of /],
      [{ name: 'a\nb' }, /^name: /],
      [{ is_ca: true }, /no field "is_ca"/],
      [{ account_id: UNKNOWN_ID }, /no field "account_id"/],
    ] as const) {
      for (const [method, path, body] of [
        ['POST', PATH, { ...WISH, name: 'x', ...change }],
        ['PUT', `${PATH}/${id}`, change],
      ] as const) {
        const [status, code, message] = await refusal(method, path, body)
        t.assert.deepEqual([status, code], [400, 'invalid_request'], `${method} ${JSON.stringify(change).slice(0, 90)}`)
        t.assert.match(message, pattern)
      }
    }
    for (const body of [[], null, 'x', {}, { name: 'x' }]) t.assert.equal((await refusal('POST', PATH, body))[0], 400)
    t.assert.equal((await get<Page>('GET', PATH)).total, total)
  })

  test('another account sees none of it, and can give it to none of its enrollment profiles', async (t: TestContext) => {
    const { get, ask, refusal, stranger, somebody } = asker()
    const { id } = (await get<Page>('GET', `${PATH}?name=Devices`)).records[0]!
    const key = await stranger()
    t.assert.equal(json<Page>(await ask('GET', PATH, undefined, key)).total, 0)
    for (const [method, body] of [
      ['GET', undefined],
      ['PUT', { name: 'theirs' }],
      ['DELETE', undefined],
    ] as const)
      t.assert.equal((await refusal(method, `${PATH}/${id}`, body, key))[1], 'certificate_profile_not_found')
    const division = json<{ id: string }>(await ask('POST', '/iot/api/v1/division', { name: 'Theirs' }, key))
    const wish = { name: 'Theirs', division_id: division.id, certificate_profile_id: id }
    t.assert.equal((await refusal('POST', '/iot/api/v1/enrollment-profile', wish, key))[0], 404)
    const viewer = await somebody(['VIEW_IOT_CERTIFICATE_PROFILE'])
    t.assert.equal((await ask('GET', `${PATH}/${id}`, undefined, viewer)).status, 200)
    t.assert.equal((await refusal('PUT', `${PATH}/${id}`, { name: 'x' }, viewer))[0], 403)
  })
})
