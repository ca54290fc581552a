// The source of packages/sdk/src/api.ts: every operation of the OpenAPI document as a typed function.

/** What of OpenAPI 3.1 and JSON Schema our document uses. */
type Schema = {
  readonly title?: string
  readonly description?: string
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly enum?: readonly (string | number)[]
  readonly const?: string | number | boolean
  readonly anyOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Schema
}
type Content = Readonly<Record<string, { readonly schema: Schema }>>
type Parameter = {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly description?: string
  readonly schema: Schema
}
type Operation = {
  readonly operationId: string
  readonly summary?: string
  readonly description?: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly content: Content }
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>
  readonly security?: readonly Readonly<Record<string, unknown>>[]
}
export type OpenApiDocument = { readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> }

/** Where the verb and the noun of its operationId are not what a function is called. */
const NAMES: Readonly<Record<string, string>> = {
  getHealth: 'platform.health',
  getReadiness: 'platform.readiness',
  getVersion: 'platform.version',
  getMetrics: 'platform.metrics',
  getCurrentUser: 'users.me',
  signIn: 'sessions.signIn',
  signOut: 'sessions.signOut',
  endOtherSessions: 'sessions.endOthers',
  endSessionsOfUser: 'users.endSessions',
  enrollTotp: 'totp.enroll',
  confirmTotp: 'totp.confirm',
  disableTotp: 'totp.disable',
  resetTotp: 'users.resetTotp',
  downloadCredentialChain: 'credentials.chain',
  changeCredentialPin: 'credentials.changePin',
  reissueCredentialPin: 'credentials.reissuePin',
  downloadCredentialRequest: 'credentials.certificationRequest',
  uploadCredentialCertificate: 'credentials.uploadCertificate',
  getEnrollmentSpecification: 'enrollmentProfiles.specification',
  getEnrollmentSample: 'enrollmentProfiles.sample',
  downloadBatchCertificates: 'batches.downloadCertificates',
  pickUpCertificate: 'certificateRequests.pickUp',
  listWebhookDeliveries: 'webhooks.deliveries',
  listAuditLog: 'auditLog.list',
  exportAuditLog: 'auditLog.export',
  getLogo: 'platform.logo',
  signImage: 'content.sign',
  verifyFile: 'content.verify',
}

type NamedFunction = { readonly comment: string; readonly signature: string; readonly body: string }

/** The TypeScript that calls what the document says; not formatted. */
export function sdkSource(document: OpenApiDocument): string {
  const types = new NamedTypes()
  const groups = new Map<string, Map<string, NamedFunction>>()
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const fullName = nameOf(operation.operationId)
      const [group = '', name = ''] = fullName.split('.')
      const functions = groups.get(group) ?? new Map<string, NamedFunction>()
      groups.set(group, functions)
      for (const [other, made] of functionsOf({ name, fullName, path, method, operation }, types)) {
        if (functions.has(other)) throw new Error(`Two operations are called ${group}.${other}; name one in NAMES.`)
        functions.set(other, made)
      }
    }
  }
  const all = [...groups].map(([group, functions]) => ({ group, functions: [...functions] }))
  return `// Made by "npm run generate" from the platform's OpenAPI document: changes are made there.
import { type AnsweredFile, type Caller, type CallOptions, segment } from './call.ts'
import type { FormFile } from './form.ts'

${types.source()}

/** Every operation of the platform's API. */
export type Api = {
${all
  .map(
    ({ group, functions }) => `readonly ${group}: {
${functions.map(([name, { comment, signature }]) => `${comment}${name}${signature}`).join('\n\n')}
}`,
  )
  .join('\n')}
}

/** The operations, as calls. */
export function api({ call, each }: Caller): Api {
  return {
${all.map(({ group, functions }) => `${group}: {${functions.map(([name, { body }]) => `${name}: ${body}`).join(',\n')}}`).join(',\n')}
  }
}
`
}

function nameOf(operationId: string): string {
  const named = NAMES[operationId]
  if (named !== undefined) return named
  // An API of somebody else, whose methods have names of their own; its first version is the one without a number.
  const [, version, first = '', rest] = /^cscV(\d)(\w)(\w*)$/.exec(operationId) ?? []
  if (version !== undefined) return `csc${version === '1' ? '' : version}.${first.toLowerCase()}${rest}`
  const [, verb = '', noun = ''] = /^([a-z]+)(.*)$/.exec(operationId) ?? []
  const plural = noun
    .replace(/(?<=[^aeiou])y$/, 'ie')
    .replace(/(?<=ch)$/, 'e')
    .replace(/s?$/, 's')
  return `${plural.charAt(0).toLowerCase()}${plural.slice(1)}.${verb}`
}

type Named = {
  readonly name: string
  readonly fullName: string
  readonly path: string
  readonly method: string
  readonly operation: Operation
}

/** The function of an operation; with more where one would leave the caller the work. */
function functionsOf(named: Named, types: NamedTypes): [string, NamedFunction][] {
  const { name, fullName, path, method, operation } = named
  const { operationId, parameters = [], requestBody, security = [] } = operation
  const title = operationId.charAt(0).toUpperCase() + operationId.slice(1)
  const inPath = parameters.filter((parameter) => parameter.in === 'path').map((parameter) => parameter.name)
  const inQuery = parameters.filter((parameter) => parameter.in === 'query')
  const isKeyed = parameters.some((parameter) => parameter.in === 'header' && parameter.name === 'idempotency-key')
  const isByCertificate = security.length === 1 && 'mutualTLS' in security[0]!
  const [bodyType, body] = Object.entries(requestBody?.content ?? {})[0] ?? []
  const comment = commentOf([operation.summary, operation.description])
  const written = path.replaceAll(/\{(\w+)\}/g, (_, id) => `\${segment(${id})}`)
  const route = `method: '${method.toUpperCase()}', path: \`${written}\`${isByCertificate ? ', isByCertificate: true' : ''}${isKeyed ? ', isKeyed: true' : ''}`
  const ids = inPath.map((id) => `${id}: string`)

  // One switch with two positions is two verbs.
  if (name === 'enable' && body) {
    const answer = answersOf(named, types)[0]!
    return [true, false].map((enabled) => [
      enabled ? 'enable' : 'disable',
      {
        comment: enabled ? comment : commentOf(['The other way round.']),
        signature: `(${[...ids, 'options?: CallOptions'].join(', ')}): Promise<${answer.type}>`,
        body: `async (${[...inPath, 'options'].join(', ')}) => call({ ${route}, body: { enabled: ${enabled} } }, options)`,
      },
    ])
  }

  const isForm = bodyType === 'multipart/form-data'
  const isOptionalBody = body?.schema.anyOf?.some(({ type }) => type === 'null') ?? false
  const bodySchema = isOptionalBody ? body?.schema.anyOf?.find(({ type }) => type !== 'null') : body?.schema
  const queryType =
    inQuery.length > 0 ? types.query(`${title}Query`, inQuery, `What ${fullName} is asked by`) : undefined
  const isOptionalQuery = inQuery.every(({ required }) => required !== true)
  const typed = [
    ...ids,
    ...(bodySchema
      ? [
          `${isForm ? 'form' : 'body'}${isOptionalBody ? '?' : ''}: ${types.of(bodySchema, `What ${fullName} is given`)}`,
        ]
      : []),
    ...(queryType ? [`query${isOptionalQuery ? '?' : ''}: ${queryType}`] : []),
    'options?: CallOptions',
  ]
  const plain = typed.map((parameter) => parameter.slice(0, parameter.search(/[?:]/)))
  const request = [
    route,
    ...(bodySchema ? [isForm ? 'form: { ...form }' : 'body'] : []),
    ...(queryType ? [isOptionalQuery ? 'query: query ?? {}' : 'query'] : []),
  ].join(', ')

  const made = answersOf(named, types).map(({ kind, type }, index): [string, NamedFunction] => [
    index === 0 ? name : `${name}As${kind.charAt(0).toUpperCase()}${kind.slice(1)}`,
    {
      comment: index === 0 ? comment : commentOf([`As ${name}, and gives the ${kind} itself.`]),
      signature: `(${typed.join(', ')}): Promise<${type}>`,
      body: `async (${plain.join(', ')}) => call({ ${request}${kind === 'json' ? '' : `, answer: '${kind}'`} }, options)`,
    },
  ])
  const item = itemOf(operation)
  if (item && inQuery.some((parameter) => parameter.name === 'offset')) {
    made.push([
      'each',
      {
        comment: commentOf([`As ${name}, one after the other, page after page.`]),
        signature: `(${typed.join(', ')}): AsyncGenerator<${types.of(item, `What ${fullName} answers`)}, void, undefined>`,
        body: `(${plain.join(', ')}) => each({ ${request} }, options)`,
      },
    ])
  }
  return made
}

type Answer = { readonly kind: 'json' | 'text' | 'bytes' | 'file' | 'nothing'; readonly type: string }

/** In which ways an operation answers when it did what was asked. */
function answersOf({ fullName, operation: { responses } }: Named, types: NamedTypes): Answer[] {
  const [status, response] = Object.entries(responses).find(([code]) => code.startsWith('2')) ?? []
  if (status === '204' || !response?.content) return [{ kind: 'nothing', type: 'void' }]
  const answers = Object.entries(response.content).map(([mediaType, { schema }]): Answer => {
    if (mediaType === 'application/json') return { kind: 'json', type: types.of(schema, `What ${fullName} answers`) }
    if (mediaType.endsWith('/*')) return { kind: 'file', type: 'AnsweredFile' }
    return schema.format === 'binary'
      ? { kind: 'bytes', type: 'Uint8Array<ArrayBuffer>' }
      : { kind: 'text', type: 'string' }
  })
  return answers.filter(({ kind }, index) => answers.findIndex((other) => other.kind === kind) === index)
}

/** What an operation lists, as a bare array or as records of a page. */
function itemOf({ responses }: Operation): Schema | undefined {
  const { items, properties } = responses['200']?.content?.['application/json']?.schema ?? {}
  return items ?? properties?.records?.items
}

/** Types of schemas: those with a title are declared, once. */
class NamedTypes {
  readonly #declared = new Map<string, { readonly comment: string; readonly text: string }>()

  /** The type of a schema; `use` is a sentence about where it stands. */
  of(schema: Schema, use: string): string {
    const { title } = schema
    if (title === undefined) return this.#written(schema, use)
    const name = title.replaceAll(/\W/g, '')
    this.#declare(name, this.#written(schema, partOf(use)), schema.description ?? use)
    return name
  }

  query(name: string, parameters: readonly Parameter[], use: string): string {
    const fields = parameters.map(({ name, required, description, schema }) =>
      this.#field(name, { ...(description === undefined ? {} : { description }), ...schema }, required === true, use),
    )
    this.#declare(name, block(fields), use)
    return name
  }

  source(): string {
    return [...this.#declared]
      .map(([name, { comment, text }]) => `${comment}export type ${name} = ${text}`)
      .join('\n\n')
  }

  #declare(name: string, text: string, comment: string): void {
    const known = this.#declared.get(name)
    if (known && known.text !== text) throw new Error(`The document has two schemas with the title ${name}.`)
    this.#declared.set(name, known ?? { comment: commentOf([comment]), text })
  }

  #written(schema: Schema, use: string): string {
    if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
    if (schema.const !== undefined) return JSON.stringify(schema.const)
    if (schema.anyOf) return schema.anyOf.map((part) => this.of(part, use)).join(' | ')
    const kinds = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? [])
    return kinds.map((type) => this.#kind(type, schema, use)).join(' | ') || 'unknown'
  }

  #kind(type: string, schema: Schema, use: string): string {
    if (type === 'string') return schema.format === 'binary' ? 'FormFile' : 'string'
    if (type === 'integer' || type === 'number') return 'number'
    if (type === 'boolean' || type === 'null') return type
    if (type === 'array') {
      const item = schema.items ? this.of(schema.items, use) : 'unknown'
      return `readonly ${/^\w+$/.test(item) ? item : `(${item})`}[]`
    }
    const { properties = {}, required = [], additionalProperties } = schema
    const fields = Object.entries(properties).map(([name, value]) =>
      this.#field(name, value, required.includes(name), use),
    )
    if (additionalProperties === true) fields.push('readonly [name: string]: unknown')
    else if (typeof additionalProperties === 'object') {
      fields.push(`readonly [name: string]: ${this.of(additionalProperties, use)}`)
    }
    return block(fields)
  }

  #field(name: string, schema: Schema, isRequired: boolean, use: string): string {
    const key = /^\w+$/.test(name) ? name : JSON.stringify(name)
    const comment = schema.description === undefined ? '' : commentOf([schema.description])
    return `${comment}readonly ${key}${isRequired ? '' : '?'}: ${this.of(schema, use)}`
  }
}

function commentOf(sentences: readonly (string | undefined)[]): string {
  const text = sentences
    .filter((sentence) => sentence !== undefined)
    .map((sentence) => (/[.!?]$/.test(sentence) ? sentence : `${sentence}.`))
    .join(' ')
  return `/** ${text.replaceAll('*/', '*\\/')} */\n`
}

/** Of an object whose fields nobody tells, nothing is known. */
const block = (fields: readonly string[]): string => (fields.length === 0 ? 'object' : `{\n${fields.join('\n')}\n}`)

/** As `use`, of what lies within. */
const partOf = (use: string): string => use.replace(/^What/, 'Part of what')
