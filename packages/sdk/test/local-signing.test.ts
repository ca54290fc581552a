/** Signing where the file is, by the credential of a started platform: every format, judged by c2pa-rs, and what passed over the wire. */
import { readFileSync } from 'node:fs'
import { after, before, type TestContext, test } from 'node:test'
import { judge } from '../../../test/judge.ts'
import { noise } from '../../../test/pictures.ts'
import { type Platform, startPlatform } from '../../../test/platform.ts'
import { samples, UNKNOWN_TO_C2PA_RS } from '../../c2pa/test/formats/samples.ts'
import { type ConnectOptions, type Countersign, connect } from '../src/index.ts'
import { failureOf } from './failure.ts'
import { startRelay } from './relay.ts'

let platform: Platform
let countersign: Countersign
let options: ConnectOptions

before(async () => {
  platform = await startPlatform()
  options = {
    url: platform.account.base_url,
    ca: platform.ca,
    certificate: {
      cert: readFileSync(platform.quickstart('cert.pem')),
      key: readFileSync(platform.quickstart('key.pem')),
    },
  }
  countersign = connect(options)
})
after(async () => {
  countersign?.close()
  await platform?.remove()
})

const ownCredential = () => ({ credentialId: platform.account.credential_id, pin: platform.account.credential_pin })

test('a file of each format is Trusted, under one PIN', async (t: TestContext) => {
  const all = await samples()
  const desk = await countersign.openCredential({ ...ownCredential(), signatures: all.length })
  await Promise.all(
    all.map(async ({ name, mediaType, bytes }) => {
      const signed = await desk.signImage(bytes)
      t.assert.equal(signed.mediaType, mediaType)
      if (name in UNKNOWN_TO_C2PA_RS) {
        t.assert.equal((await countersign.verify(signed.bytes)).validation_state, 'Trusted', name)
        return
      }
      const report = await judge(mediaType, signed.bytes, platform.ca)
      t.assert.equal(report.validation_state, 'Trusted', name)
      t.assert.ok(report.manifests[signed.manifestLabel]?.signature_info.time, name)
    }),
  )
})

test("keys of every kind sign, the account's without a PIN", async (t: TestContext) => {
  const admin = connect({ url: options.url, ca: platform.ca, apiKey: platform.account.admin_api_key })
  t.after(() => admin.close())
  const picture = await noise('image/jpeg', 64, 64)
  const kinds = { p_256: 'Es256', p_384: 'Es384', p_521: 'Es512', rsa_2048: 'Ps256', ed_25519: 'Ed25519' }
  for (const [key_type, alg] of Object.entries(kinds)) {
    const { nickname } = await admin.credentials.issue({ nickname: `desk-${key_type}`, key_type, common_name: 'Desk' })
    const signed = await countersign.signImage(picture, { credentialId: nickname })
    const report = await judge('image/jpeg', signed.bytes, platform.ca)
    t.assert.equal(report.validation_state, 'Trusted', key_type)
    t.assert.equal(report.manifests[signed.manifestLabel]?.signature_info.alg, alg)
  }
})

test('nothing of a file goes over the wire', async (t: TestContext) => {
  const picture = await noise('image/png', 800, 800)
  const relay = await startRelay(Number(new URL(platform.account.base_url).port))
  const watched = connect({ ...options, url: platform.account.base_url.replace(/\d+$/, String(relay.port)) })
  t.after(async () => {
    watched.close()
    await relay.stop()
  })
  const { bytes } = await watched.signImage(picture, ownCredential())
  t.assert.equal((await judge('image/png', bytes, platform.ca)).validation_state, 'Trusted')
  t.assert.ok(picture.length > 1_500_000, `${picture.length} bytes that nothing makes smaller`)
  t.assert.ok(relay.sent() > 500 && relay.sent() < 20_000, `${relay.sent()} bytes were sent`)
})

test('a PIN that is wrong, and a credential that is not there, sign nothing', async (t: TestContext) => {
  const picture = await noise('image/jpeg', 64, 64)
  const wrong = await failureOf(countersign.signImage(picture, { ...ownCredential(), pin: '00000000' }))
  t.assert.deepEqual([wrong.status, wrong.message], [400, 'The PIN is invalid.'])
  const none = await failureOf(countersign.signImage(picture, { credentialId: 'nobody', pin: '00000000' }))
  t.assert.equal(none.status, 400)
  t.assert.match(none.message, /credentialID/)
})
