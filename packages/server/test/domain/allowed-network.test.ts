import { type TestContext, test } from 'node:test'
import { isInNetworks, isWithinNetworks, networkText } from '../../src/domain/allowed-network.ts'

test('a network is kept as its own first address', (t: TestContext) => {
  for (const [text, kept] of [
    ['192.0.2.77/24', '192.0.2.0/24'],
    ['192.0.2.7', '192.0.2.7/32'],
    ['10.255.0.0/9', '10.128.0.0/9'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['2001:DB8:0:0::1/32', '2001:db8::/32'],
    ['2001:db8::1', '2001:db8::1/128'],
    ['::/0', '::/0'],
    ['::ffff:192.0.2.0/120', '192.0.2.0/24'],
  ] as const)
    t.assert.equal(networkText(text), kept)
})

test('what is no network is refused with what would be right', (t: TestContext) => {
  const wrong = [
    '',
    '/',
    'x',
    '192.0.2.0/33',
    '192.0.2.0/-1',
    '192.0.2.0/08',
    '192.0.2.0/24/1',
    '192.0.2',
    '0300.0.2.1',
  ]
  for (const text of [...wrong, '2001:db8::/129', 'fe80::1%eth0/64', '::ffff:0:0/40', '1.2.3.4/ 8', '9'.repeat(10_000)])
    t.assert.throws(() => networkText(text), { reason: 'invalid', message: /is no network: write it as/ }, text)
})

test('an address is in a network to the bit, however the socket writes it', (t: TestContext) => {
  const networks = ['192.0.2.128/25', '2001:db8:1::/48']
  for (const address of ['192.0.2.128', '192.0.2.255', '::ffff:192.0.2.200', '2001:db8:1:ffff::1', '2001:DB8:1::'])
    t.assert.ok(isInNetworks(address, networks), address)
  for (const address of ['192.0.2.127', '192.0.3.128', '::ffff:192.0.2.1', '2001:db8:2::', '::1', '', 'localhost'])
    t.assert.ok(!isInNetworks(address, networks), address)
  t.assert.ok(!isInNetworks(undefined, ['0.0.0.0/0', '::/0']))
  t.assert.ok(!isInNetworks('::1', ['0.0.0.0/0']))
})

test('a network lies within another one of its kind that is as large', (t: TestContext) => {
  t.assert.ok(isWithinNetworks('10.1.0.0/16', ['192.0.2.0/24', '10.0.0.0/8']))
  t.assert.ok(isWithinNetworks('10.0.0.0/8', ['10.0.0.0/8']))
  t.assert.ok(!isWithinNetworks('10.0.0.0/7', ['10.0.0.0/8']))
  t.assert.ok(!isWithinNetworks('2001:db8::/32', ['0.0.0.0/0']))
})
