/** Fields of devices: what a device profile may define, and which values it lets through. */
import type { GivenAttribute } from './certificate-names.ts'
import { DEVICE_IDENTIFIER, LONGEST_DEVICE_IDENTIFIER } from './device.ts'
import type { DeviceField, DeviceProfile } from './device-profile.ts'
import { alternativeName, alternativeText, FieldFault, matchesPattern } from './profile-field.ts'
import { Refusal } from './refusal.ts'
import { lineText } from './text-field.ts'
import { uuidV7 } from './uuid.ts'

/** A field as it is asked for: without an id it gets one. */
export type WishedDeviceField = Omit<DeviceField, 'id'> & { readonly id: string | undefined }

const MOST_FIELDS = 50
const MOST_OPTIONS = 100
const LONGEST_VALUE = 1_024
const LONGEST_PATTERN = 255
/** Rows of many requests have device fields and fields of certificates side by side. */
const TAKEN_IDS = ['device_identifier', 'csr']

/** The fields of a profile. Throws a Refusal that names the one at fault. */
export function deviceFieldsOf(wished: readonly WishedDeviceField[], at: Date): readonly DeviceField[] {
  if (wished.length > MOST_FIELDS) throw invalid(`fields: at most ${MOST_FIELDS}.`)
  const fields = wished.map((field, index) => judgedField(`fields[${index}]`, field, at))
  for (const part of ['id', 'name'] as const) {
    const texts = fields.map((field) => field[part].toLowerCase())
    const twin = texts.findIndex((text, index) => texts.indexOf(text) !== index)
    if (twin !== -1) throw invalid(`fields[${twin}].${part}: another field has it.`)
  }
  return fields
}

function judgedField(
  place: string,
  { id, name, type, mandatory, options, defaultValue, pattern }: WishedDeviceField,
  at: Date,
): DeviceField {
  if (id !== undefined && (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(id) || TAKEN_IDS.includes(id.toLowerCase())))
    throw invalid(
      `${place}.id: 1 to 64 letters, digits, - and _, but neither ${TAKEN_IDS.join(' nor ')}; one is made when it is left out.`,
    )
  if (type === 'enum' ? options.length === 0 || options.length > MOST_OPTIONS : options.length > 0)
    throw invalid(`${place}.options: 1 to ${MOST_OPTIONS} for an enum, none for other types.`)
  if (new Set(options).size !== options.length) throw invalid(`${place}.options: each once.`)
  if (pattern !== undefined && type !== 'text') throw invalid(`${place}.pattern: for text alone.`)
  const field: DeviceField = {
    id: id ?? uuidV7(at),
    name: lineText(`${place}.name`, name, 1, 100),
    type,
    mandatory,
    options: options.map((option) => lineText(`${place}.options`, option, 1, 255)),
    defaultValue: undefined,
    pattern: pattern === undefined ? undefined : patternText(`${place}.pattern`, pattern),
  }
  if (defaultValue === undefined) return field
  return { ...field, defaultValue: refusing(`${place}.default_value`, () => fieldValue(field, defaultValue)) }
}

/** A pattern: `*` stands for any characters, `?` for one. */
export function patternText(place: string, text: string): string {
  return lineText(place, text, 1, LONGEST_PATTERN)
}

/** A value as it is kept, in one form. Throws a FieldFault that says what would be right. */
function fieldValue({ type, options, pattern }: DeviceField, text: string): string {
  const value = text.trim()
  switch (type) {
    case 'text':
      if (!/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+$/u.test(value) || Array.from(value).length > LONGEST_VALUE)
        throw new FieldFault(`1 to ${LONGEST_VALUE} characters on one line.`)
      if (pattern !== undefined && !matchesPattern(pattern, value))
        throw new FieldFault(`it has to look like ${pattern}.`)
      return value
    case 'number':
      if (!/^-?\d{1,20}(\.\d{1,20})?$/.test(value)) throw new FieldFault('a number as 42, -1 or 0.5.')
      return value
    case 'boolean':
      if (!/^(true|false)$/i.test(value)) throw new FieldFault('true or false.')
      return value.toLowerCase()
    case 'enum':
      if (!options.includes(value)) throw new FieldFault(`one of ${options.join(', ')}.`)
      return value
    case 'ip_address':
      return alternativeText(alternativeName('san.ip_address', value)) ?? value
    case 'mac_address': {
      const isWritten = ['', ':', '-'].some((mark) => {
        const pairs = mark === '' ? (value.match(/.{1,2}/gs) ?? []) : value.split(mark)
        return (pairs.length === 6 || pairs.length === 8) && pairs.every((pair) => /^[0-9A-Fa-f]{2}$/.test(pair))
      })
      if (!isWritten) throw new FieldFault('6 or 8 bytes in hexadecimal, as 00:1A:2B:3C:4D:5E.')
      return (value.replaceAll(/[:-]/g, '').toUpperCase().match(/../g) ?? []).join(':')
    }
  }
}

/** The values of a device by the ids of its profile's fields. */
export type FieldValues = Readonly<Record<string, string>>

/** The value of a field that a device has; undefined where it has none. */
export function knownValue(values: FieldValues, id: string): string | undefined {
  return Object.hasOwn(values, id) ? values[id] : undefined
}

/**
 * The values of a device: those that are given, then those that are known of it, then the profile's defaults. Throws a
 * Refusal for a field that there is not, one that is there twice, a value that does not fit, and one that is missing.
 */
export function fieldValues(
  place: string,
  { fields }: Pick<DeviceProfile, 'fields'>,
  given: readonly GivenAttribute[],
  known: FieldValues = {},
): FieldValues {
  const texts = givenTexts(
    place,
    fields.map(({ id }) => id),
    given,
  )
  const values: [string, string][] = []
  for (const field of fields) {
    const { id, name, mandatory, defaultValue } = field
    const text = texts.get(id)
    const value =
      text === undefined
        ? (knownValue(known, id) ?? defaultValue)
        : refusing(`${place}: ${id} (${name}) is not what it has to be`, () => fieldValue(field, text))
    if (value !== undefined) values.push([id, value])
    else if (mandatory) throw invalid(`${place}: ${id} (${name}) is missing: the device profile requires it.`)
  }
  return Object.fromEntries(values)
}

/** An identifier of a device, as its profile wants it to look. Throws a Refusal. */
export function deviceIdentifier(
  place: string,
  profile: Pick<DeviceProfile, 'identifierPattern'> | undefined,
  text: string,
): string {
  const identifier = lineText(place, text, 1, LONGEST_DEVICE_IDENTIFIER)
  const pattern = profile?.identifierPattern
  if (pattern === undefined || matchesPattern(pattern, identifier)) return identifier
  throw invalid(`${place}: the identifiers of devices of this profile look like ${pattern}.`)
}

/**
 * What the `device_attributes` of a request say, under the device profile of its enrollment profile, or under none: which
 * device it is for, and what is to be known of it from now on. `known` is what is known of that device so far. Undefined
 * where the request names no device, which a profile may let it. Throws a Refusal.
 */
export function deviceFields(
  profile: DeviceProfile | undefined,
  given: readonly GivenAttribute[],
  known: FieldValues = {},
): { readonly identifier: string; readonly values: FieldValues } | undefined {
  const place = 'device_attributes'
  const ids = [DEVICE_IDENTIFIER, ...(profile?.fields ?? []).map(({ id }) => id)]
  const text = givenTexts(place, ids, given).get(DEVICE_IDENTIFIER)
  const others = given.filter(({ id }) => id !== DEVICE_IDENTIFIER)
  if (text === undefined) {
    if (!profile?.requiresIdentifier && givenTexts(place, ids, others).size === 0) return undefined
    throw invalid(`${place}: ${DEVICE_IDENTIFIER} is missing: it says which device it is.`)
  }
  return {
    identifier: deviceIdentifier(`${place}: ${DEVICE_IDENTIFIER}`, profile, text),
    values: profile ? fieldValues(place, profile, others, known) : known,
  }
}

/** The texts by id; an empty one is none, since payloads are filled in from samples. */
function givenTexts(
  place: string,
  ids: readonly string[],
  given: readonly GivenAttribute[],
): ReadonlyMap<string, string> {
  const texts = new Map<string, string>()
  const seen = new Set<string>()
  for (const { id, value } of given) {
    if (!ids.includes(id))
      throw invalid(
        `${place}: ${JSON.stringify(id.slice(0, 60))} is no field of the device profile${ids.length > 0 ? `: it has ${ids.join(', ')}` : ''}.`,
      )
    if (seen.has(id)) throw invalid(`${place}: ${id} is there twice.`)
    seen.add(id)
    const [text = '', ...more] = [value].flat()
    if (more.length > 0) throw invalid(`${place}: ${id} has one value.`)
    if (text.trim() !== '') texts.set(id, text)
  }
  return texts
}

function refusing(what: string, work: () => string): string {
  try {
    return work()
  } catch (cause) {
    if (cause instanceof FieldFault) throw invalid(`${what}: ${cause.message}`, cause)
    throw cause
  }
}

function invalid(message: string, cause?: unknown): Refusal {
  return new Refusal('invalid', 'invalid_request', message, { cause })
}
