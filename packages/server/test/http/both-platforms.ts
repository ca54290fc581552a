/** A suite of requests, once with SQLite behind the platform and once with a real PostgreSQL. */
import { after, before, describe } from 'node:test'
import { newApiKey } from '../../src/domain/api-key.ts'
import { PERMISSIONS, type Permission } from '../../src/domain/permission.ts'
import { account, user } from '../store/noun.ts'
import { hasPostgres } from '../store/postgres.ts'
import { byKey } from './operations.ts'
import { type Answer, json, startTestPlatform, type TestPlatform } from './test-platform.ts'

/** Whom the requests of a suite come from. */
export type Asker = {
  readonly platform: TestPlatform
  /** Asks as the administrator of the platform's account, unless another's key is given; the body is JSON. */
  ask(method: string, path: string, body?: unknown, key?: string): Promise<Answer>
  /** The JSON of an answer that is as it is hoped for. */
  get<T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<T>
  /** Status, code and sentence of a request that is declined. */
  refusal(method: string, path: string, body?: unknown, key?: string): Promise<[number, string, string]>
  /** A key of another account, whose user may do everything. */
  stranger(): Promise<string>
  /** A key of somebody in the account who may do as much as is said. */
  somebody(permissions: readonly Permission[]): Promise<string>
  /** What became of an object, the newest first: the actions of its audit events. */
  actionsOn(id: string): Promise<readonly string[]>
}

const UNLIMITED = { COUNTERSIGN_FAILURE_RATE: '0', COUNTERSIGN_REQUEST_RATE: '0' }

/** Declares a suite for each of them. */
export function onBothPlatforms(name: string, declare: (asker: () => Asker) => void): void {
  for (const engine of ['SQLite', 'PostgreSQL']) {
    describe(`${name} on ${engine}`, { skip: engine === 'PostgreSQL' && !isPostgresThere }, () => {
      let asker: Asker
      before(async () => {
        const options = { engine: engine === 'SQLite' ? 'sqlite' : 'postgres' } as const
        asker = askerOf(await startTestPlatform(UNLIMITED, undefined, options))
      })
      after(() => asker.platform.stop())
      declare(() => asker)
    })
  }
}

const isPostgresThere = await hasPostgres()

function askerOf(platform: TestPlatform): Asker {
  const { account: facts, world } = platform
  const ask: Asker['ask'] = (method, path, body, key = facts.admin_api_key) => {
    const options = byKey(key)
    if (body === undefined) return platform.ask(path, { ...options, method })
    const bytes = Buffer.from(JSON.stringify(body))
    const headers = { 'content-type': 'application/json', 'content-length': bytes.length }
    return platform.ask(path, {
      ...options,
      method,
      body: bytes,
      headers: { ...(options.headers as object), ...headers },
    })
  }
  const keyOf = async (accountId: string, permissions: readonly Permission[]): Promise<string> => {
    const one = user(accountId, { permissions })
    await world.store.users.add(one)
    const { apiKey, text } = newApiKey(world.now(), { userId: one.id, name: 'test' })
    await world.store.apiKeys.add(apiKey)
    return text
  }
  return {
    platform,
    ask,
    async get(method, path, body) {
      const answer = await ask(method, path, body)
      if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`)
      return json(answer)
    },
    async refusal(method, path, body, key) {
      const answer = await ask(method, path, body, key)
      const [error] = json(answer).errors ?? []
      return [answer.status, error?.code ?? '', error?.message ?? '']
    },
    async stranger() {
      const other = account()
      await world.store.accounts.add(other)
      return keyOf(other.id, [...PERMISSIONS])
    },
    somebody: (permissions) => keyOf(facts.account_id, permissions),
    async actionsOn(resourceId) {
      const { auditEvents } = world.store
      const found = []
      for await (const { event } of auditEvents.walk({ accountId: facts.account_id, resourceId, order: 'newest' }))
        found.push(event.action)
      return found
    },
  }
}
