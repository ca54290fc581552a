import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type AssetReader, verify } from '@countersign/c2pa'
import { withAsset } from '../src/asset-file.ts'

const NOW = new Date('2026-11-23T00:00:00Z')

function temporaryFile(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-asset-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'file')
}

test('what lies beyond 4 GiB is read, and is not mistaken for what lies before', async (t: TestContext) => {
  const file = temporaryFile(t)
  const far = 2 ** 32 + 5
  const handle = openSync(file, 'w')
  writeSync(handle, 'near', 5)
  writeSync(handle, 'far', far)
  closeSync(handle)
  await withAsset(file, async (asset) => {
    const reader = asset as AssetReader
    t.assert.equal(reader.size, far + 3)
    t.assert.equal(Buffer.from(await reader.read(far, far + 3)).toString(), 'far')
    t.assert.equal(Buffer.from(await reader.read(5, 9)).toString(), 'near')
  })
})

test('a file that becomes shorter while it is read is said to be unreadable', async (t: TestContext) => {
  const file = temporaryFile(t)
  writeFileSync(file, Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), Buffer.alloc(100_000)]))
  const reading = withAsset(file, async (asset) => {
    truncateSync(file, 10)
    return verify(asset, { trust: [], tsaTrust: [], now: NOW })
  })
  await t.assert.rejects(reading, { name: 'C2paError', code: 'unreadable_asset' })
})
