/** Whatever a device asks for, it gets what its profile says or nothing: judged from the bytes, by programs that are not ours. */
import { generateKeyPairSync } from 'node:crypto'
import { after, type TestContext, test } from 'node:test'
import 'reflect-metadata'
import { createSigner } from '@countersign/pki'
import * as peculiar from '@peculiar/x509'
import * as asn1js from 'asn1js'
import fc from 'fast-check'
import * as pkijs from 'pkijs'
import type { Applicant } from '../../src/domain/applicant.ts'
import type { GivenAttribute } from '../../src/domain/certificate-names.ts'
import type { DeviceCertificateProfile } from '../../src/domain/device-certificate-profile.ts'
import type { DeviceKeyType } from '../../src/domain/device-key-type.ts'
import { enrollCertificate } from '../../src/domain/enroll-certificate.ts'
import { newEnrollmentProfileId } from '../../src/domain/enrollment-profile.ts'
import type { ProfileField, ProfileFieldId } from '../../src/domain/profile-field.ts'
import { Refusal } from '../../src/domain/refusal.ts'
import { startedWorld } from '../test-world.ts'
import { type RawRequest, rawRequest, requestText, text } from './request-of-a-device.ts'

const cleanups: (() => unknown)[] = []
after(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup()
})
const world = await startedWorld({
  after: (cleanup: () => unknown) => cleanups.push(cleanup),
} as unknown as TestContext)
const { account_id: accountId, service_user_id: userId } = world.quickstart.facts
const { enrollmentProfiles, deviceCertificateProfiles } = world.store

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const signer = await createSigner('ES256', new Uint8Array(pair.privateKey.export({ type: 'pkcs8', format: 'der' })))

const applicant: Applicant = {
  accountId,
  actor: { kind: 'user', id: userId, accountId },
  method: 'API',
  address: undefined,
  confirm: async () => {},
}

const TYPES: Readonly<Record<string, string>> = {
  'subject.country': '2.5.4.6',
  'subject.state': '2.5.4.8',
  'subject.organization_name': '2.5.4.10',
  'subject.organization_unit': '2.5.4.11',
  'subject.serial_number': '2.5.4.5',
  'subject.common_name': '2.5.4.3',
}
const TAGS: Readonly<Record<string, number>> = { 'san.email': 1, 'san.dns_name': 2, 'san.uri': 6, 'san.ip_address': 7 }
const IDS = [...Object.keys(TYPES), ...Object.keys(TAGS)] as ProfileFieldId[]
const FIXED: Readonly<Partial<Record<ProfileFieldId, readonly string[]>>> = {
  'subject.country': ['DE'],
  'subject.organization_name': ['Maker'],
  'san.dns_name': ['fixed.example'],
}

const field = (id: ProfileFieldId): fc.Arbitrary<ProfileField> =>
  fc.record({
    id: fc.constant(id),
    rule: fc.constantFrom(
      ...(FIXED[id] ? (['optional', 'required', 'fixed', 'fixed'] as const) : (['optional'] as const)),
    ),
    values: fc.constant(FIXED[id] ?? []),
    pattern: fc.constantFrom(undefined, undefined, undefined, undefined, '*', 'dev-*', 'Dev-?*'),
    most: fc.constantFrom(1, 1, 2, 3),
    isFromCsr: fc.boolean(),
  })

type Held = Pick<
  DeviceCertificateProfile,
  'fields' | 'keyTypes' | 'days' | 'keyUsages' | 'extendedKeyUsages' | 'signatureHash'
>
const profile: fc.Arbitrary<Held> = fc.record({
  fields: fc
    .subarray(IDS, { minLength: 1, maxLength: 4 })
    .chain((ids) => fc.tuple(...ids.map(field)))
    .map((fields) => fields as readonly ProfileField[]),
  keyTypes: fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom<readonly DeviceKeyType[]>(['p_256'], ['p_256', 'rsa_2048']) },
    fc.constant<readonly DeviceKeyType[]>(['p_384']),
  ),
  days: fc.integer({ min: 1, max: 400 }),
  keyUsages: fc.constantFrom(['digitalSignature'] as const, ['digitalSignature', 'keyAgreement'] as const),
  extendedKeyUsages: fc.constantFrom([], ['1.3.6.1.5.5.7.3.2'], ['1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.1']),
  signatureHash: fc.constantFrom('SHA-256' as const, 'SHA-384' as const),
})

/** What is asked for: mostly what the profile has a field for, and what fits into it. */
const wish = fc
  .tuple(
    profile,
    rawRequest,
    fc.array(fc.tuple(fc.nat(), fc.oneof({ weight: 6, arbitrary: text }, fc.array(text, { maxLength: 2 }))), {
      maxLength: 3,
    }),
  )
  .map(([held, raw, pairs]) => {
    const ids = [...held.fields.map(({ id }) => id), ...held.fields.map(({ id }) => id), 'subject.state' as const]
    const given: readonly GivenAttribute[] = pairs.map(([nth, value]) => {
      const id = ids[nth % ids.length] ?? 'subject.state'
      return { id, value: FIXED[id] && nth % 5 > 0 ? (FIXED[id] ?? value) : value }
    })
    return [held, raw, given] as const
  })

/** The certificate, or the reason why there is none. */
async function asked(held: Held, raw: RawRequest, given: readonly GivenAttribute[]): Promise<Uint8Array | Refusal> {
  const [first] = (await enrollmentProfiles.list({ accountId, offset: 0, limit: 1 })).records
  const template = first && (await deviceCertificateProfiles.find(first.certificateProfileId))
  if (!template) throw new Error('there is no first profile')
  const certificateProfileId = crypto.randomUUID()
  const enrollmentProfileId = newEnrollmentProfileId(world.now())
  await deviceCertificateProfiles.add({ ...template, ...held, id: certificateProfileId, name: certificateProfileId })
  await enrollmentProfiles.add({ ...first, id: enrollmentProfileId, name: enrollmentProfileId, certificateProfileId })
  try {
    const { certificate } = await enrollCertificate(world, applicant, {
      enrollmentProfileId,
      attributes: given,
      deviceAttributes: [],
      key: { by: 'client', csr: await requestText(raw, signer) },
      includesChain: false,
    })
    return certificate.bytes
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
}

type Read = { readonly values: ReadonlyMap<string, readonly string[]>; readonly faults: readonly string[] }

/** What stands in subject and alternative names, as pkijs and asn1js see it. */
function namesOf(certificate: pkijs.Certificate): Read {
  const faults: string[] = []
  const values = new Map<string, string[]>()
  const put = (id: string | undefined, what: string, value: string): void => {
    if (id === undefined) faults.push(`${what} is no field`)
    else values.set(id, [...(values.get(id) ?? []), value])
  }
  const name = asn1js.fromBER(certificate.subject.toSchema().toBER()).result as asn1js.Sequence
  for (const rdn of name.valueBlock.value as asn1js.Set[]) {
    if (rdn.valueBlock.value.length !== 1) faults.push('a part of the subject has several attributes')
    for (const one of rdn.valueBlock.value as asn1js.Sequence[]) {
      const [type, value] = one.valueBlock.value as [asn1js.ObjectIdentifier, asn1js.Utf8String]
      const oid = type.valueBlock.toString()
      const isPrintable = oid === '2.5.4.6' || oid === '2.5.4.5'
      if (value.idBlock.tagNumber !== (isPrintable ? 19 : 12))
        faults.push(`${oid} is of type ${value.idBlock.tagNumber}`)
      put(
        Object.keys(TYPES).find((id) => TYPES[id] === oid),
        oid,
        value.valueBlock.value,
      )
    }
  }
  const san = certificate.extensions?.find(({ extnID }) => extnID === '2.5.29.17')
  for (const { type, value } of (san?.parsedValue as pkijs.AltName | undefined)?.altNames ?? []) {
    const what = `an alternative name ${type}`
    const octets = type === 7 ? new Uint8Array((value as asn1js.OctetString).valueBlock.valueHexView) : undefined
    if (octets && octets.length !== 4 && octets.length !== 16) faults.push('an address of a wrong length')
    put(
      Object.keys(TAGS).find((id) => TAGS[id] === type),
      what,
      octets ? String(octets) : String(value),
    )
  }
  return { values, faults }
}

const LONGEST: Readonly<Record<string, number>> = {
  'subject.country': 2,
  'subject.state': 128,
  'san.uri': 2048,
  'san.dns_name': 253,
}

function faultsOfField(one: ProfileField, written: readonly string[]): string[] {
  const { id, rule, values, pattern, most } = one
  if (rule === 'fixed') return String(written) === String(values) ? [] : [`${id} is ${written}, and not as fixed`]
  const ignoringCase = id === 'san.dns_name' ? 'ui' : 'u'
  const expression =
    pattern === undefined
      ? /.?/
      : new RegExp(
          `^${Array.from(pattern, (sign) => ({ '*': '[^]*', '?': '[^]' })[sign] ?? RegExp.escape(sign)).join('')}$`,
          ignoringCase,
        )
  return [
    ...(written.length > most || (rule === 'required' && written.length === 0)
      ? [`${id} ${written.length} times`]
      : []),
    ...written.flatMap((value) => [
      ...(id !== 'san.ip_address' && !expression.test(value) ? [`${id} ${value} does not look like ${pattern}`] : []),
      ...(/[\p{C}\u2028\u2029]/u.test(value) ? [`${id} hides characters`] : []),
      ...(Array.from(value).length > (LONGEST[id] ?? 64) && id !== 'san.email' ? [`${id} is too long`] : []),
      ...(id === 'san.dns_name' && !/^[a-z0-9.-]+$/.test(value) ? [`${value} is no host`] : []),
    ]),
  ]
}

const USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
]
const EXTENSIONS = ['2.5.29.15', '2.5.29.37', '2.5.29.14', '2.5.29.35', '2.5.29.17', '1.3.6.1.5.5.7.1.1', '2.5.29.31']

/** Everything in which a certificate is not as the profile has it. */
function faultsOf(written: Uint8Array, held: Held): string[] {
  const bytes = new Uint8Array(written)
  const certificate = pkijs.Certificate.fromBER(bytes)
  const other = new peculiar.X509Certificate(bytes)
  const { values, faults } = namesOf(certificate)
  const known = new Set(held.fields.map(({ id }) => String(id)))
  const usage = other.getExtension(peculiar.KeyUsagesExtension)?.usages ?? 0
  const allowed = held.keyUsages.reduce((bits, one) => bits | (1 << USAGES.indexOf(one)), 0)
  const purposes = other.getExtension(peculiar.ExtendedKeyUsageExtension)?.usages ?? []
  const key = pair.publicKey.export({ type: 'spki', format: 'der' })
  const hash = held.signatureHash === 'SHA-256' ? '1.2.840.10045.4.3.2' : '1.2.840.10045.4.3.3'
  const lasts = (other.notAfter.getTime() - other.notBefore.getTime() + 1000) / 86_400_000
  return [
    ...faults,
    ...[...values.keys()].filter((id) => !known.has(id)).map((id) => `${id} is no field of the profile`),
    ...held.fields.flatMap((one) => faultsOfField(one, values.get(one.id) ?? [])),
    ...(other.extensions.every(({ type }) => EXTENSIONS.includes(type)) ? [] : ['an extension of the request']),
    ...(new Set(other.extensions.map(({ type }) => type)).size === other.extensions.length
      ? []
      : ['an extension twice']),
    ...(other.getExtension(peculiar.BasicConstraintsExtension)?.ca ? ['an authority'] : []),
    ...((usage & ~allowed) === 0 ? [] : [`the key usage ${usage}`]),
    ...(String(purposes) === String(held.extendedKeyUsages) ? [] : [`the purposes ${purposes}`]),
    ...(held.keyTypes.includes('p_256') && key.equals(Buffer.from(other.publicKey.rawData)) ? [] : ['another key']),
    ...(certificate.signatureAlgorithm.algorithmId === hash ? [] : ['another hash']),
    ...(lasts <= held.days ? [] : [`${lasts} days`]),
  ]
}

test('whatever a request says, the certificate is as its profile has it, or there is none and a reason', async (t: TestContext) => {
  let [issued, refused] = [0, 0]
  await fc.assert(
    fc.asyncProperty(wish, async ([held, raw, given]) => {
      const outcome = await asked(held, raw, given)
      if (outcome instanceof Refusal) {
        refused++
        t.assert.ok(outcome.reason === 'invalid' && /^\S.*: .{5}/.test(outcome.message), outcome.message)
        // Our own second look is for faults of ours: what people ask for is refused by its name before.
        t.assert.ok(
          outcome.code !== 'certificate_not_conforming' || !/: profile-/.test(outcome.message),
          outcome.message,
        )
        return
      }
      issued++
      t.assert.deepEqual(faultsOf(outcome, held), [])
    }),
    { numRuns: 200 },
  )
  t.diagnostic(`${issued} issued, ${refused} refused`)
  t.assert.ok(issued > 10 && refused > 10, `${issued} issued, ${refused} refused`)
})

test('the judges find what they look for', async (t: TestContext) => {
  const held: Held = {
    fields: [{ id: 'subject.common_name', rule: 'optional', values: [], pattern: undefined, most: 1, isFromCsr: true }],
    keyTypes: ['p_256'],
    days: 30,
    keyUsages: ['digitalSignature'],
    extendedKeyUsages: [],
    signatureHash: 'SHA-256',
  }
  const raw = { subject: [[{ type: '2.5.4.3', tag: 0x0c, bytes: Buffer.from('dev-1') }]], names: [], extensions: [] }
  const bytes = await asked(held, raw, [])
  if (bytes instanceof Refusal) throw bytes
  t.assert.deepEqual(faultsOf(bytes, held), [])
  for (const stricter of [
    { fields: [] },
    { fields: [{ ...held.fields[0]!, pattern: 'x*' }] },
    { fields: [{ ...held.fields[0]!, rule: 'fixed', values: ['dev-2'] }] },
    { keyTypes: ['rsa_2048'] },
    { days: 29 },
    { keyUsages: [] },
    { extendedKeyUsages: ['1.3.6.1.5.5.7.3.2'] },
    { signatureHash: 'SHA-384' },
  ] as const)
    t.assert.equal(faultsOf(bytes, { ...held, ...(stricter as Partial<Held>) }).length, 1, JSON.stringify(stricter))
})
