/** Every kind of JPEG and PNG, through the sign endpoint of a real platform, judged by c2pa-rs. */
import { after, type TestContext, test } from 'node:test'
import sharp from 'sharp'
import { activeManifest, judge } from '../judge.ts'
import { type Picture, pictures } from '../pictures.ts'
import { startPlatform } from '../platform.ts'
import { recordedLabels, type SignAnswer, signForm } from '../sign-request.ts'

const platform = await startPlatform()
after(() => platform.remove())

const HEAD = { 'image/jpeg': { at: 0, bytes: 'ffeb' }, 'image/png': { at: 4, bytes: '63614258' } } as const

/**
 * What was put into `before` to make `signed`, when all else is the same and it begins as a container of `format`
 * does. It may begin as what follows it, so that more than one place would do.
 */
function inserted(format: Picture['format'], before: Uint8Array, signed: Uint8Array): Uint8Array | undefined {
  const length = signed.length - before.length
  const { at, bytes } = HEAD[format]
  for (let place = 0; before[place - 1] === signed[place - 1] || place === 0; place++) {
    const container = Buffer.from(signed.subarray(place, place + length))
    const begins = container.subarray(at, at + bytes.length / 2).toString('hex') === bytes
    if (begins && Buffer.compare(before.subarray(place), signed.subarray(place + length)) === 0) return container
  }
  return undefined
}

const pixels = (bytes: Uint8Array): Promise<Buffer> => sharp(bytes).raw().toBuffer()

for (const { name, format, bytes } of await pictures()) {
  test(name, async (t: TestContext) => {
    const answer = await platform.sign(signForm(platform, bytes, { title: name }))
    t.assert.equal(answer.status, 200, answer.body.toString())
    const signed = answer.json<SignAnswer>()
    t.assert.equal(signed.mime_type, format)
    t.assert.equal(signed.hash_algo, 'SHA256')
    const file = Buffer.from(signed.encoded_signed_content, 'base64')

    const report = await judge(format, file, platform.ca)
    t.assert.equal(report.validation_state, 'Trusted', JSON.stringify(report.validation_results.activeManifest.failure))
    t.assert.deepEqual(report.validation_results.activeManifest.failure, [])
    const codes = report.validation_results.activeManifest.success.map(({ code }) => code)
    for (const code of ['timeStamp.validated', 'timeStamp.trusted', 'signingCredential.trusted']) {
      t.assert.ok(codes.includes(code), `${code} is missing: ${codes.join(', ')}`)
    }
    const manifest = activeManifest(report)
    t.assert.equal(manifest.claim_version, 2)
    t.assert.equal(manifest.title, name)
    t.assert.ok(manifest.signature_info.time)
    t.assert.ok(manifest.thumbnail, 'a thumbnail')

    const ours = JSON.parse(signed.signed_manifest)
    t.assert.equal(ours.active_manifest, report.active_manifest)
    t.assert.equal(ours.validation_state, 'Trusted')

    t.assert.ok(inserted(format, bytes, file), 'the file is not the same outside the manifest')
    t.assert.ok((await pixels(file)).equals(await pixels(bytes)), 'the pixels differ')
    t.assert.ok(recordedLabels(platform.data).includes(report.active_manifest), 'no record of the signature')
  })
}

test('a signed file, signed again, keeps its first manifest as the parent', async (t: TestContext) => {
  const [picture] = await pictures()
  t.assert.ok(picture)
  const accept = { accept: 'image/jpeg' }
  const once = await platform.sign(signForm(platform, picture.bytes), accept)
  const first = await judge('image/jpeg', once.body, platform.ca)
  const twice = await platform.sign(signForm(platform, once.body), accept)
  t.assert.equal(twice.headers['content-type'], 'image/jpeg')
  const second = await judge('image/jpeg', twice.body, platform.ca)
  t.assert.equal(second.validation_state, 'Trusted')
  const parent = activeManifest(second).ingredients?.find(({ relationship }) => relationship === 'parentOf')
  t.assert.equal(parent?.active_manifest, first.active_manifest)
  t.assert.ok(second.manifests[first.active_manifest])
  const actions = activeManifest(second).assertions.find(({ label }) => label.startsWith('c2pa.actions'))
  t.assert.match(JSON.stringify(actions?.data), /"c2pa\.opened"/)
})
