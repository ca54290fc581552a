import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { deviceFields, deviceFieldsOf, fieldValues, type WishedDeviceField } from '../../src/domain/device-field.ts'
import type { DeviceFieldType, DeviceProfile } from '../../src/domain/device-profile.ts'
import { Refusal } from '../../src/domain/refusal.ts'
import { NOW } from '../store/noun.ts'

const wished = (changes: Partial<WishedDeviceField> = {}): WishedDeviceField => ({
  id: 'a',
  name: 'A',
  type: 'text',
  mandatory: false,
  options: [],
  defaultValue: undefined,
  pattern: undefined,
  ...changes,
})

const profileOf = (
  fields: readonly WishedDeviceField[],
  changes: Partial<Pick<DeviceProfile, 'requiresIdentifier' | 'identifierPattern'>> = {},
): DeviceProfile => ({
  id: 'p',
  accountId: 'a',
  divisionId: 'd',
  name: 'P',
  description: '',
  requiresIdentifier: true,
  identifierPattern: undefined,
  apiAccess: { read: false, write: false, renewCertificate: false },
  createdAt: NOW,
  updatedAt: NOW,
  fields: deviceFieldsOf(fields, NOW),
  ...changes,
})

function refused(t: TestContext, work: () => unknown, pattern: RegExp): void {
  t.assert.throws(work, (error: unknown) => {
    t.assert.ok(error instanceof Refusal)
    t.assert.match(error.message, pattern)
    return true
  })
}

test('a field is what its type lets it be', (t: TestContext) => {
  const [made] = deviceFieldsOf([wished({ id: undefined, name: ' Site ', defaultValue: ' x ' })], NOW)
  t.assert.match(made!.id, /^[0-9a-f-]{36}$/)
  t.assert.deepEqual([made!.name, made!.defaultValue], ['Site', 'x'])
  for (const [changes, pattern] of [
    [{ id: 'csr' }, /^fields\[0\]\.id: /],
    [{ id: 'DEVICE_IDENTIFIER' }, /^fields\[0\]\.id: /],
    [{ id: 'subject.common_name' }, /^fields\[0\]\.id: /],
    [{ id: '__proto__' }, /^fields\[0\]\.id: /],
    [{ id: '' }, /^fields\[0\]\.id: /],
    [{ id: 'x'.repeat(65) }, /^fields\[0\]\.id: /],
    [{ name: 'a\u0000' }, /^fields\[0\]\.name: /],
    [{ type: 'enum' }, /^fields\[0\]\.options: 1 to 100/],
    [{ options: ['a'] }, /^fields\[0\]\.options: /],
    [{ type: 'enum', options: ['a', 'a'] }, /^fields\[0\]\.options: each once/],
    [{ type: 'enum', options: Array.from({ length: 101 }, String) }, /^fields\[0\]\.options: /],
    [{ type: 'number', pattern: '*' }, /^fields\[0\]\.pattern: for text/],
    [{ pattern: 'x'.repeat(256) }, /^fields\[0\]\.pattern: /],
    [{ pattern: '' }, /^fields\[0\]\.pattern: /],
    [{ pattern: 'R-*', defaultValue: 'x' }, /^fields\[0\]\.default_value: it has to look like R-\*/],
    [{ type: 'boolean', defaultValue: 'maybe' }, /^fields\[0\]\.default_value: true or false/],
  ] as const)
    refused(t, () => deviceFieldsOf([wished(changes)], NOW), pattern)
  refused(t, () => deviceFieldsOf([wished(), wished({ id: 'A', name: 'B' })], NOW), /^fields\[1\]\.id: another/)
  refused(t, () => deviceFieldsOf([wished(), wished({ id: 'b', name: 'a' })], NOW), /^fields\[1\]\.name: another/)
  const many = Array.from({ length: 51 }, (_, index) => wished({ id: `f${index}`, name: `${index}` }))
  refused(t, () => deviceFieldsOf(many, NOW), /at most 50/)
})

test('a value is kept in one form, or refused', (t: TestContext) => {
  const kept = (type: DeviceFieldType, value: string, options: readonly string[] = []): string | undefined =>
    fieldValues('fields', profileOf([wished({ type, options })]), [{ id: 'a', value }]).a
  for (const [type, text, value] of [
    ['text', ' süd 1 ', 'süd 1'],
    ['number', '-0.50', '-0.50'],
    ['boolean', 'TRUE', 'true'],
    ['ip_address', '2001:DB8:0::1', '2001:db8::1'],
    ['ip_address', '192.0.2.1', '192.0.2.1'],
    ['mac_address', '001a2b3c4d5e', '00:1A:2B:3C:4D:5E'],
    ['mac_address', '00-1a-2b-3c-4d-5e-6f-70', '00:1A:2B:3C:4D:5E:6F:70'],
    ['enum', 'b', 'b'],
  ] as const)
    t.assert.equal(kept(type, text, type === 'enum' ? ['a', 'b'] : []), value)
  for (const [type, ...texts] of [
    ['text', 'a\nb', 'a\u0000', 'a\u202e', '\ud800', 'x'.repeat(1_025)],
    ['number', '1e3', '0x10', '1,5', 'NaN', '.5', '1.', '9'.repeat(21)],
    ['boolean', '1', 'yes'],
    ['ip_address', '192.0.2', '::ffff:10.0.0.1', '10.0.0.0/8', 'fe80::1%eth0'],
    ['mac_address', '00:1a:2b:3c:4d', '00:1a-2b:3c:4d:5e', '0:1a:2b:3c:4d:5e:', 'zz1a2b3c4d5e', '00:1a:2b:3c:4d:5e:6f'],
    ['enum', 'B', 'c'],
  ] as const)
    for (const text of texts)
      refused(
        t,
        () => kept(type, text, type === 'enum' ? ['a', 'b'] : []),
        /^fields: a \(A\) is not what it has to be: /,
      )
})

test('what is given counts, then what is known, then the default; what is mandatory has to be there', (t: TestContext) => {
  const profile = profileOf([
    wished({ id: 'mac', name: 'MAC', type: 'mac_address', mandatory: true }),
    wished({ id: 'site', name: 'Site', defaultValue: 'north' }),
    wished({ id: 'constructor', name: 'Maker' }),
  ])
  const judged = (given: Parameters<typeof fieldValues>[2], known = {}) => fieldValues('fields', profile, given, known)
  const mac = { id: 'mac', value: '001A2B3C4D5E' }
  t.assert.deepEqual(judged([mac]), { mac: '00:1A:2B:3C:4D:5E', site: 'north' })
  t.assert.deepEqual(judged([], { mac: 'M', site: 's', gone: 'x' }), { mac: 'M', site: 's' })
  t.assert.deepEqual(judged([mac, { id: 'site', value: ' ' }], { site: 's' }), { mac: '00:1A:2B:3C:4D:5E', site: 's' })
  t.assert.deepEqual(judged([mac, { id: 'constructor', value: ['x'] }]).constructor, 'x')
  refused(t, () => judged([]), /^fields: mac \(MAC\) is missing/)
  refused(t, () => judged([{ ...mac, value: '' }]), /is missing/)
  refused(t, () => judged([mac, mac]), /mac is there twice/)
  refused(t, () => judged([{ id: 'mac', value: ['a', 'b'] }]), /mac has one value/)
  refused(t, () => judged([{ id: 'toString', value: 'x' }]), /"toString" is no field/)
})

test('a request for a certificate says which device it is for, as its profile wants it', (t: TestContext) => {
  const field = wished({ id: 'rack', name: 'Rack', mandatory: true })
  const strict = profileOf([field], { identifierPattern: 'MAC*' })
  const device = { id: 'DEVICE_IDENTIFIER', value: 'MAC1' }
  const rack = { id: 'rack', value: 'R1' }
  t.assert.deepEqual(deviceFields(strict, [rack, device]), { identifier: 'MAC1', values: { rack: 'R1' } })
  t.assert.deepEqual(deviceFields(strict, [device], { rack: 'R0' }), { identifier: 'MAC1', values: { rack: 'R0' } })
  refused(t, () => deviceFields(strict, [device]), /^device_attributes: rack \(Rack\) is missing/)
  refused(t, () => deviceFields(strict, [rack]), /DEVICE_IDENTIFIER is missing/)
  refused(t, () => deviceFields(strict, []), /DEVICE_IDENTIFIER is missing/)
  refused(t, () => deviceFields(strict, [{ ...device, value: 'CAM1' }, rack]), /look like MAC\*/)
  refused(t, () => deviceFields(strict, [{ ...device, value: 'MAC\u0000' }, rack]), /1 to 255 characters/)
  const lenient = profileOf([field], { requiresIdentifier: false })
  t.assert.equal(deviceFields(lenient, []), undefined)
  t.assert.equal(deviceFields(lenient, [{ ...rack, value: '' }]), undefined)
  refused(t, () => deviceFields(lenient, [rack]), /DEVICE_IDENTIFIER is missing/)
  t.assert.equal(deviceFields(undefined, []), undefined)
  t.assert.deepEqual(deviceFields(undefined, [device], { old: 'x' }), { identifier: 'MAC1', values: { old: 'x' } })
  refused(t, () => deviceFields(undefined, [device, rack]), /"rack" is no field/)
})

test('whatever is given, values fit or a Refusal says why', (t: TestContext) => {
  const types: readonly DeviceFieldType[] = ['text', 'number', 'boolean', 'ip_address', 'mac_address']
  const profile = profileOf(types.map((type) => wished({ id: type, name: type, type })))
  const given = fc.array(
    fc.record({
      id: fc.constantFrom(...types, 'enum', '__proto__', 'hasOwnProperty', ''),
      value: fc.oneof(fc.string({ unit: 'binary' }), fc.array(fc.string(), { maxLength: 3 })),
    }),
    { maxLength: 4 },
  )
  fc.assert(
    fc.property(given, (attributes) => {
      try {
        const values = fieldValues('fields', profile, attributes)
        for (const [id, value] of Object.entries(values)) {
          t.assert.ok(
            types.includes(id as DeviceFieldType) && !/[\p{Cc}\p{Cf}\p{Cs}]/u.test(value) && value.trim() === value,
          )
          // What is kept is what would be kept of it.
          t.assert.equal(fieldValues('fields', profile, [{ id, value }])[id], value)
        }
      } catch (error) {
        t.assert.ok(error instanceof Refusal, String(error))
      }
    }),
    { numRuns: 1_000 },
  )
})
