/** Files through the sign and verify endpoints of a started platform; c2pa-rs judges what comes back. */
import { readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { after, before, type TestContext, test } from 'node:test'
import { judge } from '../../../test/judge.ts'
import { noise } from '../../../test/pictures.ts'
import { type Platform, startPlatform } from '../../../test/platform.ts'
import { type Countersign, connect, type Source } from '../src/index.ts'
import { failureOf } from './failure.ts'

let platform: Platform
let countersign: Countersign
let folder: string
let picture: Buffer

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-sdk-'))
  platform = await startPlatform()
  countersign = connect({
    url: platform.account.base_url,
    ca: platform.ca,
    certificate: {
      cert: readFileSync(platform.quickstart('cert.pem')),
      key: readFileSync(platform.quickstart('key.pem')),
    },
  })
  picture = await noise('image/jpeg', 320, 200)
  writeFileSync(join(folder, 'Grüße "1".jpg'), picture)
})
after(async () => {
  countersign?.close()
  await platform?.remove()
  await rm(folder, { recursive: true, force: true })
})

/** As little at a time as a slow network gives. */
async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000)
}

test('signs a file by its path, its bytes, as a Blob and as a stream', async (t: TestContext) => {
  const sources: [Source, string][] = [
    [join(folder, 'Grüße "1".jpg'), 'signed-Grüße 1.jpg'],
    [picture, 'signed-file'],
    [new Uint8Array(picture), 'signed-file'],
    [new Blob([new Uint8Array(picture)]), 'signed-file'],
    [new File([new Uint8Array(picture)], 'back\\slash.jpg'), 'signed-slash.jpg'],
    [Readable.from(inPieces(picture)), 'signed-file'],
    [new Blob([new Uint8Array(picture)]).stream(), 'signed-file'],
  ]
  for (const [source, fileName] of sources) {
    const signed = await countersign.signRemote(source)
    t.assert.equal(signed.fileName, fileName)
    t.assert.equal(signed.mediaType, 'image/jpeg')
    const report = await judge('image/jpeg', signed.bytes, platform.ca)
    t.assert.equal(report.validation_state, 'Trusted')
    t.assert.equal(report.active_manifest, signed.manifestLabel)
  }
})

test('what is asked for is what is signed, and the report says so', async (t: TestContext) => {
  const to = join(folder, 'written.jpg')
  const signed = await countersign.signRemoteWithReport(picture, {
    fileName: 'desk.jpg',
    to,
    title: 'On the desk',
    signAlgo: '1.2.840.113549.1.1.10',
    hashAlgo: 'SHA384',
    schemaField: 'author,creator',
    digitalSourceType: 'digitalCapture',
    thumbnail: false,
    timestamp: false,
  })
  t.assert.equal(signed.fileName, 'signed-desk.jpg')
  t.assert.deepEqual(readFileSync(to), Buffer.from(signed.bytes))
  t.assert.equal(signed.report.validation_state, 'Trusted')
  const { manifests } = await judge('image/jpeg', signed.bytes, platform.ca)
  const manifest = manifests[signed.manifestLabel]
  t.assert.equal(manifest?.title, 'On the desk')
  t.assert.equal(manifest?.signature_info.alg, 'Ps384')
  t.assert.equal(manifest?.signature_info.time, undefined)
  t.assert.equal(manifest?.thumbnail, undefined)
  const work = manifest?.assertions.find(({ label }) => label === 'stds.schema-org')
  t.assert.ok(work?.data.author && work.data.creator && !work.data.publisher)
})

test("signs by a user's own credential, with its PIN", async (t: TestContext) => {
  const { credential_id: credentialId, credential_pin: pin } = platform.account
  const { bytes } = await countersign.signRemote(picture, { credentialId, pin })
  t.assert.equal((await judge('image/jpeg', bytes, platform.ca)).validation_state, 'Trusted')
  const wrong = await failureOf(countersign.signRemote(picture, { credentialId, pin: '00000000' }))
  t.assert.deepEqual([wrong.status, wrong.code, wrong.message], [400, 'invalid_request', 'The PIN is invalid.'])
})

test('verifies what it signed, in both ways to tell', async (t: TestContext) => {
  const { bytes } = await countersign.signRemote(picture)
  t.assert.equal((await countersign.verify(bytes)).validation_state, 'Trusted')
  bytes[bytes.length - 100]! ^= 1
  t.assert.equal((await countersign.verify(bytes)).validation_state, 'Invalid')
  t.assert.equal((await countersign.verifyAsCrJson(bytes)).manifests.length, 1)
})

test('a file as large as the platform takes goes there and comes back; a larger one is refused', async (t: TestContext) => {
  const path = join(folder, 'large.png')
  const large = await noise('image/png', 2500, 2500)
  t.assert.ok(large.length > 17e6 && large.length < 20e6, `${large.length} bytes`)
  writeFileSync(path, large)
  const { bytes } = await countersign.signRemote(path)
  t.assert.ok(bytes.length > large.length)
  const tooLarge = Buffer.concat([large, large])
  for (const source of [tooLarge, Readable.from(inPieces(tooLarge))]) {
    const refused = await failureOf(countersign.signRemote(source))
    t.assert.equal(refused.status, 413)
    t.assert.match(refused.message, /at most 20 MB/)
  }
})

test('errors of both kinds of body are told alike', async (t: TestContext) => {
  const cases: [Parameters<Countersign['signRemote']>[1], RegExp][] = [
    [{ credentialId: 'nobody' }, /^Invalid parameter credentialID\./],
    [{ hashAlgo: 'MD5' }, /^Invalid parameter hashAlgo\./],
    [{ accountId: '01a2066b-32e6-76c0-a66f-58bd2692f056' }, /^Invalid parameter accountId\./],
    [{ schemaField: 'painter' }, /^Invalid parameter schemaField\./],
  ]
  for (const [options, message] of cases) {
    const refused = await failureOf(countersign.signRemote(picture, options))
    t.assert.equal(refused.status, 400)
    t.assert.equal(refused.code, 'invalid_request')
    t.assert.match(refused.message, message)
    t.assert.match(refused.requestId ?? '', /^[0-9a-f-]{36}$/)
  }
  const text = await failureOf(countersign.signRemote(Buffer.from('no picture')))
  t.assert.match(text.message, /^Invalid parameter image\./)
})

test('a file that cannot be read is told as its reader tells it', async (t: TestContext) => {
  await t.assert.rejects(countersign.signRemote(join(folder, 'missing.jpg')), { code: 'ENOENT' })
  await t.assert.rejects(countersign.signRemote(folder), { code: 'EISDIR' })
  const reason = new Error('the camera is gone')
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield picture.subarray(0, 100)
    throw reason
  }
  await t.assert.rejects(countersign.signRemote(broken()), reason)
  t.assert.equal((await countersign.users.me()).user_type, 'service')
})
