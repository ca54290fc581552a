/** What docs/webhooks.md shows receivers, run against what is sent. */
import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { TOLD_ACTIONS, WEBHOOK_EVENTS } from '../../src/domain/webhook-event.ts'
import type { OutboundRequest } from '../../src/outbound/outbound.ts'
import { createWebhookSender } from '../../src/outbound/webhook-sender.ts'

const text = readFileSync(new URL('../../../../docs/webhooks.md', import.meta.url), 'utf8')
const block = (language: string): string =>
  new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(text)?.[1] ?? ''

const folder = mkdtempSync(join(tmpdir(), 'countersign-webhook-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const keys = [randomBytes(32), randomBytes(32)]
const [secret, before] = keys.map((key) => `whsec_${key.toString('base64')}`) as [string, string]
const other = `whsec_${randomBytes(32).toString('base64')}`
const body = '{"name":"Überseering"}'

type Case = { secret: string; headers: Record<string, string>; body: string; genuine: boolean }

/** Deliveries as they are sent at a moment, and changed ones. */
async function cases(): Promise<Case[]> {
  const headersAt = async (at: Date, secrets: Uint8Array[]): Promise<Record<string, string>> => {
    let sent: OutboundRequest['headers']
    const send = createWebhookSender(
      async (request) => {
        sent = request.headers
        return { status: 200, bytes: new Uint8Array(), mediaType: undefined }
      },
      () => undefined,
    )
    await send({
      url: 'https://hooks.example.com/',
      secrets,
      delivery: { id: 'one', event: 'api_key.ended', body },
      at,
    })
    return { ...sent }
  }
  const now = new Date()
  const headers = await headersAt(now, keys.slice(0, 1))
  const [, signature = ''] = headers['webhook-signature']!.split(',')
  const whole = { secret, headers, body }
  const changed = (changes: Record<string, string>) => ({
    ...whole,
    headers: { ...headers, ...changes },
    genuine: false,
  })
  return [
    { ...whole, genuine: true },
    { ...whole, headers: await headersAt(now, keys), genuine: true },
    { ...whole, headers: await headersAt(now, keys), secret: before, genuine: true },
    { ...whole, secret: other, genuine: false },
    { ...whole, body: body.replace('name', 'Name'), genuine: false },
    { ...whole, headers: await headersAt(new Date(now.getTime() - 600_000), keys), genuine: false },
    { ...whole, headers: await headersAt(new Date(now.getTime() + 600_000), keys), genuine: false },
    { ...whole, headers: {}, genuine: false },
    changed({ 'webhook-id': 'two' }),
    changed({ 'webhook-timestamp': String(Number(headers['webhook-timestamp']) + 1) }),
    changed({ 'webhook-timestamp': 'now' }),
    changed({ 'webhook-timestamp': '' }),
    changed({ 'webhook-signature': '' }),
    changed({ 'webhook-signature': 'v1,' }),
    changed({ 'webhook-signature': signature }),
    changed({ 'webhook-signature': `v2,${signature}` }),
    changed({ 'webhook-signature': `v1,${signature.slice(0, -4)}` }),
    changed({ 'webhook-signature': 'v1,é' }),
  ]
}

test('the example in Node takes what is genuine and nothing else', async (t: TestContext) => {
  const file = join(folder, 'receiver.mjs')
  writeFileSync(file, block('js'))
  const { isGenuine } = await import(pathToFileURL(file).href)
  for (const one of await cases())
    t.assert.equal(isGenuine(one.secret, one.headers, one.body), one.genuine, JSON.stringify(one))
})

const PYTHON = 'python3'
const skip = spawnSync(PYTHON, ['--version']).status === 0 ? false : `${PYTHON} is not here`
test('the example in Python takes what is genuine and nothing else', { skip }, async (t: TestContext) => {
  const given = await cases()
  const main = `
import json, sys
print(json.dumps([is_genuine(one["secret"], one["headers"], one["body"].encode()) for one in json.load(sys.stdin)]))`
  const answers = execFileSync(PYTHON, ['-c', block('python') + main], { input: JSON.stringify(given) })
  t.assert.deepEqual(
    JSON.parse(answers.toString()),
    given.map(({ genuine }) => genuine),
  )
})

test('the events in the document are those that there are', (t: TestContext) => {
  const rows = [...text.matchAll(/^\| `(\w+)` \| ((?:`\.\w+`(?:, )?)+) \|$/gm)]
  const named = rows.flatMap(([, noun, events = '']) =>
    [...events.matchAll(/`(\.\w+)`/g)].map(([, event]) => noun + event!),
  )
  t.assert.deepEqual(named.sort(), [...WEBHOOK_EVENTS].sort())
})

test('every action that is told is one that the audit log is told of', (t: TestContext) => {
  const domain = new URL('../../src/domain/', import.meta.url)
  const sources = readdirSync(domain).filter((name) => name.endsWith('.ts') && name !== 'webhook-event.ts')
  const written = sources.map((name) => readFileSync(new URL(name, domain), 'utf8')).join('\n')
  t.assert.deepEqual(
    TOLD_ACTIONS.filter((action) => !written.includes(`'${action}'`)),
    [],
  )
})
