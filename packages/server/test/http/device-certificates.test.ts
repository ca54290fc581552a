import { createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto'
import { after, before, type TestContext, test } from 'node:test'
import { decodePem, encodePem } from '@countersign/codec'
import {
  basicConstraints,
  Certificate,
  CertificationRequest,
  createSigner,
  type Extension,
  extendedKeyUsage,
  extensions,
  keyUsage,
  type Name,
  name,
  nameText,
  oids,
  type SignatureAlgorithm,
  signCertificationRequest,
  subjectAlternativeName,
} from '@countersign/pki'
import { lintCertificate } from '@countersign/pki/lint'
import fc from 'fast-check'
import type { DeviceCertificateProfile } from '../../src/domain/device-certificate-profile.ts'
import { DEVICE_KEY_TYPES, type DeviceKeyType } from '../../src/domain/device-key-type.ts'
import { type EnrollmentProfile, newEnrollmentProfileId } from '../../src/domain/enrollment-profile.ts'
import { account } from '../store/noun.ts'
import { byKey } from './operations.ts'
import { type Answer, json, startTestPlatform, type TestPlatform } from './test-platform.ts'

const PATH = '/iot/api/v1/certificate'

let platform: TestPlatform
before(async () => {
  platform = await startTestPlatform({ COUNTERSIGN_FAILURE_RATE: '0', COUNTERSIGN_REQUEST_RATE: '0' })
})
after(() => platform.stop())

type Made = { certificate_request_id: string; certificate_id: string; pem: string; private_key?: string }

async function enroll(body: object): Promise<Answer> {
  const { enrollment_profile_id, service_api_key } = platform.account
  const options = byKey(service_api_key)
  return platform.ask(PATH, {
    ...options,
    headers: { ...(options.headers as object), 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify({ enrollment_profile_id, ...body })),
  })
}

async function made(t: TestContext, body: object): Promise<Made & { certificate: Certificate }> {
  const answer = await enroll(body)
  t.assert.equal(answer.status, 200, String(answer.body))
  const view = json<Made>(answer)
  return { ...view, certificate: Certificate.decode(decodePem(view.pem)[0]!.bytes) }
}

/** The sentence of a refusal, of which nothing is stored. */
async function refused(t: TestContext, body: object, status = 400): Promise<string> {
  const { certificates } = platform.world.store
  const tomorrow = new Date(Date.now() + 86_400_000)
  const before = (await certificates.listReserved(tomorrow, 1_000)).length
  const answer = await enroll(body)
  t.assert.equal(answer.status, status, String(answer.body))
  t.assert.equal((await certificates.listReserved(tomorrow, 1_000)).length, before)
  return json(answer).errors[0]!.message
}

/** What must not be signed. */
const findings = ({ bytes }: Certificate) =>
  lintCertificate(bytes, 'device').filter(({ severity }) => severity !== 'notice')
const named = (value: unknown) => [{ id: 'subject.common_name', value }]
const withKey = (more: object = {}) => ({
  server_side_key_gen: true,
  private_key_format: 'pem',
  certificate_profile_attributes: named('device'),
  ...more,
})

const ALGORITHMS: Readonly<Record<string, SignatureAlgorithm>> = {
  p_256: 'ES256',
  p_384: 'ES384',
  p_521: 'ES512',
  ed_25519: 'EdDSA',
  ml_dsa_44: 'ML-DSA-44',
  ml_dsa_65: 'ML-DSA-65',
  ml_dsa_87: 'ML-DSA-87',
}

function keyOf(type: string): KeyObject {
  if (type.startsWith('ml')) return generateKeyPairSync(type.replaceAll('_', '-') as 'ml-dsa-44').privateKey
  if (type === 'ed_25519') return generateKeyPairSync('ed25519').privateKey
  return generateKeyPairSync('ec', { namedCurve: `P-${type.slice(2)}` }).privateKey
}

async function csrOf(
  subject: Name,
  asked: readonly Extension[] = [],
  type = 'p_256',
  key: KeyObject = keyOf(type),
  algorithm: SignatureAlgorithm = ALGORITHMS[type] ?? 'RS256',
): Promise<string> {
  const pkcs8 = new Uint8Array(key.export({ type: 'pkcs8', format: 'der' }))
  const request = await signCertificationRequest({ subject, extensions: asked }, await createSigner(algorithm, pkcs8))
  return encodePem('CERTIFICATE REQUEST', request)
}

/** A profile beside the first one, which allows less. */
async function profile(
  changes: Partial<DeviceCertificateProfile>,
  enrollment: Partial<EnrollmentProfile> = {},
): Promise<{ enrollment_profile_id: string }> {
  const { enrollmentProfiles, deviceCertificateProfiles } = platform.world.store
  const first = await enrollmentProfiles.find(platform.account.enrollment_profile_id)
  const template = first && (await deviceCertificateProfiles.find(first.certificateProfileId))
  if (!first || !template) throw new Error('there is no first profile')
  const certificateProfileId = crypto.randomUUID()
  await deviceCertificateProfiles.add({ ...template, ...changes, id: certificateProfileId, name: certificateProfileId })
  const id = newEnrollmentProfileId(new Date())
  await enrollmentProfiles.add({ ...first, certificateProfileId, ...enrollment, id, name: id })
  return { enrollment_profile_id: id }
}

const FIELD = { rule: 'optional', values: [], pattern: undefined, most: 1, isFromCsr: true } as const
const CN = { ...FIELD, id: 'subject.common_name', rule: 'required' } as const

test('a key of each type is made here, belongs to its certificate, and is what the profile says', async (t: TestContext) => {
  for (const key_type of DEVICE_KEY_TYPES.filter((type) => type !== 'rsa_4096')) {
    const { pem, private_key = '', certificate } = await made(t, withKey({ key_type }))
    t.assert.ok(new X509Certificate(pem).checkPrivateKey(createPrivateKey(private_key)), key_type)
    t.assert.deepEqual(findings(certificate), [], key_type)
    const kind = key_type.split('_')[0]
    const usages = { rsa: ['digitalSignature', 'keyEncipherment'], p: ['digitalSignature', 'keyAgreement'] }
    t.assert.deepEqual([...keyUsage(certificate)!], usages[kind as 'p'] ?? ['digitalSignature'])
    t.assert.deepEqual(extendedKeyUsage(certificate), [oids.clientAuth])
    t.assert.equal(nameText(certificate.subject), 'CN=device')
  }
  const usual = await made(t, withKey())
  t.assert.equal(usual.certificate.publicKey.curve, 'P-256')
})

test('a CSR of each type is certified', async (t: TestContext) => {
  for (const type of Object.keys(ALGORITHMS)) {
    const csr = await csrOf(name({ CN: `by ${type}` }), [], type)
    const { certificate, private_key } = await made(t, { csr })
    t.assert.equal(private_key, undefined)
    t.assert.deepEqual(
      certificate.publicKey.bytes,
      CertificationRequest.decode(decodePem(csr)[0]!.bytes).publicKey.bytes,
    )
  }
})

test('of a CSR there is in the certificate what the profile lets through, and nothing else', async (t: TestContext) => {
  const asked = [
    extensions.basicConstraints({ cA: true }),
    extensions.keyUsage(['keyCertSign', 'cRLSign']),
    extensions.extendedKeyUsage([oids.codeSigning, oids.ocspSigning]),
    extensions.nameConstraints({ permitted: [{ type: 'dNSName', value: 'x' }] }),
    extensions.subjectAlternativeName([
      { type: 'dNSName', value: 'Device.Example' },
      { type: 'iPAddress', value: Uint8Array.of(192, 0, 2, 1) },
      { type: 'directoryName', value: name({ CN: 'somebody else' }) },
      { type: 'registeredID', value: '1.2.3' },
    ]),
  ]
  const csr = await csrOf(name({ C: 'de', O: 'Maker', title: 'King', emailAddress: 'a@b.example', CN: 'dev' }), asked)
  const { certificate } = await made(t, { csr })
  t.assert.equal(nameText(certificate.subject), 'CN=dev,O=Maker,C=DE')
  t.assert.deepEqual(subjectAlternativeName(certificate), [
    { type: 'dNSName', value: 'device.example' },
    { type: 'iPAddress', value: Uint8Array.of(192, 0, 2, 1) },
  ])
  t.assert.equal(basicConstraints(certificate), undefined)
  t.assert.deepEqual(extendedKeyUsage(certificate), [oids.clientAuth])
  t.assert.deepEqual(
    certificate.extensions.map(({ id }) => id).sort(),
    [
      oids.authorityInfoAccess,
      oids.authorityKeyIdentifier,
      oids.cRLDistributionPoints,
      oids.extKeyUsage,
      oids.keyUsage,
      oids.subjectAltName,
      oids.subjectKeyIdentifier,
    ].sort(),
  )

  const narrow = await profile({ fields: [CN, { ...FIELD, id: 'san.dns_name' }] })
  const less = await made(t, { csr, ...narrow })
  t.assert.equal(nameText(less.certificate.subject), 'CN=dev')
  t.assert.deepEqual(subjectAlternativeName(less.certificate), [{ type: 'dNSName', value: 'device.example' }])

  const none = await profile({ fields: [{ ...CN, isFromCsr: false }] })
  t.assert.match(await refused(t, { csr, ...none }), /subject\.common_name is missing: the profile requires it\.$/)
  const given = await made(t, { csr, ...none, certificate_profile_attributes: named('given') })
  t.assert.equal(nameText(given.certificate.subject), 'CN=given')
})

test('attributes go before the CSR, and fixed values before both', async (t: TestContext) => {
  const csr = await csrOf(name({ O: 'Forger', CN: 'csr' }))
  const first = await made(t, { csr, certificate_profile_attributes: named(' attribute ') })
  t.assert.equal(nameText(first.certificate.subject), 'CN=attribute,O=Forger')
  const fixed = await profile({
    fields: [CN, { ...FIELD, id: 'subject.organization_name', rule: 'fixed', values: ['Maker'] }],
  })
  const second = await made(t, { csr, ...fixed })
  t.assert.equal(nameText(second.certificate.subject), 'CN=csr,O=Maker')
  const forged = [...named('x'), { id: 'subject.organization_name', value: 'Forger' }]
  const said = await refused(t, withKey({ ...fixed, certificate_profile_attributes: forged }))
  t.assert.match(said, /subject\.organization_name is fixed by the profile: \["Maker"\]/)
})

test('a profile is not passed by', async (t: TestContext) => {
  const held = await profile({
    fields: [
      { ...CN, pattern: 'dev-?*' },
      { ...FIELD, id: 'san.dns_name', most: 2 },
    ],
    keyTypes: ['p_256', 'p_384'],
  })
  const attributes = (...list: object[]) => withKey({ ...held, certificate_profile_attributes: list })
  const cn = { id: 'subject.common_name', value: 'dev-1' }
  const dns = (value: unknown) => attributes(cn, { id: 'san.dns_name', value })
  const csr = (subject: Name) => csrOf(subject).then((text) => ({ ...held, csr: text }))
  for (const [body, sentence] of [
    [attributes(), /common_name is missing/],
    [attributes({ ...cn, value: '  ' }), /common_name is missing/],
    [attributes({ ...cn, value: 'other' }), /has to look like dev-\?\*/],
    [attributes({ ...cn, value: ['dev-1', 'dev-2'] }), /at most one value/],
    [attributes({ ...cn, value: 'dev-1\0.evil' }), /1 to 64 characters on one line/],
    [attributes({ ...cn, value: 'dev-\u202e1' }), /1 to 64 characters on one line/],
    [attributes({ ...cn, value: `dev-${'x'.repeat(61)}` }), /1 to 64 characters/],
    [attributes(cn, cn), /common_name is there twice/],
    [attributes(cn, { id: 'subject.organization_name', value: 'x' }), /is no field of the profile/],
    [attributes(cn, { id: 'san.ip_address', value: '10.0.0.1' }), /is no field of the profile/],
    [attributes(cn, { id: '__proto__', value: 'x' }), /is no field of the profile/],
    [dns('*.example.com'), /no wildcard/],
    [dns('10.0.0.1'), /a host name/],
    [dns('a\0.example'), /a host name/],
    [dns('exämple.de'), /a host name/],
    [dns(['a.example', 'b.example', 'c.example']), /at most 2 values/],
    [await csr(name({ CN: ['dev-1', 'dev-2'] })), /at most one value/],
    [await csr(name({ CN: 'other' })), /has to look like/],
    [{ ...held, csr: await csrOf(name({ CN: 'dev-1' }), [], 'ed_25519') }, /its key is not accepted: p_256, p_384 are/],
    [{ ...attributes(cn), key_type: 'rsa_2048' }, /key_type: one of p_256, p_384/],
    [{ ...attributes(cn), key_type: 'p_192' }, /key_type: one of/],
  ] as const)
    t.assert.match(await refused(t, body), sentence, JSON.stringify(body))
})

test('who makes the key, and which, is for the profile to say', async (t: TestContext) => {
  const csr = await csrOf(name({ CN: 'x' }))
  const client = await profile({}, { keyGenerationOption: 'client_side' })
  const server = await profile({}, { keyGenerationOption: 'server_side' })
  t.assert.match(await refused(t, withKey(client)), /under this profile the device makes its key/)
  t.assert.match(await refused(t, { csr, ...server }), /under this profile keys are made here/)
  const fixed = await profile({}, { keyType: { choice: 'fixed', type: 'p_384' } })
  const { certificate } = await made(t, withKey({ ...fixed, key_type: 'rsa_4096' }))
  t.assert.equal(certificate.publicKey.curve, 'P-384')
  const elsewhere = await profile({}, { enrollmentMethods: [] })
  t.assert.match(await refused(t, withKey(elsewhere)), /API is none of the enrollment methods/)
  const longer = await profile({ signatureHash: 'SHA-512', days: 7 })
  const short = (await made(t, withKey(longer))).certificate
  t.assert.equal(short.signatureAlgorithm.algorithm, oids.ecdsaWithSHA512)
  t.assert.equal(short.notAfter.getTime() - short.notBefore.getTime(), 7 * 86_400_000 - 1000)
})

test('weak keys, keys that nobody proved, and what is no request are refused with the reason', async (t: TestContext) => {
  const rsa = (bits: number, publicExponent = 65537) =>
    generateKeyPairSync('rsa', { modulusLength: bits, publicExponent }).privateKey
  const subject = name({ CN: 'weak' })
  const weak = async (key: KeyObject) => ({ csr: await csrOf(subject, [], 'rsa', key, 'RS256') })
  t.assert.match(await refused(t, await weak(rsa(1024))), /its key is not accepted: rsa_2048, /)
  t.assert.match(await refused(t, await weak(rsa(2048, 3))), /it has the RSA exponent 3\./)
  const good = await csrOf(subject)
  const { bytes } = decodePem(good)[0]!
  for (const forged of [bytes.with(bytes.length - 3, bytes.at(-3)! ^ 1), bytes.with(20, bytes[20]! ^ 2)])
    t.assert.match(await refused(t, { csr: encodePem('CERTIFICATE REQUEST', forged) }), /^csr: /)
  for (let length = 1; length < bytes.length; length += 17)
    t.assert.match(
      await refused(t, { csr: encodePem('CERTIFICATE REQUEST', bytes.subarray(0, length)) }),
      /^csr: it is no PKCS/,
    )
  for (const csr of ['x', good + good, good.replace('-----END', '-----DNE')])
    t.assert.match(await refused(t, { csr }), /^csr: /)
  const own = keyOf('p_256').export({ type: 'pkcs8', format: 'pem' })
  t.assert.match(await refused(t, { csr: own }), /^csr: it holds 0 requests/)
})

test('what a key is asked for by has to be whole before a key is made', async (t: TestContext) => {
  const csr = await csrOf(name({ CN: 'x' }))
  const platformCertificate = platform.certificate
  for (const [body, sentence] of [
    [{}, /^csr: a request in PEM, or/],
    [{ server_side_key_gen: false }, /^csr: a request in PEM, or/],
    [{ csr, server_side_key_gen: true, private_key_format: 'pem' }, /not together with server_side_key_gen/],
    [withKey({ private_key_format: undefined }), /^private_key_format: one of pem, der, pkcs_12/],
    [withKey({ private_key_format: 'jks' }), /^private_key_format: one of/],
    [withKey({ private_key_syntax: 'pkcs7' }), /^private_key_syntax: pkcs8, or pkcs1/],
    [withKey({ private_key_syntax: 'pkcs1', key_type: 'ed_25519' }), /ed_25519 has no syntax but pkcs8/],
    ...['', 'Abc12', 'Abc12345678901234567x', 'Abc1234!', 'Äbc12345', 'Abc 12345'].map(
      (pkcs12_password) =>
        [withKey({ private_key_format: 'pkcs_12', pkcs12_password }), /^pkcs12_password: 6 to 20/] as const,
    ),
    [withKey({ private_key_format: 'cert_encrypted' }), /^encryption_certificate: the certificate for whom/],
    ...[
      'x',
      csr,
      platformCertificate + platformCertificate,
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
    ].map(
      (encryption_certificate) =>
        [
          withKey({ private_key_format: 'cert_encrypted_key_only', encryption_certificate }),
          /^encryption_certificate: it /,
        ] as const,
    ),
    // Its key is on a curve, and its key usage is for signatures alone.
    [
      withKey({ private_key_format: 'cert_encrypted', encryption_certificate: platformCertificate }),
      /^encryption_certificate: its key usage lacks keyAgreement\.$/,
    ],
    [withKey({ private_key_format: 'cert_encrypted', encryption_certificate: platform.ca }), /is that of an authority/],
    [withKey({ device_attributes: [{ id: 'COLOUR', value: 'red' }] }), /"COLOUR" is no field of the device profile/],
    [withKey({ device_attributes: [{ id: 'DEVICE_IDENTIFIER', value: 'x'.repeat(256) }] }), /1 to 255 characters/],
  ] as const)
    t.assert.match(await refused(t, body), sentence, JSON.stringify(body))
})

test("another account's profile is as one that is not there", async (t: TestContext) => {
  const other = account()
  await platform.world.store.accounts.add(other)
  const theirs = await profile({}, { accountId: other.id })
  t.assert.equal(await refused(t, withKey(theirs), 404), 'There is no such enrollment profile.')
  const unknown = { enrollment_profile_id: newEnrollmentProfileId(new Date()) }
  t.assert.equal(await refused(t, withKey(unknown), 404), 'There is no such enrollment profile.')
})

test('a device is made once, whoever comes first, and its certificates are known as its', async (t: TestContext) => {
  const { devices, certificateRequests, divisions, enrollmentProfiles } = platform.world.store
  const device_attributes = [{ id: 'DEVICE_IDENTIFIER', value: ' MAC0011 ' }]
  const both = await Promise.all(Array.from({ length: 4 }, () => made(t, withKey({ device_attributes }))))
  const { account_id, enrollment_profile_id, service_user_id } = platform.account
  const device = await devices.findByIdentifier(account_id, 'MAC0011')
  for (const { certificate_id, certificate_request_id } of both) {
    const request = await certificateRequests.findByCertificate(certificate_id)
    t.assert.equal(request?.id, certificate_request_id)
    t.assert.equal(request?.deviceId, device?.id)
    t.assert.equal(request?.enrollmentProfileId, enrollment_profile_id)
    t.assert.equal(request?.actor.id, service_user_id)
    t.assert.equal(request?.keyGeneration, 'server')
  }
  const first = await enrollmentProfiles.find(enrollment_profile_id)
  const division = { ...(await divisions.find(first?.divisionId ?? ''))!, id: crypto.randomUUID(), name: 'Other' }
  await divisions.add(division)
  const other = await profile({}, { divisionId: division.id })
  t.assert.match(await refused(t, withKey({ ...other, device_attributes }), 409), /belongs to another division/)
})

test('the audit log has who got which certificate under which profile, and the key nowhere', async (t: TestContext) => {
  const {
    certificate_id,
    certificate_request_id,
    private_key = '',
  } = await made(t, withKey({ device_attributes: [{ id: 'DEVICE_IDENTIFIER', value: 'audited' }] }))
  const events = []
  for await (const { event } of platform.world.store.auditEvents.walk({
    accountId: platform.account.account_id,
    order: 'newest',
  }))
    events.push(event)
  const [request] = events.filter(({ resourceId }) => resourceId === certificate_request_id)
  t.assert.equal(request?.action, 'certificate_request.create')
  t.assert.equal(request?.actorId, platform.account.service_user_id)
  t.assert.equal(request?.details.certificateId, certificate_id)
  t.assert.equal(request?.details.enrollmentProfileId, platform.account.enrollment_profile_id)
  t.assert.equal(events.find(({ resourceId }) => resourceId === certificate_id)?.action, 'certificate.issue')
  t.assert.equal(events.find(({ action }) => action === 'device.create')?.details.identifier, 'audited')
  const text = JSON.stringify(events) + platform.log.join('')
  for (const line of private_key.split('\n').filter((one) => one.length > 20 && !one.startsWith('-')))
    t.assert.ok(!text.includes(line))
})

test('whatever is asked for, it is refused or the certificate says just that', async (t: TestContext) => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 70 }),
    fc.string({ maxLength: 70 }),
    fc.domain(),
    fc.ipV4(),
    fc.emailAddress(),
  )
  const ids = [
    'subject.country',
    'subject.serial_number',
    'subject.organization_unit',
    'san.dns_name',
    'san.ip_address',
    'san.email',
    'san.uri',
  ]
  await fc.assert(
    fc.asyncProperty(text, fc.constantFrom(...ids), text, async (common, id, value) => {
      const answer = await enroll(withKey({ certificate_profile_attributes: [...named(common), { id, value }] }))
      if (answer.status === 400) return
      t.assert.equal(answer.status, 200)
      const certificate = Certificate.decode(decodePem(json<Made>(answer).pem)[0]!.bytes)
      t.assert.deepEqual(findings(certificate), [])
      const values = certificate.subject.flat().map((one) => one.value)
      t.assert.equal(values.at(-1), common.trim())
      t.assert.ok(values.length + (subjectAlternativeName(certificate) ?? []).length <= 2)
    }),
    { numRuns: 150 },
  )
})

test('the types of keys have the names of the guide', (t: TestContext) => {
  const guide: readonly DeviceKeyType[] = ['rsa_2048', 'rsa_3072', 'rsa_4096', 'p_256', 'p_384', 'p_521', 'ed_25519']
  t.assert.deepEqual(DEVICE_KEY_TYPES.slice(0, guide.length), guide)
})

const told = async (path: string): Promise<Answer> =>
  platform.ask(`/iot/api/v1/enrollment-profile/${path}`, byKey(platform.account.service_api_key))

test('a sample that is filled in makes a certificate, whoever makes the key and in each format', async (t: TestContext) => {
  const { enrollment_profile_id } = platform.account
  const sample = async (query: string): Promise<Record<string, unknown>> => {
    const answer = await told(`${enrollment_profile_id}/sample?operation=enroll&${query}`)
    t.assert.equal(answer.status, 200, String(answer.body))
    return json(answer)
  }
  const client = await sample('key_generation=client')
  t.assert.equal('server_side_key_gen' in client, false)
  await made(t, { ...client, csr: await csrOf(name({ CN: 'filled in' })) })
  for (const format of ['pem', 'der', 'pkcs_12', 'cert_encrypted', 'cert_encrypted_key_only']) {
    const body = await sample(`key_generation=server&private_key_format=${format}`)
    t.assert.deepEqual(body.certificate_profile_attributes, named('<subject.common_name>'))
    // It is refused until all of it is filled in.
    const left =
      'subject.common_name is "<subject.common_name>" as in the sample: put its value there, or leave it out.'
    t.assert.equal(await refused(t, body), `certificate_profile_attributes: ${left}`)
    const filled = { ...body, certificate_profile_attributes: named('<filled in>') }
    if (format === 'pkcs_12') t.assert.match(await refused(t, filled), /^pkcs12_password/)
    if (format.startsWith('cert')) t.assert.match(await refused(t, filled), /^encryption_certificate/)
    else await made(t, { ...filled, ...(format === 'pkcs_12' && { pkcs12_password: 'Abc12345' }) })
  }
  t.assert.deepEqual(await sample('key_generation=client_side'), client)
  const byServer = await sample('key_generation=server')
  for (const query of ['key_generation=server_side', 'private_key_format=pem'])
    t.assert.deepEqual(await sample(query), byServer)
  for (const query of ['operation=revoke', 'key_generation=nobody', 'private_key_format=jks'])
    t.assert.equal((await told(`${enrollment_profile_id}/sample?${query}`)).status, 400)
  const server = await profile({}, { keyGenerationOption: 'server_side' })
  const only = await told(`${server.enrollment_profile_id}/sample`)
  t.assert.equal(json<{ server_side_key_gen: boolean }>(only).server_side_key_gen, true)
  t.assert.equal((await told(`${server.enrollment_profile_id}/sample?key_generation=client`)).status, 400)
  t.assert.equal((await told('IOT_none/sample')).status, 404)
})

test('the specification of a profile says which fields it takes', async (t: TestContext) => {
  type Fields = {
    fields: { id: string; type: string; mandatory: boolean; editable: boolean; default_value: unknown }[]
  }
  const held = await profile(
    {
      fields: [CN, { ...FIELD, id: 'subject.organization_name', rule: 'fixed', values: ['Maker'] }],
      keyTypes: ['p_256'],
    },
    { keyGenerationOption: 'server_side', keyType: { choice: 'fixed', type: 'p_256' } },
  )
  const { fields } = json<Fields>(await told(`${held.enrollment_profile_id}/enrollment-specification`))
  t.assert.deepEqual(
    fields.map(({ id, type, mandatory, editable, default_value }) => [id, type, mandatory, editable, default_value]),
    [
      ['key_type', 'REQUEST', false, false, 'p_256'],
      ['private_key_format', 'REQUEST', true, true, null],
      ['subject.common_name', 'CERTIFICATE', true, true, null],
      ['subject.organization_name', 'CERTIFICATE', false, false, 'Maker'],
      ['DEVICE_IDENTIFIER', 'DEVICE', false, true, null],
    ],
  )
  const first = json<Fields>(await told(`${platform.account.enrollment_profile_id}/enrollment-specification`))
  t.assert.equal(first.fields[0]?.id, 'csr')
  t.assert.deepEqual(
    first.fields.filter(({ mandatory }) => mandatory).map(({ id }) => id),
    ['subject.common_name'],
  )
})
