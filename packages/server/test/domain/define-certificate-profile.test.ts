import { generateKeyPairSync } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { assembleCertificate, type KeyUsageBit, keyIdentifier, name, oids, toBeSigned } from '@countersign/pki'
import { lintCertificate } from '@countersign/pki/lint'
import fc from 'fast-check'
import { authorityUrls, extensionsOf } from '../../src/domain/certificate-profile.ts'
import {
  DEVICE_KEY_USAGES,
  profileFields,
  profilePurposes,
  requireConforming,
  requireDaysWithin,
  type WishedProfileField,
} from '../../src/domain/define-certificate-profile.ts'
import { usagesOf } from '../../src/domain/device-certificate-profile.ts'
import { DEVICE_KEY_TYPES, type DeviceKeyType } from '../../src/domain/device-key-type.ts'
import {
  ALTERNATIVE_FIELD_IDS,
  alternativeName,
  SUBJECT_FIELD_IDS,
  subjectAttribute,
} from '../../src/domain/profile-field.ts'
import { Refusal } from '../../src/domain/refusal.ts'
import { NOW } from '../store/noun.ts'

const wished = (changes: Partial<WishedProfileField> = {}): WishedProfileField => ({
  id: 'subject.common_name',
  rule: 'required',
  values: [],
  pattern: undefined,
  most: undefined,
  isFromCsr: false,
  ...changes,
})

function sentence(t: TestContext, work: () => unknown): string {
  try {
    work()
  } catch (error) {
    t.assert.ok(error instanceof Refusal, String(error))
    return error.message
  }
  return ''
}

test('fields are what can be written, each once', (t: TestContext) => {
  const [fixed] = profileFields([wished({ id: 'SAN.dns_name', rule: 'fixed', values: [' a.example ', 'b.example'] })])
  t.assert.deepEqual(fixed, {
    id: 'san.dns_name',
    rule: 'fixed',
    values: ['a.example', 'b.example'],
    pattern: undefined,
    most: 2,
    isFromCsr: false,
  })
  t.assert.match(
    sentence(t, () => profileFields([])),
    /^fields: one at least/,
  )
  t.assert.match(
    sentence(t, () => profileFields([wished(), wished()])),
    /^fields\[1\]\.id: .* twice/,
  )
  for (const [changes, pattern] of [
    [{ id: 'subject.given_name' }, /^fields\[0\]\.id: one of subject\.country, /],
    [{ id: 'toString' }, /^fields\[0\]\.id: /],
    [{ values: ['x'] }, /^fields\[0\]\.values: for a fixed field alone/],
    [{ rule: 'fixed' }, /^fields\[0\]\.values: one at least/],
    [{ rule: 'fixed', values: ['a', 'b'] }, /^fields\[0\]\.values: one for subject\.common_name/],
    [{ rule: 'fixed', values: ['x'.repeat(65)] }, /can't be written: 1 to 64 characters/],
    [{ rule: 'fixed', values: ['a\u0000b'] }, /can't be written/],
    [{ rule: 'fixed', values: ['a'], pattern: '*' }, /^fields\[0\]\.pattern: not for a fixed field/],
    [{ rule: 'fixed', values: ['a'], isFromCsr: true }, /^fields\[0\]\.update_from_csr: /],
    [{ rule: 'fixed', values: ['a'], most: 2 }, /^fields\[0\]\.max_values: /],
    [{ id: 'subject.country', rule: 'fixed', values: ['DEU'] }, /two letters of a country/],
    [{ id: 'subject.serial_number', rule: 'fixed', values: ['Ü'] }, /can't be written/],
    [{ id: 'san.dns_name', rule: 'fixed', values: ['*.example'] }, /can't be written: a host name/],
    [{ id: 'san.ip_address', rule: 'fixed', values: ['10.0.0.0/8'] }, /can't be written: an address/],
    [{ id: 'san.uri', rule: 'fixed', values: ['urn:a', 'urn:a'] }, /each once/],
    [{ most: 2 }, /^fields\[0\]\.max_values: one for subject\.common_name/],
    [{ id: 'san.uri', most: 101 }, /^fields\[0\]\.max_values: 1 to 100/],
    [{ most: 0 }, /max_values/],
    [{ most: Number.NaN }, /max_values/],
    [{ pattern: 'x'.repeat(256) }, /^fields\[0\]\.pattern: 1 to 255/],
    [{ pattern: `*${'x'.repeat(65)}` }, /^fields\[0\]\.pattern: no subject\.common_name is so long/],
    [{ pattern: 'a\u202e*' }, /^fields\[0\]\.pattern: /],
    [{ id: 'subject.country', pattern: 'DE?' }, /is so long/],
    [{ id: 'subject.country', pattern: 'd*' }, /holds "d"/],
    [{ id: 'san.dns_name', pattern: '^cam-\\d+$' }, /holds "\^"/],
    [{ id: 'san.ip_address', pattern: '10.0.0.*/8' }, /holds "\/"/],
    [{ id: 'subject.serial_number', pattern: '*@*' }, /holds "@"/],
  ] as const)
    t.assert.match(
      sentence(t, () => profileFields([wished(changes)])),
      pattern,
      JSON.stringify(changes),
    )
  for (const [id, pattern] of [
    ['subject.common_name', 'Kamera Ü *'],
    ['subject.country', 'D?'],
    ['subject.serial_number', '(A) ?-*'],
    ['san.dns_name', '*.Nordwind.example'],
    ['san.ip_address', 'fd00:*'],
    ['san.email', '*@example.com'],
    ['san.uri', 'urn:uuid:*'],
  ] as const)
    t.assert.equal(profileFields([wished({ id, pattern })])[0]?.pattern, pattern)
})

test('a pattern that is refused is one that nothing looks like', (t: TestContext) => {
  const ids = [...SUBJECT_FIELD_IDS, ...ALTERNATIVE_FIELD_IDS]
  const texts = fc.oneof(
    fc.constantFrom('DE', 'a.example', '10.0.0.1', '2001:db8::1', 'a@b.example', 'urn:a', 'Kamera Ü', 'A-1 (x)'),
    fc.string({ maxLength: 20 }),
  )
  fc.assert(
    fc.property(fc.constantFrom(...ids), texts, fc.array(fc.constantFrom('*', '?', '')), (id, text, marks) => {
      let written: string
      try {
        const value = id.startsWith('subject.')
          ? subjectAttribute(id as never, text)
          : alternativeName(id as never, text)
        if (typeof value.value !== 'string') return
        written = value.value
      } catch {
        return
      }
      // What the value itself looks like, with marks in place of some characters.
      const pattern = Array.from(written, (letter, index) => marks[index] || letter).join('')
      if (pattern.trim() === pattern)
        t.assert.equal(
          sentence(t, () => profileFields([wished({ id, pattern })])),
          '',
        )
    }),
    { numRuns: 1_000 },
  )
})

test('purposes are object identifiers, and none that would make a device count for more', (t: TestContext) => {
  t.assert.deepEqual(profilePurposes([oids.clientAuth, '1.3.6.1.4.1.99999.1', '2.999.1']).length, 3)
  for (const wrong of [
    ...[
      '',
      'x',
      '1',
      '1.',
      '.1',
      '1..2',
      '1.40.1',
      '3.1.1',
      '01.2.3',
      '1.2.03',
      '1.2.3 ',
      '-1.2.3',
      '1.3.٣',
      'constructor',
    ],
    ...[`1.2.${'9'.repeat(40)}`, `1.2${'.1'.repeat(100)}`, '1.2.3\u0000'],
    ...['2.5.29.37.0', oids.ocspSigning, oids.timeStamping, oids.codeSigning, oids.c2paClaimSigning],
    ...[oids.emailProtection, oids.documentSigning, '1.3.6.1.4.1.311.76.59.1.9'],
  ])
    t.assert.match(
      sentence(t, () => profilePurposes([wrong])),
      /^extended_key_usages: /,
      wrong,
    )
  t.assert.match(
    sentence(t, () => profilePurposes([oids.clientAuth, oids.clientAuth])),
    /each once/,
  )
  const many = Array.from({ length: 21 }, (_, index) => `1.3.6.1.4.1.99999.${index}`)
  t.assert.match(
    sentence(t, () => profilePurposes(many)),
    /at most 20/,
  )
})

test('keys of each type can be used for something that the purposes take', (t: TestContext) => {
  const judged = (
    keyTypes: readonly DeviceKeyType[],
    keyUsages: readonly KeyUsageBit[],
    purposes: readonly string[] = [],
  ) =>
    sentence(t, () =>
      requireConforming({
        fields: [],
        days: 1,
        signatureHash: 'SHA-256',
        keyTypes,
        keyUsages,
        extendedKeyUsages: purposes,
      }),
    )
  t.assert.match(judged([], ['digitalSignature']), /^key_types: one at least/)
  t.assert.match(judged(['p_256'], []), /^key_usages: one at least of digital_signature, /)
  t.assert.match(judged(['rsa_2048', 'p_256'], ['keyEncipherment']), /p_256 can be used for none of key_encipherment/)
  t.assert.match(
    judged(['rsa_2048'], ['keyEncipherment'], [oids.clientAuth]),
    /nothing that 1\.3\.6\.1\.5\.5\.7\.3\.2 takes/,
  )
  t.assert.equal(judged(['rsa_2048'], ['keyEncipherment'], [oids.serverAuth]), '')
  t.assert.equal(judged(['ml_dsa_44', 'ed_25519'], ['digitalSignature', 'keyEncipherment'], [oids.clientAuth]), '')
})

test('no certificate outlasts the authority', (t: TestContext) => {
  const end = new Date(NOW.getTime() + 10 * 86_400_000)
  for (const days of [1, 10])
    t.assert.equal(
      sentence(t, () => requireDaysWithin(days, NOW, end)),
      '',
    )
  for (const days of [0, -1, 11, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
    t.assert.match(
      sentence(t, () => requireDaysWithin(days, NOW, end)),
      /^validity_days: 1 to 10 whole days: the authority/,
    )
})

const KEYS: Partial<Record<DeviceKeyType, Uint8Array>> = Object.fromEntries(
  (
    [
      ['rsa_2048', 'rsa', { modulusLength: 2048 }],
      ['p_256', 'ec', { namedCurve: 'P-256' }],
      ['p_521', 'ec', { namedCurve: 'P-521' }],
      ['ed_25519', 'ed25519', {}],
      ['ml_dsa_44', 'ml-dsa-44', {}],
    ] as const
  ).map(([type, kind, options]) => {
    const { publicKey } = generateKeyPairSync(kind as 'ec', options as { namedCurve: string })
    return [type, new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))]
  }),
)

test('what is accepted makes certificates in which no lint finds an error', (t: TestContext) => {
  const definitions = fc.record({
    keyTypes: fc.subarray([...DEVICE_KEY_TYPES]),
    keyUsages: fc.subarray([...DEVICE_KEY_USAGES]),
    extendedKeyUsages: fc.subarray([oids.clientAuth, oids.serverAuth, '1.3.6.1.4.1.99999.1', oids.anyExtendedKeyUsage]),
  })
  let accepted = 0
  fc.assert(
    fc.property(definitions, (given) => {
      const profile = {
        ...{ id: '', accountId: '', name: '', fields: [], days: 1, createdAt: NOW, updatedAt: NOW },
        signatureHash: 'SHA-256' as const,
        ...given,
      }
      const refusal = sentence(t, () => {
        profilePurposes(profile.extendedKeyUsages)
        requireConforming(profile)
      })
      if (refusal !== '') return
      accepted++
      for (const keyType of profile.keyTypes) {
        const publicKey = KEYS[keyType]
        if (!publicKey) continue
        const tbs = toBeSigned(
          {
            serialNumber: 0x4f2c9a6b1d3e5f708192a3b4c5d6e7f801020304n,
            issuer: name({ CN: 'Devices' }),
            notBefore: NOW,
            notAfter: new Date(NOW.getTime() + 86_399_000),
            subject: name({ CN: 'c' }),
            publicKey,
            extensions: extensionsOf({
              profile: 'device',
              subjectKeyIdentifier: keyIdentifier(publicKey),
              issuerKeyIdentifier: keyIdentifier(publicKey),
              issuerUrls: authorityUrls('http://127.0.0.1:8080', 'device'),
              usages: usagesOf(profile, keyType),
            }),
          },
          'ES256',
        )
        const findings = lintCertificate(assembleCertificate(tbs, 'ES256', new Uint8Array(8)), 'device')
        t.assert.deepEqual(
          findings.filter(({ severity }) => severity === 'error'),
          [],
          JSON.stringify(given),
        )
      }
    }),
    { numRuns: 300 },
  )
  t.assert.ok(accepted > 30)
})
