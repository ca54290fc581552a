/** Files are verified by a real platform, by whom its administrator trusts from the command line meanwhile. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { run } from '../command.ts'
import { noise } from '../pictures.ts'
import { type Answer, type Platform, startPlatform } from '../platform.ts'
import { ROOT } from '../repository.ts'
import { ECDSA_SHA256, signForm } from '../sign-request.ts'

const VERIFY_PATH = '/documentmanager/api/c2pa/v1/verify'
const VECTORS = join(ROOT, 'test', 'vectors', 'c2pa')

let platform: Platform
before(async () => {
  platform = await startPlatform({ environment: { COUNTERSIGN_VERIFY_RATE: '0' } })
})
after(() => platform.remove())

async function verify(bytes: Uint8Array, query = ''): Promise<Answer> {
  const form = new FormData()
  form.append('file', new Blob([new Uint8Array(bytes)]), 'picture.jpg')
  const encoded = new Response(form)
  const body = new Uint8Array(await encoded.arrayBuffer())
  const headers = { 'content-type': encoded.headers.get('content-type') ?? '' }
  return platform.request('api', VERIFY_PATH + query, { method: 'POST', headers, body })
}

const stateOf = (answer: Answer): unknown => answer.json().validation_state

function countersign(...args: string[]) {
  return run(process.execPath, [join(ROOT, 'packages/cli/src/main.js'), ...args], { cwd: platform.data })
}

test('what is signed here is Trusted here, over HTTP and on the command line', async (t: TestContext) => {
  const image = await noise('image/jpeg', 80, 60)
  const form = signForm(platform, image, { signAlgo: ECDSA_SHA256 })
  const signed = await platform.sign(form, { accept: 'image/jpeg' })
  t.assert.equal(stateOf(await verify(signed.body)), 'Trusted')
  t.assert.equal(stateOf(await verify(image)), 'Invalid')
  const crJson = (await verify(signed.body, '?format=crjson')).json<{ manifests: unknown[] }>()
  t.assert.equal(crJson.manifests.length, 1)
  const file = join(platform.data, 'signed.jpg')
  writeFileSync(file, signed.body)
  const told = await countersign('verify', file, '--trust', join(platform.data, 'ca.pem'))
  t.assert.equal(told.status, 0, told.stdout + told.stderr)
  t.assert.match(told.stdout, /Trusted: .*\n {2}Signed by +Countersign Quickstart\n {2}Signed at .* that you trust\n/)
})

test('whom the administrator trusts on the command line, the running platform believes within seconds', async (t: TestContext) => {
  const stranger = readFileSync(join(VECTORS, 'ok-es256.jpg'))
  const becomes = async (state: string): Promise<boolean> => {
    for (let tries = 0; tries < 40; tries++) {
      if (stateOf(await verify(stranger)) === state) return true
      await delay(250)
    }
    return false
  }
  t.assert.equal(stateOf(await verify(stranger)), 'Valid')
  const data = ['--data', platform.data]
  const added = await countersign(
    'trust',
    'add',
    join(VECTORS, 'trust', 'vectors-root.pem'),
    '--for',
    'signers',
    ...data,
  )
  t.assert.equal(added.status, 0, added.stderr)
  t.assert.ok(await becomes('Trusted'))
  const [id = ''] = /[0-9a-f-]{36}/.exec(added.stdout) ?? []
  t.assert.equal((await countersign('trust', 'remove', id, ...data)).status, 0)
  t.assert.ok(await becomes('Valid'))
  t.assert.match((await countersign('audit', 'verify', ...data)).stdout, /whole/)
})
