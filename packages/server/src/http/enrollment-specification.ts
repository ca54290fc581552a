import type { FastifyInstance } from 'fastify'
import { type Static, Type } from 'typebox'
import { DEVICE_IDENTIFIER } from '../domain/device.ts'
import type { DeviceField, DeviceProfile } from '../domain/device-profile.ts'
import { visibleProfiles } from '../domain/enroll-certificate.ts'
import type { Profiles } from '../domain/enrollment-profile.ts'
import { placeholderOf } from '../domain/enrollment-sample.ts'
import { PRIVATE_KEY_FORMATS, type PrivateKeyFormat } from '../domain/private-key-file.ts'
import { Refusal } from '../domain/refusal.ts'
import type { World } from '../domain/world.ts'
import { declinedAnswers } from './declined.ts'
import { EnrollBody } from './device-certificate.ts'
import { accountAnswer, jsonAnswer } from './openapi.ts'
import { principalOf } from './route.ts'

const PATH = '/iot/api/v1/enrollment-profile'
const PERMISSION = 'VIEW_IOT_ENROLLMENT_PROFILE'
const config = { permission: PERMISSION } as const

type WithId = { Params: { id: string } }

/** What enrollment profiles take: field by field, and as a body that only has to be filled in. */
export function addEnrollmentSpecificationRoutes(app: FastifyInstance, world: World): void {
  app.get<WithId>(`${PATH}/:id/enrollment-specification`, { config, schema: SPECIFICATION_SCHEMA }, async (request) =>
    specificationOf(await visibleProfiles(world.store, principalOf(request).account.id, request.params.id)),
  )

  app.get<WithId & { Querystring: Static<typeof SampleQuery> }>(
    `${PATH}/:id/sample`,
    { config, schema: SAMPLE_SCHEMA },
    async (request) => {
      const { operation = 'enroll', private_key_format: format } = request.query
      const profiles = await visibleProfiles(world.store, principalOf(request).account.id, request.params.id)
      const wanted = oneOf('operation', operation, ['enroll', 'renew'])
      const makers = makersOf(profiles)
      // Written as profiles and certificates have it, too; who names a format wants a key in it.
      const keyGeneration = request.query.key_generation?.replace(/_side$/i, '') ?? (format && 'server')
      const maker = oneOf('key_generation', keyGeneration ?? (makers[0] as string), makers)
      return sampleOf(profiles, wanted, maker, oneOf('private_key_format', format ?? 'pem', PRIVATE_KEY_FORMATS))
    },
  )
}

const Field = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    type: Type.Enum(['CERTIFICATE', 'DEVICE', 'REQUEST'], {
      type: 'string',
      description: 'One of certificate_profile_attributes, of device_attributes, or of the body itself',
    }),
    mandatory: Type.Boolean({ description: 'Of csr: unless the key is made here' }),
    editable: Type.Boolean({ description: 'false where the profile fixes it' }),
    update_from_csr: Type.Boolean({ description: 'Whether a CSR may give it' }),
    value_type: Type.Object(
      { type: Type.String(), multiple: Type.Boolean(), options: Type.Array(Type.String()) },
      { title: 'EnrollmentValueType' },
    ),
    default_value: Type.Union([Type.String(), Type.Array(Type.String()), Type.Null()]),
    options: Type.Array(Type.String(), { description: 'As in value_type: clients look in either' }),
  },
  { title: 'EnrollmentField' },
)

const SpecificationView = Type.Object({ fields: Type.Array(Field) }, { title: 'EnrollmentSpecification' })

type FieldView = Static<typeof Field>

function fieldOf(id: string, type: FieldView['type'], changes: Partial<FieldView> = {}, multiple = false): FieldView {
  const { options = [] } = changes
  const [, word = id] = id.split('.')
  return {
    id,
    name: word.toLowerCase().replaceAll('_', ' '),
    type,
    mandatory: false,
    editable: true,
    update_from_csr: false,
    value_type: { type: options.length > 0 ? 'ENUM' : 'STRING', multiple, options },
    default_value: null,
    options,
    ...changes,
  }
}

function specificationOf(profiles: Profiles): Static<typeof SpecificationView> {
  const { enrollment, certificate, device } = profiles
  const makers = makersOf(profiles)
  const { choice, type } = enrollment.keyType
  return {
    fields: [
      ...(makers.includes('client') ? [fieldOf('csr', 'REQUEST', { mandatory: !makers.includes('server') })] : []),
      ...(makers.includes('server')
        ? [
            fieldOf('key_type', 'REQUEST', {
              editable: choice === 'selectable',
              default_value: type,
              options: choice === 'fixed' ? [type] : [...certificate.keyTypes],
            }),
            fieldOf('private_key_format', 'REQUEST', {
              mandatory: !makers.includes('client'),
              options: [...PRIVATE_KEY_FORMATS],
            }),
          ]
        : []),
      ...certificate.fields.map(({ id, rule, values, most, isFromCsr }) =>
        fieldOf(
          id,
          'CERTIFICATE',
          {
            mandatory: rule === 'required',
            editable: rule !== 'fixed',
            update_from_csr: isFromCsr && rule !== 'fixed',
            default_value: rule === 'fixed' ? (values.length === 1 ? (values[0] as string) : [...values]) : null,
          },
          most > 1,
        ),
      ),
      fieldOf(DEVICE_IDENTIFIER, 'DEVICE', {
        mandatory: device !== undefined && (device.requiresIdentifier || device.fields.some(isToBeGiven)),
      }),
      ...(device?.fields ?? []).map((field) =>
        fieldOf(field.id, 'DEVICE', {
          name: field.name,
          mandatory: field.mandatory,
          default_value: field.defaultValue ?? null,
          options: [...field.options],
        }),
      ),
    ],
  }
}

/** Whether a device of which nothing is known yet can't be enrolled without it. */
function isToBeGiven({ mandatory, defaultValue }: DeviceField): boolean {
  return mandatory && defaultValue === undefined
}

/** Who may make the key. */
function makersOf({ enrollment: { keyGenerationOption } }: Profiles): readonly ('client' | 'server')[] {
  if (keyGenerationOption === 'client_or_server_side') return ['client', 'server']
  return keyGenerationOption === 'client_side' ? ['client'] : ['server']
}

const PEM_PLACE = (label: string): string => `-----BEGIN ${label}-----\n<base64>\n-----END ${label}-----\n`

/** The body of either operation. */
const SampleView = Type.Partial(EnrollBody, { title: 'EnrollmentSample' })

/** A body with all that is required; what is in angle brackets is to be filled in. */
function sampleOf(
  { enrollment, certificate, device }: Profiles,
  operation: 'enroll' | 'renew',
  maker: string,
  format: PrivateKeyFormat,
): Static<typeof SampleView> {
  // What a certificate says, the one that renews it says, too.
  const required = certificate.fields.filter(
    ({ rule, isFromCsr }) => operation === 'enroll' && rule === 'required' && !(maker === 'client' && isFromCsr),
  )
  return {
    ...(operation === 'enroll' && { enrollment_profile_id: enrollment.id }),
    certificate_profile_attributes: required.map(({ id }) => ({ id, value: placeholderOf(id) })),
    device_attributes: operation === 'enroll' ? deviceSample(device) : [],
    ...(maker === 'client'
      ? { csr: PEM_PLACE('CERTIFICATE REQUEST') }
      : {
          server_side_key_gen: true,
          key_type: enrollment.keyType.type,
          private_key_format: format,
          ...(format === 'pkcs_12' ? { pkcs12_password: '<password>' } : { private_key_syntax: 'pkcs8' }),
          ...(format.startsWith('cert_encrypted') && { encryption_certificate: PEM_PLACE('CERTIFICATE') }),
        }),
    include_certificate_chain: true,
  }
}

function deviceSample(device: DeviceProfile | undefined): { id: string; value: string }[] {
  const fields = (device?.fields ?? []).filter(isToBeGiven).map(({ id, name }) => ({ id, value: placeholderOf(name) }))
  const isNamed = device?.requiresIdentifier === true || fields.length > 0
  return [...(isNamed ? [{ id: DEVICE_IDENTIFIER, value: placeholderOf(DEVICE_IDENTIFIER) }] : []), ...fields]
}

/** One of some words, in any case. */
function oneOf<Word extends string>(field: string, text: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === text.toLowerCase())
  if (found) return found
  throw new Refusal('invalid', 'invalid_request', `${field}: ${words.length > 1 ? 'one of ' : ''}${words.join(', ')}.`)
}

const SampleQuery = Type.Object({
  operation: Type.Optional(Type.String({ description: 'enroll (when left out) or renew' })),
  key_generation: Type.Optional(
    Type.String({
      description:
        'client or server (client_side and server_side, too), as far as the profile lets them; when left out, server where private_key_format is given, else client if it may',
    }),
  ),
  private_key_format: Type.Optional(
    Type.String({ description: `${PRIVATE_KEY_FORMATS.join(', ')}; pem when left out` }),
  ),
})

const NOT_FOUND = {
  404: accountAnswer(
    'There is no such profile in the account',
    'enrollment_profile_not_found',
    'There is no such enrollment profile.',
  ),
}

const SPECIFICATION_SCHEMA = {
  tags: ['Enrollment profiles'],
  operationId: 'getEnrollmentSpecification',
  summary: 'Get what an enrollment profile takes, field by field',
  response: {
    200: jsonAnswer('The fields', SpecificationView, {
      specification: {
        summary: 'of a profile that requires a common name',
        value: {
          fields: [
            fieldOf('csr', 'REQUEST', { mandatory: true }),
            fieldOf('subject.common_name', 'CERTIFICATE', { mandatory: true, update_from_csr: true }),
            fieldOf(DEVICE_IDENTIFIER, 'DEVICE'),
          ],
        },
      },
    }),
    ...NOT_FOUND,
    ...declinedAnswers(PERMISSION),
  },
}

const SAMPLE_SCHEMA = {
  tags: ['Enrollment profiles'],
  operationId: 'getEnrollmentSample',
  summary: 'Get a body for requests under an enrollment profile, to be filled in',
  querystring: SampleQuery,
  response: {
    200: jsonAnswer('The body', SampleView, {
      server: {
        summary: 'with a key that is made here',
        value: {
          enrollment_profile_id: 'IOT_019ab2c4-0001-7d02-8f5e-4c1a9b7b2f10',
          certificate_profile_attributes: [{ id: 'subject.common_name', value: '<subject.common_name>' }],
          device_attributes: [],
          server_side_key_gen: true,
          key_type: 'p_256',
          private_key_format: 'pem',
          private_key_syntax: 'pkcs8',
          include_certificate_chain: true,
        },
      },
    }),
    400: accountAnswer(
      'Something in the query',
      'invalid_request',
      'private_key_format: one of pem, der, pkcs_12, cert_encrypted, cert_encrypted_key_only.',
    ),
    ...NOT_FOUND,
    ...declinedAnswers(PERMISSION),
  },
}
