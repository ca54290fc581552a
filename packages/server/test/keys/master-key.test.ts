import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { openMasterKey } from '../../src/keys/master-key.ts'

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'countersign-key-'))
  t.after(() => rmSync(path, { recursive: true }))
  return path
}
const secret = new TextEncoder().encode('a secret')

test('the first start makes a key for its owner only, the next ones take it', async (t) => {
  const dataFolder = folder(t)
  const first = await openMasterKey({ given: undefined, dataFolder, mayCreate: true })
  t.assert.equal(statSync(join(dataFolder, 'master.key')).mode & 0o777, 0o600)
  t.assert.deepEqual(readdirSync(dataFolder), ['master.key'])
  t.assert.equal(Buffer.from(readFileSync(join(dataFolder, 'master.key'), 'utf8'), 'base64').length, 32)
  const second = await openMasterKey({ given: undefined, dataFolder, mayCreate: false })
  t.assert.deepEqual(second.unwrap('x', first.wrap('x', secret)), secret)
})

test('two processes that start at once agree on one key', async (t) => {
  const dataFolder = folder(t)
  const [a, b] = await Promise.all([1, 2].map(() => openMasterKey({ given: undefined, dataFolder, mayCreate: true })))
  t.assert.deepEqual(b!.unwrap('x', a!.wrap('x', secret)), secret)
})

test('a lost key is never replaced by a new one', async (t) => {
  const dataFolder = folder(t)
  await t.assert.rejects(openMasterKey({ given: undefined, dataFolder, mayCreate: false }), {
    code: 'missing_master_key',
    message: /master\.key is missing.*COUNTERSIGN_MASTER_KEY/,
  })
  t.assert.deepEqual(readdirSync(dataFolder), [])
})

test('a file that holds something else is named', async (t) => {
  const dataFolder = folder(t)
  const file = join(dataFolder, 'master.key')
  const whole = Buffer.alloc(32, 7).toString('base64')
  const refused = () =>
    t.assert.rejects(openMasterKey({ given: undefined, dataFolder, mayCreate: true }), { code: 'malformed_master_key' })
  for (const text of ['short\n', '', `${whole.slice(0, 20)}!${whole.slice(20)}`, `${whole}${whole}`]) {
    writeFileSync(file, text)
    await refused()
  }
  rmSync(file)
  mkdirSync(file)
  await refused()
})

test('a key that is given leaves no file', async (t) => {
  const dataFolder = folder(t)
  await openMasterKey({ given: new Uint8Array(32), dataFolder, mayCreate: true })
  t.assert.deepEqual(readdirSync(dataFolder), [])
})

test('a keyed hash is the same for one key and purpose, and another for any other', async (t) => {
  const dataFolder = folder(t)
  const first = await openMasterKey({ given: undefined, dataFolder, mayCreate: true })
  const again = await openMasterKey({ given: undefined, dataFolder, mayCreate: false })
  const other = await openMasterKey({ given: new Uint8Array(32).fill(7), dataFolder, mayCreate: false })
  const hash = first.keyedHash('a purpose', secret)
  t.assert.equal(hash.length, 32)
  t.assert.deepEqual(again.keyedHash('a purpose', secret), hash)
  t.assert.notDeepEqual(first.keyedHash('another purpose', secret), hash)
  t.assert.notDeepEqual(other.keyedHash('a purpose', secret), hash)
  t.assert.notDeepEqual(first.keyedHash('a purpose', secret.subarray(1)), hash)
})
