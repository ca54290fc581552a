import { type TestContext, test } from 'node:test'
import { createRateLimiter, visitorOf } from '../../src/http/rate-limit.ts'

function bench(limit: { aMinute: number; atOnce?: number; mostKnown?: number }) {
  let time = 1_000
  const limiter = createRateLimiter({ atOnce: 1_000, ...limit, clock: () => time })
  return {
    limiter,
    wait(seconds: number): void {
      time += seconds * 1_000
    },
    /** How many enter before one is refused, and what it is told. */
    fill(who: string): { entered: number; retryAfterSeconds: number | undefined } {
      for (let entered = 0; ; entered++) {
        try {
          limiter.enter(who).leave()
        } catch (error) {
          return { entered, retryAfterSeconds: (error as { retryAfterSeconds?: number }).retryAfterSeconds }
        }
      }
    },
  }
}

test("a minute's worth may come at once, then as much as the minute gives, and each visitor for itself", (t: TestContext) => {
  const { fill, wait } = bench({ aMinute: 60 })
  t.assert.deepEqual(fill('a'), { entered: 60, retryAfterSeconds: 1 })
  t.assert.equal(fill('b').entered, 60)
  wait(5)
  t.assert.equal(fill('a').entered, 5)
  wait(3_600)
  t.assert.equal(fill('a').entered, 60)
})

test('who comes again when it was told to is let in', (t: TestContext) => {
  const { fill, wait, limiter } = bench({ aMinute: 7 })
  const { retryAfterSeconds } = fill('a')
  wait(retryAfterSeconds!)
  t.assert.doesNotThrow(() => limiter.enter('a'))
})

test('what took much counts as much', (t: TestContext) => {
  const { limiter, fill } = bench({ aMinute: 60 })
  limiter.enter('a').charge(40)
  t.assert.equal(fill('a').entered, 19)
  limiter.enter('b').charge(100)
  t.assert.deepEqual(fill('b'), { entered: 0, retryAfterSeconds: 42 })
})

test('so many at a time, and no more until one has left', (t: TestContext) => {
  const { limiter } = bench({ aMinute: 60, atOnce: 2 })
  const first = limiter.enter('a')
  limiter.enter('a')
  t.assert.throws(() => limiter.enter('a'), { name: 'Refusal', reason: 'rate_limited', retryAfterSeconds: 1 })
  t.assert.doesNotThrow(() => limiter.enter('b'))
  first.leave()
  t.assert.doesNotThrow(() => limiter.enter('a'))
})

test('of too many visitors the one that came longest ago is forgotten, and no other', (t: TestContext) => {
  const { fill, limiter } = bench({ aMinute: 5, mostKnown: 3 })
  for (const who of ['a', 'b', 'c']) fill(who)
  limiter.enter('d')
  t.assert.deepEqual(
    ['b', 'c'].map((who) => fill(who).entered),
    [0, 0],
  )
  t.assert.equal(fill('a').entered, 5)
})

test('an address is one visitor, and so is a network of IPv6', (t: TestContext) => {
  for (const [address, visitor] of [
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::9', '2001:db8:1:2'],
    ['2001:db8::9', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    [undefined, 'unknown'],
    ['nonsense', 'unknown'],
  ] as const)
    t.assert.equal(visitorOf(address), visitor, address)
})
