import { readdir } from 'node:fs/promises'
import { type TestContext, test } from 'node:test'
import { type Extension, extensions, name, oids } from '@countersign/pki'
import { lintCertificate } from '@countersign/pki/lint'
import { authority, type Changes, DAY, endEntity, NOW } from '../../../pki/test/issuing.ts'
import type { DeviceCertificateProfile } from '../../src/domain/device-certificate-profile.ts'
import type { ProfileField } from '../../src/domain/profile-field.ts'
import { lintsOfProfile, profileRules } from '../../src/domain/profile-lint/lints-of-profile.ts'

const FIELD = { rule: 'optional', values: [], pattern: undefined, most: 1, isFromCsr: true } as const
const FIELDS: readonly ProfileField[] = [
  { ...FIELD, id: 'subject.common_name', rule: 'required', pattern: 'cam-*' },
  { ...FIELD, id: 'subject.organization_name', rule: 'fixed', values: ['Maker'] },
  { ...FIELD, id: 'subject.country', rule: 'fixed', values: ['de'] },
  { ...FIELD, id: 'san.dns_name', pattern: 'Cam-*.Example' },
]
const PROFILE: DeviceCertificateProfile = {
  id: 'birth',
  accountId: 'maker',
  name: 'Birth',
  fields: FIELDS,
  keyTypes: ['p_256'],
  days: 30,
  keyUsages: ['digitalSignature'],
  extendedKeyUsages: [oids.clientAuth],
  signatureHash: 'SHA-256',
  createdAt: NOW,
  updatedAt: NOW,
}

const issuer = await authority('Devices')
const subject = name({ C: 'DE', O: 'Maker', CN: 'cam-1' })
const dnsNames = (...values: string[]): Extension =>
  extensions.subjectAlternativeName(values.map((value) => ({ type: 'dNSName' as const, value })))

/** A certificate that the profile lets be, but for what is changed. */
async function found(changes: Changes = {}, profile: Partial<DeviceCertificateProfile> = {}): Promise<string[]> {
  const [usual, added] = [[dnsNames('cam-1.example')], changes.with ?? []]
  const { certificate } = await endEntity('cam-1', issuer, {
    subject,
    notBefore: NOW,
    notAfter: new Date(NOW.getTime() + 30 * DAY - 1000),
    without: [oids.basicConstraints],
    ...changes,
    with: [...usual.filter(({ id }) => !added.some((extension) => extension.id === id)), ...added],
  })
  const rules = lintsOfProfile({ ...PROFILE, ...profile })
  const ids = profileRules.map(({ id }) => id)
  return lintCertificate(certificate.bytes, 'device', { issuer: issuer.certificate, rules })
    .map(({ id }) => id)
    .filter((id) => ids.includes(id))
}

const named = (attributes: Parameters<typeof name>[0]): Changes => ({ subject: name(attributes) })

const EXAMPLES: Readonly<Record<string, readonly Changes[]>> = {
  'profile-subject': [
    named({ C: 'DE', O: 'Maker', OU: 'Cameras', CN: 'cam-1' }),
    { subject: [[...subject.flat().slice(0, 1), ...subject.flat().slice(1, 2)], ...subject.slice(2)] },
  ],
  'profile-alternative-names': [
    { with: [extensions.subjectAlternativeName([{ type: 'iPAddress', value: Uint8Array.of(192, 0, 2, 1) }])] },
    { with: [extensions.subjectAlternativeName([{ type: 'directoryName', value: subject }])] },
  ],
  'profile-field-count': [
    named({ C: 'DE', O: 'Maker' }),
    named({ C: 'DE', O: 'Maker', CN: ['cam-1', 'cam-2'] }),
    { with: [dnsNames('cam-1.example', 'cam-2.example')] },
  ],
  'profile-fixed-values': [
    named({ C: 'DE', O: 'Forger', CN: 'cam-1' }),
    named({ C: 'DE', CN: 'cam-1' }),
    named({ C: 'DE', O: ['Maker', 'Forger'], CN: 'cam-1' }),
  ],
  'profile-pattern': [named({ C: 'DE', O: 'Maker', CN: 'king' }), { with: [dnsNames('king.example')] }],
  'profile-key-type': [{ algorithm: 'ES384' }, { algorithm: 'EdDSA' }],
  'profile-key-usage': [{ with: [extensions.keyUsage(['digitalSignature', 'keyAgreement'])] }],
  'profile-purposes': [
    { without: [oids.basicConstraints, oids.extKeyUsage] },
    { with: [extensions.extendedKeyUsage([oids.clientAuth, oids.serverAuth])] },
    { with: [extensions.extendedKeyUsage([oids.emailProtection])] },
  ],
  'profile-extensions': [
    { with: [extensions.basicConstraints({ cA: true })], without: [] },
    { with: [{ id: '1.2.3.4', critical: false, value: Uint8Array.of(5, 0) }] },
  ],
  'profile-validity': [{ notAfter: new Date(NOW.getTime() + 30 * DAY) }],
  'profile-signature-hash': [],
}

test('a certificate as its profile has it', async (t: TestContext) => {
  t.assert.deepEqual(await found(), [])
})

for (const [id, examples] of Object.entries(EXAMPLES))
  for (const [index, changes] of examples.entries())
    test(`${id} is found (${index + 1})`, async (t: TestContext) => {
      const ids = await found(changes)
      t.assert.ok(ids.includes(id), ids.join(', '))
    })

test('profile-signature-hash is found', async (t: TestContext) => {
  t.assert.deepEqual(await found({}, { signatureHash: 'SHA-384' }), ['profile-signature-hash'])
})

test('every lint of profiles has an example, and a file of its name', async (t: TestContext) => {
  const ids = profileRules.map(({ id }) => id).toSorted()
  t.assert.deepEqual(ids, Object.keys(EXAMPLES).toSorted())
  const files = await readdir(new URL('../../src/domain/profile-lint/', import.meta.url))
  const others = ['lints-of-profile.ts', 'profile-rule.ts', 'written-value.ts']
  t.assert.deepEqual(
    files.filter((file) => !others.includes(file)).toSorted(),
    ids.map((id) => `${id}.ts`),
  )
})
