/** The requests of a batch as they are written: lines of a table, or objects of a JSON array. */
import { type Static, type TObject, Type } from 'typebox'
import { Check, Errors } from 'typebox/value'
import type { BatchRequest } from '../domain/batch.ts'
import { DEVICE_IDENTIFIER } from '../domain/device.ts'
import { ALTERNATIVE_FIELD_IDS, SUBJECT_FIELD_IDS } from '../domain/profile-field.ts'
import {
  Attributes,
  attributesOf,
  LONGEST_PEM,
  LONGEST_VALUE,
  MOST_ATTRIBUTES,
  OptionalText,
} from './device-certificate.ts'

/** What is wrong with what was sent, or with one of its requests. */
export class BatchFault extends Error {}

/** Where fields of the device's profile stand in a table: behind this, their ids. */
export const DEVICE_COLUMN = 'device.'

const WORDS = { csr: 'csr', key_type: 'keyType', encryption_certificate: 'encryptionCertificate' } as const
const FIELD_IDS: readonly string[] = [...SUBJECT_FIELD_IDS, ...ALTERNATIVE_FIELD_IDS]
const MOST_NAMED = 60

type Column =
  | { readonly word: (typeof WORDS)[keyof typeof WORDS] }
  | { readonly attribute: 'attributes' | 'deviceAttributes'; readonly id: string }

/** What stands in the columns of a table, by its first line. Throws a BatchFault for one that nobody knows. */
export function columnsOf(cells: readonly string[]): readonly Column[] {
  const columns = cells.map((cell) => columnOf(cell.trim()))
  for (const word of Object.keys(WORDS) as (keyof typeof WORDS)[])
    if (columns.filter((column) => 'word' in column && column.word === WORDS[word]).length > 1)
      throw new BatchFault(`there is more than one column ${word}.`)
  return columns
}

function columnOf(name: string): Column {
  if (Object.hasOwn(WORDS, name)) return { word: WORDS[name as keyof typeof WORDS] }
  if (FIELD_IDS.includes(name)) return { attribute: 'attributes', id: name }
  if (name === DEVICE_IDENTIFIER) return { attribute: 'deviceAttributes', id: name }
  if (name.startsWith(DEVICE_COLUMN) && name.length > DEVICE_COLUMN.length)
    return { attribute: 'deviceAttributes', id: name.slice(DEVICE_COLUMN.length) }
  throw new BatchFault(
    `there is no column ${JSON.stringify(name.slice(0, MOST_NAMED))}; there are ${Object.keys(WORDS).join(', ')}, ${DEVICE_IDENTIFIER}, ${DEVICE_COLUMN}<field of the device profile>, ${FIELD_IDS.join(', ')}, with commas between them.`,
  )
}

/** A line of a table. A cell without anything says nothing; several columns of one name give several values. */
export function requestOfCells(columns: readonly Column[], cells: readonly string[], line: number): BatchRequest {
  if (cells.length !== columns.length)
    throw new BatchFault(`it has ${cells.length} cells, and the first line has ${columns.length}.`)
  const words: { -readonly [word in (typeof WORDS)[keyof typeof WORDS]]?: string } = {}
  const values = { attributes: new Map<string, string[]>(), deviceAttributes: new Map<string, string[]>() }
  for (const [index, column] of columns.entries()) {
    const cell = cells[index] as string
    if (cell === '') continue
    if ('word' in column) {
      bounded(column.word === 'keyType' ? LONGEST_VALUE : LONGEST_PEM, cell, index)
      words[column.word] = cell
      continue
    }
    bounded(LONGEST_VALUE, cell, index)
    const known = values[column.attribute].get(column.id)
    if (known) known.push(cell)
    else values[column.attribute].set(column.id, [cell])
  }
  return {
    line,
    csr: words.csr,
    keyType: words.keyType,
    encryptionCertificate: words.encryptionCertificate,
    attributes: attributesOfCells(values.attributes),
    deviceAttributes: attributesOfCells(values.deviceAttributes),
  }
}

function bounded(most: number, cell: string, index: number): void {
  if (cell.length > most) throw new BatchFault(`cell ${index + 1} is longer than ${most} characters.`)
}

function attributesOfCells(values: ReadonlyMap<string, readonly string[]>): BatchRequest['attributes'] {
  return [...values].map(([id, all]) => ({ id, value: all.length === 1 ? (all[0] as string) : all }))
}

/** One request in JSON: fields as those of a single one, where they can differ within a batch. */
export const BatchRequestBody = Type.Object(
  {
    csr: OptionalText('PKCS #10, PEM, where the device made its key', LONGEST_PEM),
    key_type: OptionalText('Of a key that is made here: in place of that of the batch'),
    encryption_certificate: OptionalText(
      'PEM: for whom the key is encrypted, in place of that of the batch',
      LONGEST_PEM,
    ),
    certificate_profile_attributes: Attributes('Fields of the certificate'),
    device_attributes: Attributes('Which device it is, and what is known of it'),
  },
  { title: 'BatchRequest' },
)

/** An element of a JSON array. */
export function requestOfObject(value: object, line: number): BatchRequest {
  const body = held(BatchRequestBody, value)
  return {
    line,
    csr: body.csr ?? undefined,
    keyType: body.key_type ?? undefined,
    encryptionCertificate: body.encryption_certificate ?? undefined,
    attributes: attributesOf(body.certificate_profile_attributes),
    deviceAttributes: attributesOf(body.device_attributes),
  }
}

/** What is as its schema says. Throws a BatchFault that names the field that is not. */
export function held<Schema extends TObject>(schema: Schema, value: object): Static<Schema> {
  const unknown = Object.keys(value).find((field) => !Object.hasOwn(schema.properties, field))
  if (unknown !== undefined)
    throw new BatchFault(
      `there is no field ${JSON.stringify(unknown.slice(0, MOST_NAMED))} here; there are ${Object.keys(schema.properties).join(', ')}.`,
    )
  if (Check(schema, value)) return value
  const [first] = Errors(schema, shortened(value))
  if (first?.keyword === 'required') throw new BatchFault(`${first.params.requiredProperties[0]}: it is missing.`)
  const field = first?.instancePath.slice(1).replaceAll('/', '.')
  throw new BatchFault(`${field ? `${field}: ` : ''}${first?.message ?? 'it is none that is known'}.`)
}

/** Wrong in the same way, and no longer than it takes to be so: all that is wrong is looked for, and one fault told. */
function shortened(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, MOST_ATTRIBUTES + 1).map(shortened)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([field, part]) => [field, shortened(part)]))
}

/** Of what there are too many to tell. */
export const MOST_FAULTS = 10

/** What is wrong with a line, or with an element of an array. */
export type LineFault = { readonly line: number; readonly what: string }

/** What is wrong with requests for how the keys of the batch are made, which may be said behind them. */
export type KeyFaults = {
  note(request: BatchRequest): void
  /** The first ones of each kind. */
  faults(serverKeys: { readonly encryptionCertificate: string | undefined } | undefined): readonly LineFault[]
}

export function createKeyFaults(): KeyFaults {
  const lines = { withCsr: [] as number[], withoutCsr: [] as number[], withoutRecipient: [] as number[] }
  const note = (kind: keyof typeof lines, line: number): void => {
    if (lines[kind].length < MOST_FAULTS) lines[kind].push(line)
  }
  const told = (kind: keyof typeof lines, what: string): LineFault[] => lines[kind].map((line) => ({ line, what }))
  return {
    note({ line, csr, encryptionCertificate }) {
      note(csr === undefined ? 'withoutCsr' : 'withCsr', line)
      if (encryptionCertificate === undefined) note('withoutRecipient', line)
    },
    faults(serverKeys) {
      if (!serverKeys) return told('withoutCsr', 'csr: it is missing; a batch with server_side_key_gen takes none.')
      return [
        ...told('withCsr', 'csr: not together with server_side_key_gen: the key is made here, or by the device.'),
        ...(serverKeys.encryptionCertificate === undefined
          ? told(
              'withoutRecipient',
              'encryption_certificate: it is missing, here and for the batch: keys that are made here are kept encrypted alone.',
            )
          : []),
      ]
    },
  }
}

/** How many columns a table may have. */
export const MOST_COLUMNS = 2 * MOST_ATTRIBUTES
