/** Credentials, their mails and their signatures for tests. */
import { randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import sharp from 'sharp'
import { newApiKey } from '../../src/domain/api-key.ts'
import { deliverDueMails } from '../../src/domain/deliver-mail.ts'
import { permissionsOfRoles, type RoleName } from '../../src/domain/role.ts'
import { outboxDelivery } from '../../src/mail/outbox.ts'
import { user } from '../store/noun.ts'
import { type Answer, json, startTestPlatform, type TestPlatform } from './test-platform.ts'

/** As it is answered. */
export type CredentialAnswer = {
  id: string
  user_id: string | null
  nickname: string
  status: string
  pin_status: string
  pin_attempts_left: number | null
  key_type: string
  csr?: string
  certificate: {
    id: string
    serial_number: string
    subject: string
    valid_from: string
    valid_to: string
    issued_by_platform: boolean
  } | null
}

export const CREDENTIALS = '/documentmanager/api/v2/credential'

/** A platform with what tests of credentials ask of it. */
export type CredentialPlatform = TestPlatform & {
  /** The administrator's API key. */
  readonly admin: string
  /** The picture that is signed. */
  readonly jpeg: Buffer
  call(key: string, method: string, path: string, body?: unknown): Promise<Answer>
  one(named: string, key?: string): Promise<CredentialAnswer>
  list(query?: string, key?: string): Promise<CredentialAnswer[]>
  /** A credential of the account unless the body says otherwise. */
  issue(body?: object): Promise<CredentialAnswer>
  /** A credential of the service user, with its PIN as the mail has it. */
  issueToUser(body?: object): Promise<{ credential: CredentialAnswer; pin: string }>
  /** The PINs that mails brought, oldest first. */
  pins(nickname: string, count?: number): Promise<string[]>
  signBy(fields: Record<string, string>): Promise<Answer>
  /** `signed`, or why not. */
  sentence(fields: Record<string, string>): Promise<string>
  /** A user with roles, made past the API. */
  somebody(roles: readonly RoleName[], accountId?: string): Promise<{ id: string; key: string }>
}

/** Status and code of a refusal. */
export function refusal(answer: Answer): [number, string | undefined] {
  return [answer.status, json(answer).errors[0]?.code]
}

/** The signed file of an answer. */
export function fileOf(answer: Answer): Buffer {
  return Buffer.from(json<{ encoded_signed_content: string }>(answer).encoded_signed_content, 'base64')
}

export async function startCredentialPlatform(now = () => new Date()): Promise<CredentialPlatform> {
  const platform = await startTestPlatform({}, now)
  const { world, account } = platform
  const admin = account.admin_api_key
  const jpeg = await sharp({ create: { width: 32, height: 20, channels: 3, background: '#335577' } })
    .jpeg()
    .toBuffer()

  const call: CredentialPlatform['call'] = (key, method, path, body) => {
    const headers = { 'x-api-key': key }
    if (body === undefined) return platform.ask(path, { door: 'api', method, headers })
    const bytes = Buffer.from(JSON.stringify(body))
    const type = { 'content-type': 'application/json', 'content-length': bytes.length }
    return platform.ask(path, { door: 'api', method, headers: { ...headers, ...type }, body: bytes })
  }
  const issue: CredentialPlatform['issue'] = async (body = {}) => {
    const nickname = `desk-${randomUUID().slice(0, 8)}`
    const wish = { nickname, key_type: 'p_256', common_name: 'Picture Desk', ...body }
    const answer = await call(admin, 'POST', CREDENTIALS, wish)
    if (answer.status !== 201) throw new Error(`${answer.status} ${answer.body}`)
    return json<CredentialAnswer>(answer)
  }
  const pins: CredentialPlatform['pins'] = async (nickname, count = 1) => {
    const folder = join(platform.folder, 'outbox')
    const deliver = outboxDelivery({ folder, from: 'countersign@example.com', domain: 'example.com' })
    for (let waited = 0; ; waited++) {
      await deliverDueMails(world, deliver, () => {})
      const files = (await readdir(folder)).filter((name) => name.endsWith('.eml')).sort()
      const mails = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')))
      const found = mails.filter((mail) => mail.includes(`Credential ID: ${nickname}\r\n`))
      if (found.length >= count) return found.map((mail) => /^PIN: +(\S+)\r$/m.exec(mail)?.[1] as string)
      // The platform's own job has the mail in hand.
      if (waited > 100) throw new Error(`no mail for ${nickname}`)
      await pause(20)
    }
  }
  const signBy: CredentialPlatform['signBy'] = (fields) =>
    platform.sign({
      hashAlgo: 'SHA256',
      signAlgo: '1.2.840.10045.4.3.2',
      signAlgoParams: 'MTIzNDQ=',
      accountId: account.account_id,
      schemaField: 'author',
      thumbnail: 'false',
      image: { name: 'a.jpg', bytes: jpeg },
      ...fields,
    })

  return {
    ...platform,
    admin,
    jpeg,
    call,
    issue,
    pins,
    signBy,
    one: async (named, key = admin) => json(await call(key, 'GET', `${CREDENTIALS}/${named}`)),
    list: async (query = '', key = admin) => json(await call(key, 'GET', `${CREDENTIALS}${query}`)),
    async issueToUser(body = {}) {
      const credential = await issue({ user_id: account.service_user_id, ...body })
      return { credential, pin: (await pins(credential.nickname)).at(-1) as string }
    },
    async sentence(fields) {
      const answer = await signBy(fields)
      return answer.status === 200 ? 'signed' : json(answer).error_description
    },
    async somebody(roles, accountId = account.account_id) {
      const made = user(accountId, { roles, permissions: permissionsOfRoles(roles) })
      const { apiKey, text } = newApiKey(world.now(), { userId: made.id, name: 'own' })
      await world.store.users.add(made)
      await world.store.apiKeys.add(apiKey)
      return { id: made.id, key: text }
    },
  }
}
