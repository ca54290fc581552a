import { type TestContext, test } from 'node:test'
import { banner } from '../src/banner.ts'
import { paint } from '../src/paint.ts'

const server = {
  version: '1.2.3',
  urls: {
    publicUrl: 'https://countersign.localhost:8443',
    clientAuthUrl: 'https://clientauth.countersign.localhost:8443',
    pkiUrl: 'http://127.0.0.1:8080',
  },
  address: '127.0.0.1',
  rootFile: '/data/ca.pem',
  quickstartFolder: '/data/quickstart',
  account: {
    base_url: 'https://countersign.localhost:8443',
    clientauth_url: 'https://clientauth.countersign.localhost:8443',
    pki_url: 'http://127.0.0.1:8080',
    account_id: 'account-1',
    admin_email: 'admin@countersign.localhost',
    admin_password: 'first-password',
    admin_api_key: 'admin-key',
    service_user_id: 'user-1',
    service_api_key: 'service-key',
    client_p12_password: 'p12-password',
    credential_id: 'quickstart',
    credential_pin: 'credential-pin',
    enrollment_profile_id: 'IOT_profile-1',
  },
  isFirstStart: true,
  stop: async () => undefined,
}
const plain = paint({ isTTY: false })

test('the first start shows the first password, and no other secret', (t: TestContext) => {
  const text = banner(server, plain)
  t.assert.match(text, /Password +first-password {2}shown this once/)
  for (const secret of ['admin-key', 'service-key', 'p12-password']) t.assert.ok(!text.includes(secret), secret)
})

test('no later start shows it', (t: TestContext) => {
  t.assert.doesNotMatch(banner({ ...server, isFirstStart: false }, plain), /Password|first-password/)
})
