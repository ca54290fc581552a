import { type TestContext, test } from 'node:test'
import { readConfig } from '../src/config.ts'
import { serverUrls, tlsNames } from '../src/server-urls.ts'

const config = (env: Readonly<Record<string, string>> = {}) => readConfig({ env })
const ports = { port: 8443, pkiPort: 8080 }

test('URLs follow from domain and ports, and leave out the ports that go without saying', (t: TestContext) => {
  t.assert.deepEqual(serverUrls(config(), ports), {
    publicUrl: 'https://countersign.localhost:8443',
    clientAuthUrl: 'https://clientauth.countersign.localhost:8443',
    pkiUrl: 'http://127.0.0.1:8080',
  })
  t.assert.deepEqual(serverUrls(config({ COUNTERSIGN_DOMAIN: 'trust.example.com' }), { port: 443, pkiPort: 80 }), {
    publicUrl: 'https://trust.example.com',
    clientAuthUrl: 'https://clientauth.trust.example.com',
    pkiUrl: 'http://127.0.0.1',
  })
})

test('URLs that were configured stand as they are', (t: TestContext) => {
  const { publicUrl, pkiUrl } = serverUrls(
    config({ COUNTERSIGN_PUBLIC_URL: 'https://a.example/', COUNTERSIGN_PKI_URL: 'http://pki.example' }),
    ports,
  )
  t.assert.equal(publicUrl, 'https://a.example')
  t.assert.equal(pkiUrl, 'http://pki.example')
})

test('TLS names this machine only where nobody else can reach it', (t: TestContext) => {
  const local = tlsNames(config())
  t.assert.deepEqual(local.dnsNames, ['countersign.localhost', 'clientauth.countersign.localhost', 'localhost'])
  t.assert.deepEqual(local.addresses, [
    Uint8Array.of(127, 0, 0, 1),
    Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
  ])
  const open = tlsNames(config({ COUNTERSIGN_DOMAIN: 'trust.example.com', COUNTERSIGN_HOST: '0.0.0.0' }))
  t.assert.deepEqual(open, { dnsNames: ['trust.example.com', 'clientauth.trust.example.com'], addresses: [] })
})

test('TLS names the hosts of configured URLs and the address that is listened on', (t: TestContext) => {
  const names = tlsNames(
    config({
      COUNTERSIGN_DOMAIN: 'trust.example.com',
      COUNTERSIGN_HOST: '2001:db8::a:1',
      COUNTERSIGN_PUBLIC_URL: 'https://www.example.com:444',
    }),
  )
  t.assert.deepEqual(names.dnsNames, ['trust.example.com', 'clientauth.trust.example.com', 'www.example.com'])
  t.assert.equal(Buffer.from(names.addresses[0]!).toString('hex'), '20010db80000000000000000000a0001')
})
