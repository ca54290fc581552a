/** Signing where the file is, by a CSC service of somebody else. */
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { missing } from '../../../test/command.ts'
import { judge } from '../../../test/judge.ts'
import { noise } from '../../../test/pictures.ts'
import { type ClientCertificate, type Countersign, connect } from '../src/index.ts'
import { failureOf } from './failure.ts'
import { selfSigned } from './identity.ts'
import { PIN, type StrictCsc, startStrictCsc } from './strict-csc.ts'

const folder = mkdtempSync(join(tmpdir(), 'countersign-local-'))
const picturePath = join(folder, 'picture.jpg')
const skip = missing('openssl')
let picture: Buffer
let identity: ClientCertificate
const ends: (() => unknown)[] = []

before(async () => {
  picture = await noise('image/jpeg', 640, 400)
  writeFileSync(picturePath, picture)
  identity = await selfSigned('A client')
})
after(async () => {
  for (const end of ends) await end()
  rmSync(folder, { recursive: true, force: true })
})

async function service(): Promise<{ csc: StrictCsc; countersign: Countersign }> {
  const csc = await startStrictCsc()
  const countersign = connect({ url: csc.url, clientAuthUrl: csc.url, ca: csc.ca, certificate: identity })
  ends.push(
    () => countersign.close(),
    () => csc.stop(),
  )
  return { csc, countersign }
}

const methods = ({ asked }: StrictCsc): string[] => asked.map(({ method }) => method.replace(/^.*\//, ''))

test('each source is signed by each kind of key, and nothing of it leaves', { skip }, async (t: TestContext) => {
  const { csc, countersign } = await service()
  const blob = new Blob([new Uint8Array(picture)])
  for (const credentialId of ['EC desk', 'RSA desk']) {
    for (const source of [picturePath, picture, blob, blob.stream()]) {
      const signed = await countersign.signImage(source, { credentialId, pin: PIN })
      const report = await judge('image/jpeg', signed.bytes, csc.anchors)
      t.assert.equal(report.validation_state, 'Trusted')
      t.assert.equal(report.active_manifest, signed.manifestLabel)
      const { signature_info, title } = report.manifests[signed.manifestLabel]!
      t.assert.equal(signature_info.alg, credentialId === 'EC desk' ? 'Es256' : 'Ps256')
      t.assert.ok(signature_info.time)
      t.assert.equal(title, source === picturePath ? 'picture.jpg' : undefined)
      t.assert.deepEqual([signed.size, signed.mediaType], [signed.bytes.length, 'image/jpeg'])
    }
  }
  t.assert.ok(picture.length > 50_000, `${picture.length}`)
  t.assert.ok(csc.received() < 8 * 2_000, `${csc.received()} bytes went there`)
})

test('a file is written whole or not at all', { skip }, async (t: TestContext) => {
  const { csc, countersign } = await service()
  const to = join(folder, 'signed.jpg')
  const signed = await countersign.signImage(picturePath, { credentialId: 'EC desk', pin: PIN, to })
  t.assert.equal(signed.bytes.length, 0)
  const written = readFileSync(to)
  t.assert.equal(written.length, signed.size)
  t.assert.equal((await judge('image/jpeg', written, csc.anchors)).validation_state, 'Trusted')
  const nowhere = join(folder, 'nowhere', 'signed.jpg')
  await t.assert.rejects(countersign.signImage(picturePath, { credentialId: 'EC desk', pin: PIN, to: nowhere }), {
    code: 'ENOENT',
  })
  await t.assert.rejects(countersign.signImage(picturePath, { credentialId: 'EC desk', pin: PIN, to: folder }))
  t.assert.deepEqual(readdirSync(folder).sort(), ['picture.jpg', 'signed.jpg'])
})

test('a file that is too large for memory is read and written piece by piece', { skip }, async (t: TestContext) => {
  const { csc, countersign } = await service()
  const [path, to] = [join(folder, 'silence.wav'), join(folder, 'signed.wav')]
  const silence = Buffer.alloc(44 + 70 * 1024 * 1024)
  silence.write('RIFF')
  silence.writeUInt32LE(silence.length - 8, 4)
  silence.write('WAVEfmt ', 8)
  silence.set([16, 0, 0, 0, 1, 0, 1, 0, 0x80, 0xbb, 0, 0, 0, 0x77, 1, 0, 2, 0, 16, 0], 16)
  silence.write('data', 36)
  silence.writeUInt32LE(silence.length - 44, 40)
  writeFileSync(path, silence)
  const ofMany = await countersign.openCredential({ credentialId: 'EC desk', pin: PIN, signatures: 2 })
  const ofOne = await countersign.openCredential({ credentialId: 'EC desk', pin: PIN })
  for (const desk of [ofMany, ofOne]) {
    const signed = await desk.signImage(path, { to })
    t.assert.deepEqual([signed.size, signed.mediaType], [statSync(to).size, 'audio/wav'])
    t.assert.equal((await judge('audio/wav', readFileSync(to), csc.anchors)).validation_state, 'Trusted')
  }
  for (const file of [path, to]) rmSync(file)
})

test('files of many are read and written by a thread, each whole or not at all', { skip }, async (t: TestContext) => {
  const { csc, countersign } = await service()
  const desk = await countersign.openCredential({ credentialId: 'EC desk', pin: PIN, signatures: 100 })
  const many = mkdtempSync(join(folder, 'many-'))
  const [first, again, nowhere] = [join(many, 'first.jpg'), join(many, 'again.jpg'), join(many, 'nowhere', 'x.jpg')]
  const short = join(many, 'short.jpg')
  writeFileSync(short, picture.subarray(0, 1000))
  await desk.signImage(picturePath, { to: first })
  const jobs = [
    desk.signImage(first, { to: again, timestamp: false }),
    desk.signImage(picturePath, { timestamp: false }),
    desk.signImage(join(many, 'missing.jpg'), { to: again }),
    desk.signImage(many, { to: again }),
    desk.signImage(short, { to: join(many, 'never.jpg') }),
    desk.signImage(picturePath, { to: nowhere }),
    desk.signImage(picturePath, { to: many }),
  ]
  const [twice, inMemory, ...failed] = await Promise.allSettled(jobs)
  assert.ok(twice?.status === 'fulfilled' && inMemory?.status === 'fulfilled')
  const report = await judge('image/jpeg', readFileSync(again), csc.anchors)
  t.assert.equal(report.validation_state, 'Trusted')
  t.assert.equal(report.active_manifest, twice.value.manifestLabel)
  t.assert.equal(Object.keys(report.manifests).length, 2)
  t.assert.equal((await judge('image/jpeg', inMemory.value.bytes, csc.anchors)).validation_state, 'Trusted')
  const reasons = failed.map((one) => (one.status === 'rejected' ? one.reason : undefined))
  t.assert.deepEqual(
    reasons.map(({ code, syscall, path }) => [code, syscall, path?.replace(/[0-9a-f-]{36}/, 'x')]),
    [
      ['ENOENT', 'open', join(many, 'missing.jpg')],
      ['EISDIR', 'read', undefined],
      ['malformed_asset', undefined, undefined],
      ['ENOENT', 'open', `${nowhere}.x.part`],
      ['EISDIR', 'rename', `${many}.x.part`],
    ],
  )
  t.assert.deepEqual(readdirSync(many).sort(), ['again.jpg', 'first.jpg', 'short.jpg'])
  t.assert.ok(!readdirSync(folder).some((name) => name.endsWith('.part')))
  countersign.close()
  // Whoever goes on has another thread.
  await desk.signImage(picturePath, { to: again })
  t.assert.equal((await judge('image/jpeg', readFileSync(again), csc.anchors)).validation_state, 'Trusted')
})

test('many files share a PIN and round trips', { skip }, async (t: TestContext) => {
  const { csc, countersign } = await service()
  const desk = await countersign.openCredential({ credentialId: 'EC desk', pin: PIN, signatures: 12 })
  const signOne = () => desk.signImage(picture, { timestamp: false })
  const signed = await Promise.all(Array.from({ length: 8 }, signOne))
  for (let more = 0; more < 4; more++) signed.push(await signOne())
  t.assert.equal(new Set(signed.map(({ manifestLabel }) => manifestLabel)).size, 12)
  for (const { bytes } of signed)
    t.assert.equal((await judge('image/jpeg', bytes, csc.anchors)).validation_state, 'Trusted')
  const asked = methods(csc)
  t.assert.equal(asked.filter((method) => method === 'authorize').length, 1)
  t.assert.ok(asked.length < 2 * 12, asked.join())
  t.assert.equal(csc.asked.find(({ method }) => method === 'credentials/authorize')?.body.numSignatures, 12)
  // More than was said takes the PIN again.
  await signOne()
  t.assert.equal(methods(csc).filter((method) => method === 'authorize').length, 2)
})

test('a wrong PIN is tried once, however many files there are', { skip }, async (t: TestContext) => {
  const { csc, countersign } = await service()
  const desk = await countersign.openCredential({ credentialId: 'EC desk', pin: '00000000', signatures: 300 })
  const failures = await Promise.all(Array.from({ length: 10 }, () => failureOf(desk.signImage(picture))))
  failures.push(await failureOf(desk.signImage(picture)))
  for (const { status, message } of failures) t.assert.deepEqual([status, message], [400, 'The PIN is invalid.'])
  t.assert.deepEqual(methods(csc), ['info', 'authorize'])
})

test('a credential that is not there, and a file that is none, are told', { skip }, async (t: TestContext) => {
  const { csc, countersign } = await service()
  const unknown = await failureOf(countersign.signImage(picture, { credentialId: 'Nobody', pin: PIN }))
  t.assert.equal(unknown.message, 'Invalid parameter credentialID')
  await t.assert.rejects(countersign.signImage(Buffer.from('text'), { credentialId: 'EC desk', pin: PIN }), {
    name: 'C2paError',
    code: 'unsupported_format',
  })
  await t.assert.rejects(countersign.signImage(join(folder, 'missing'), { credentialId: 'EC desk', pin: PIN }), {
    code: 'ENOENT',
  })
  t.assert.ok(!methods(csc).includes('authorize'))
})

test('without a certificate nothing is asked', async (t: TestContext) => {
  const countersign = connect({ url: 'https://server.localhost:1', apiKey: 'a key' })
  const refused = await failureOf(countersign.signImage(picture, { credentialId: 'EC desk', pin: PIN }))
  t.assert.equal(refused.code, 'client_certificate_required')
})

test('what the manifest says is what was asked for', { skip }, async (t: TestContext) => {
  const { csc, countersign } = await service()
  const signed = await countersign.signImage(picturePath, {
    credentialId: 'EC desk',
    pin: PIN,
    title: 'On the desk',
    digitalSourceType: 'http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture',
    assertions: [{ label: 'org.example.desk', data: { desk: 7 } }],
    claimGenerator: { name: 'My newsroom', version: '2.0' },
  })
  const report = await judge('image/jpeg', signed.bytes, csc.anchors)
  const manifest = report.manifests[signed.manifestLabel]
  t.assert.equal(manifest?.title, 'On the desk')
  t.assert.deepEqual(manifest?.assertions.find(({ label }) => label === 'org.example.desk')?.data, { desk: 7 })
  const actions = manifest?.assertions.find(({ label }) => label.startsWith('c2pa.actions'))
  t.assert.match(JSON.stringify(actions), /c2pa\.created.*digitalCapture/)

  const again = await countersign.signImage(signed.bytes, { credentialId: 'EC desk', pin: PIN })
  const both = await judge('image/jpeg', again.bytes, csc.anchors)
  t.assert.equal(both.validation_state, 'Trusted')
  t.assert.equal(both.manifests[again.manifestLabel]?.ingredients?.[0]?.active_manifest, signed.manifestLabel)
})
