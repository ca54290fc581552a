import { type TestContext, test } from 'node:test'
import { C2paError } from '../../src/c2pa-error.ts'
import { verify } from '../../src/verify/verify.ts'

const options = { trust: [], tsaTrust: [], now: new Date() }
const invalid = (pattern: RegExp) => (error: unknown) =>
  error instanceof C2paError && error.code === 'invalid_option' && pattern.test(error.message)

test('options of another type are told by their names', async (t: TestContext) => {
  for (const [changed, name] of [
    [{ now: new Date(Number.NaN) }, /^now /],
    [{ now: undefined }, /^now /],
    [{ now: '2026-01-01T00:00:00Z' }, /^now /],
    [{ now: 0 }, /^now /],
    [{ trust: undefined }, /^trust /],
    [{ trust: ['-----BEGIN CERTIFICATE-----'] }, /^trust /],
    [{ tsaTrust: new Uint8Array(3) }, /^tsaTrust /],
    [{ allowed: 'all' }, /^allowed /],
    [{ identityTrust: [null] }, /^identityTrust /],
    [{ manifestStore: 'store' }, /^manifestStore /],
  ] as const)
    await t.assert.rejects(verify(new Uint8Array(), { ...options, ...(changed as object) }), invalid(name))
})

test('an asset that is none', async (t: TestContext) => {
  for (const asset of ['photo.jpg', null, undefined, 7, new ArrayBuffer(3), new Float64Array(3)])
    await t.assert.rejects(verify(asset as never, options), invalid(/^The asset /))
  t.assert.equal((await verify(new Uint8ClampedArray(3) as never, options)).state, 'Invalid')
})
