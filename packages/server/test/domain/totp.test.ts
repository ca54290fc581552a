import { spawnSync } from 'node:child_process'
import { type TestContext, test } from 'node:test'
import {
  base32,
  hotp,
  newRecoveryCodes,
  newTotpSecret,
  recoveryCodeHash,
  stepOfCode,
  totpStep,
  totpUri,
} from '../../src/domain/totp.ts'

const SECRET = Buffer.from('12345678901234567890')
const hasOathtool = spawnSync('oathtool', ['--version']).status === 0

test('codes by a counter are those of RFC 4226, appendix D', (t: TestContext) => {
  const codes = ['755224', '287082', '359152', '969429', '338314', '254676', '287922', '162583', '399871', '520489']
  t.assert.deepEqual(
    codes.map((_, counter) => hotp(SECRET, counter)),
    codes,
  )
})

test('codes by the clock are the last six digits of those of RFC 6238, appendix B', (t: TestContext) => {
  for (const [seconds, code] of [
    [59, '94287082'],
    [1111111109, '07081804'],
    [1111111111, '14050471'],
    [1234567890, '89005924'],
    [2000000000, '69279037'],
    [20000000000, '65353130'],
  ] as const) {
    const at = new Date(seconds * 1000)
    t.assert.equal(hotp(SECRET, totpStep(at)), code.slice(2))
    t.assert.equal(stepOfCode(SECRET, code.slice(2), at), totpStep(at))
  }
})

test('a code counts one step early or late, and no more', (t: TestContext) => {
  const at = new Date('2026-11-23T08:00:10Z')
  const found = (steps: number) => stepOfCode(SECRET, hotp(SECRET, totpStep(at) + steps), at)
  t.assert.deepEqual([-2, -1, 0, 1, 2].map(found), [
    undefined,
    totpStep(at) - 1,
    totpStep(at),
    totpStep(at) + 1,
    undefined,
  ])
})

test('what is no code is none', (t: TestContext) => {
  const at = new Date(59_000)
  for (const code of ['', '28708', '2870820', '-287082', '287083', '28708२', 'NaN', '0x4616a', '\u0000287082'])
    t.assert.equal(stepOfCode(SECRET, code, at), undefined, code)
  t.assert.equal(stepOfCode(SECRET, '287 082', at), 1)
  t.assert.equal(stepOfCode(SECRET, '755224', new Date(0)), 0)
})

test('base32 is that of RFC 4648, section 10, without padding', (t: TestContext) => {
  for (const [text, encoded] of [
    ['', ''],
    ['f', 'MY'],
    ['fo', 'MZXQ'],
    ['foo', 'MZXW6'],
    ['foob', 'MZXW6YQ'],
    ['fooba', 'MZXW6YTB'],
    ['foobar', 'MZXW6YTBOI'],
  ] as const)
    t.assert.equal(base32(Buffer.from(text)), encoded)
  t.assert.match(base32(newTotpSecret()), /^[A-Z2-7]{32}$/)
})

test('apps read the URI', (t: TestContext) => {
  const uri = new URL(totpUri(SECRET, { email: 'jane+x&y@example.com', issuer: 'Countersign' }))
  t.assert.equal(uri.protocol, 'otpauth:')
  t.assert.equal(decodeURIComponent(uri.pathname), '/Countersign:jane+x&y@example.com')
  t.assert.deepEqual(Object.fromEntries(uri.searchParams), {
    secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
    issuer: 'Countersign',
    algorithm: 'SHA1',
    digits: '6',
    period: '30',
  })
})

test('recovery codes differ, and are known however they are typed', (t: TestContext) => {
  const codes = newRecoveryCodes()
  t.assert.equal(new Set(codes).size, 10)
  for (const code of codes) t.assert.match(code, /^([0-9a-f]{5}-){3}[0-9a-f]{5}$/)
  const [code] = codes as [string]
  t.assert.deepEqual(recoveryCodeHash(` ${code.toUpperCase().replaceAll('-', ' ')} `), recoveryCodeHash(code))
})

test('oathtool makes the same codes', { skip: !hasOathtool && 'oathtool is not installed' }, (t: TestContext) => {
  for (let count = 0; count < 5; count++) {
    const secret = newTotpSecret()
    const at = new Date(1_800_000_000_000 + count * 86_400_000)
    const { stdout } = spawnSync('oathtool', ['--totp', '--base32', '--now', at.toISOString(), base32(secret)], {
      encoding: 'utf8',
    })
    t.assert.equal(hotp(secret, totpStep(at)), stdout.trim())
  }
})
