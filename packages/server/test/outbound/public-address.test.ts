import { type TestContext, test } from 'node:test'
import { isPublicAddress } from '../../src/outbound/public-address.ts'

const PUBLIC = [
  '8.8.8.8',
  '93.184.216.34',
  '1.1.1.1',
  '172.15.255.255',
  '172.32.0.1',
  '2606:4700:4700::1111',
  '2a00::1',
]

const PRIVATE = {
  'this machine': ['127.0.0.1', '127.255.255.254', '0.0.0.0', '0.1.2.3', '::1', '::'],
  'private networks': ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', 'fc00::1', 'fdff::1'],
  'the link': ['169.254.169.254', 'fe80::1', 'febf::1', 'fec0::1'],
  'many at once': ['224.0.0.1', '239.255.255.255', '255.255.255.255', 'ff02::1'],
  'IPv4 in other words': [
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '::ffff:0:127.0.0.1',
    '::127.0.0.1',
    '::8.8.8.8',
    '64:ff9b::7f00:1',
    '64:ff9b::808:808',
    '64:ff9b:1::a00:1',
    '2002:7f00:1::',
    '2002:808:808::1',
    '2001:0:7f00:1::1',
  ],
  'set aside': [
    '192.0.0.1',
    '192.0.2.1',
    '192.88.99.1',
    '198.18.0.1',
    '198.51.100.1',
    '203.0.113.1',
    '240.0.0.1',
    '100::1',
    '2001:db8::1',
    '2001:2::1',
    '3fff::1',
    '5f00::1',
    '4000::1',
    '1::1',
  ],
  'no address': [
    '',
    'localhost',
    '0177.0.0.1',
    '0x7f.1',
    '2130706433',
    '127.1',
    '8.8.8',
    '8.8.8.8.',
    '[::1]',
    '1.2.3.4/8',
  ],
}

test('addresses of the public internet are public', (t: TestContext) => {
  for (const address of PUBLIC) t.assert.ok(isPublicAddress(address), address)
})

for (const [what, addresses] of Object.entries(PRIVATE))
  test(`not public: ${what}`, (t: TestContext) => {
    for (const address of addresses) t.assert.equal(isPublicAddress(address), false, address)
  })
