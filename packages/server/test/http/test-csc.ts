/** Credentials, people and requests for the tests of the Cloud Signature Consortium's API. */

import { createHash, generateKeyPairSync } from 'node:crypto'
import { encodePem } from '@countersign/codec'
import { createCredential } from '../../src/domain/create-credential.ts'
import type { Credential } from '../../src/domain/credential.ts'
import { issueClientAuthCertificate } from '../../src/domain/issue-client-auth-certificate.ts'
import type { KeyType } from '../../src/domain/private-key.ts'
import { PLATFORM } from '../../src/domain/record-event.ts'
import type { User } from '../../src/domain/user.ts'
import { uuidV7 } from '../../src/domain/uuid.ts'
import { eventsOf } from '../store/events-of.ts'
import { user } from '../store/noun.ts'
import { type Answer, type AskOptions, json, type TestPlatform } from './test-platform.ts'

export const PIN = 'kf3m9x2ap7qd'
export const SHA256 = '2.16.840.1.101.3.4.2.1'
export const ES256 = '1.2.840.10045.4.3.2'

export function digestOf(text: string, algorithm = 'sha256'): string {
  return createHash(algorithm).update(text).digest('base64')
}

/** Whoever a certificate stands for. */
export type Caller = { readonly user: User; readonly tls: AskOptions }

export type TestCsc = {
  readonly platform: TestPlatform
  /** The quickstart's service user. */
  readonly self: Caller
  /** Asks a method of version 1 as the service user, unless options say otherwise. */
  ask(method: string, body?: object, options?: AskOptions & { readonly version?: string }): Promise<Answer>
  /** What a method answered; throws when it was refused. */
  get<T>(method: string, body?: object, options?: AskOptions & { readonly version?: string }): Promise<T>
  /** Status, error and sentence. */
  refusal(method: string, body?: object, options?: AskOptions & { readonly version?: string }): Promise<string>
  /** The account's own, or one of the service user with a PIN. */
  credential(nickname: string, options?: { readonly type?: KeyType; readonly userId?: string }): Promise<Credential>
  /** Another user of the account with a certificate. */
  caller(): Promise<Caller>
  /** The actions about credentials and signatures since it was asked the last time, each with its reason. */
  events(): Promise<string[]>
}

export async function testCsc(platform: TestPlatform): Promise<TestCsc> {
  const { world } = platform
  const account = (await world.store.accounts.find(platform.account.account_id))!
  const serviceUser = (await world.store.users.find(platform.account.service_user_id))!
  const seen = new Set<string>()

  const ask: TestCsc['ask'] = (method, body = {}, { version = 'v1', headers, ...options } = {}) => {
    const bytes = Buffer.from(JSON.stringify(body))
    return platform.ask(`/documentmanager/csc/${version}/${method}`, {
      body: bytes,
      headers: { 'content-type': 'application/json', ...(headers as object) },
      ...options,
    })
  }
  return {
    platform,
    self: { user: serviceUser, tls: {} },
    ask,
    async get(method, body, options) {
      const answer = await ask(method, body, options)
      if (answer.status !== 200) throw new Error(`${method}: ${answer.status} ${answer.body}`)
      return json(answer)
    },
    async refusal(method, body, options) {
      const answer = await ask(method, body, options)
      const { error, error_description } = json(answer)
      return `${answer.status} ${error}: ${error_description}`
    },
    async credential(nickname, { type = 'p256', userId } = {}) {
      const id = uuidV7(world.now())
      const key = await world.keys.generate(type, userId === undefined ? undefined : { credentialId: id, pin: PIN })
      const owner = userId === undefined ? {} : { userId }
      return createCredential(world, { id, account, nickname, key, actor: PLATFORM, ...owner })
    },
    async caller() {
      const other = user(account.id, { friendlyName: 'Somebody else', permissions: ['SIGN_CTM_CONTENT'] })
      await world.store.users.add(other)
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const { certificate } = await issueClientAuthCertificate(world, {
        user: other,
        nickname: `of ${other.id}`,
        publicKey: new Uint8Array(publicKey.export({ format: 'der', type: 'spki' })),
        actor: PLATFORM,
      })
      const key = privateKey.export({ format: 'pem', type: 'pkcs8' }) as string
      return { user: other, tls: { cert: encodePem('CERTIFICATE', certificate.bytes), key, agent: false } }
    },
    async events() {
      const all = (await eventsOf(world.store.auditEvents, account.id, 500)).filter(({ id }) => !seen.has(id))
      for (const { id } of all) seen.add(id)
      return all
        .filter(({ resourceType }) => resourceType === 'credential' || resourceType === 'signature')
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .map(({ action, status, details }) => [action, status, details.reason].filter(Boolean).join(' '))
    },
  }
}
