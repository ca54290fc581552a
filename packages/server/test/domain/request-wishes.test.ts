/** What clients of EST are told to put into their requests, by what the certificate profile says. */
import { type TestContext, test } from 'node:test'
import { der } from '@countersign/codec'
import { CsrAttributes, csrAttributes, GeneralName, oids, type RequestWishes } from '@countersign/pki'
import type { DeviceCertificateProfile } from '../../src/domain/device-certificate-profile.ts'
import { DEVICE_KEY_TYPES } from '../../src/domain/device-key-type.ts'
import type { EnrollmentProfile, Profiles } from '../../src/domain/enrollment-profile.ts'
import type { ProfileField } from '../../src/domain/profile-field.ts'
import { requestWishesOf } from '../../src/domain/request-wishes.ts'

const field = (id: ProfileField['id'], changes: Partial<ProfileField> = {}): ProfileField => ({
  id,
  rule: 'required',
  values: [],
  pattern: undefined,
  most: 1,
  isFromCsr: true,
  ...changes,
})

function wishes(
  certificate: Partial<DeviceCertificateProfile>,
  enrollment: Partial<EnrollmentProfile> = {},
): RequestWishes {
  const profiles = {
    enrollment: { keyGenerationOption: 'client_side', ...enrollment },
    certificate: { fields: [], keyTypes: ['p_256'], signatureHash: 'SHA-256', ...certificate },
  }
  const found = requestWishesOf(profiles as unknown as Profiles)
  // Whatever it is, it can be written, and read again.
  const bytes = CsrAttributes.encode(csrAttributes(found))
  CsrAttributes.decode(bytes)
  return found
}

test('each type of key that the profile has, signed by what goes with it', (t: TestContext) => {
  const { keys, signatureAlgorithms } = wishes({ keyTypes: DEVICE_KEY_TYPES, signatureHash: 'SHA-384' })
  t.assert.deepEqual(
    keys.map((key) => [key.type, 'bits' in key ? key.bits : 'curve' in key ? key.curve : undefined].join(' ').trim()),
    [
      'RSA 2048',
      'RSA 3072',
      'RSA 4096',
      'EC P-256',
      'EC P-384',
      'EC P-521',
      'Ed25519',
      'ML-DSA-44',
      'ML-DSA-65',
      'ML-DSA-87',
    ],
  )
  t.assert.deepEqual(
    [...new Set(signatureAlgorithms)],
    ['RS384', 'ES384', 'EdDSA', 'ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87'],
  )
  t.assert.deepEqual(wishes({}, { keyGenerationOption: 'server_side' }).keys, [])
})

test('of the subject what is required or fixed, in its order, as far as a request may give it', (t: TestContext) => {
  const { subject } = wishes({
    fields: [
      field('subject.common_name'),
      field('subject.organization_unit', { rule: 'fixed', values: ['Line 1', 'Line 2'] }),
      field('subject.serial_number', { isFromCsr: false }),
      field('subject.locality', { rule: 'optional' }),
      field('subject.country', { rule: 'fixed', values: ['DE'] }),
    ],
  })
  t.assert.deepEqual(subject, [
    { type: oids.countryName, value: der.printableString.encode('DE') },
    { type: oids.organizationalUnitName, value: der.utf8String.encode('Line 1') },
    { type: oids.organizationalUnitName, value: der.utf8String.encode('Line 2') },
    { type: oids.commonName },
  ])
})

test('alternative names as they are where all are fixed, to be filled in where one is required', (t: TestContext) => {
  const fixed = field('san.dns_name', { rule: 'fixed', values: ['Fleet.example'] })
  const [names] = wishes({ fields: [fixed] }).extensions
  t.assert.equal(names?.id, oids.subjectAltName)
  t.assert.deepEqual(der.sequenceOf(GeneralName).decode(names?.value as Uint8Array), [
    { type: 'dNSName', value: 'fleet.example' },
  ])
  t.assert.deepEqual(wishes({ fields: [fixed, field('san.ip_address')] }).extensions, [
    { id: oids.subjectAltName, critical: false },
  ])
  t.assert.deepEqual(wishes({ fields: [field('san.uri', { rule: 'optional' })] }).extensions, [])
  t.assert.deepEqual(wishes({ fields: [field('san.email', { isFromCsr: false })] }).extensions, [])
})
