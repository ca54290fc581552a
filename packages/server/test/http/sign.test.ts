import { execFile, spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { crc32 } from 'node:zlib'
import sharp from 'sharp'
import { judge as judgeWith } from '../../../../test/judge.ts'
import { createCredential } from '../../src/domain/create-credential.ts'
import { PLATFORM } from '../../src/domain/record-event.ts'
import { eventsOf } from '../store/events-of.ts'
import {
  type Answer,
  json,
  MULTIPART,
  multipart,
  type SignFields,
  startTestPlatform,
  type TestPlatform,
} from './test-platform.ts'

let platform: TestPlatform
let jpeg: Buffer
let png: Buffer

before(async () => {
  platform = await startTestPlatform()
  const noise = {
    create: {
      width: 320,
      height: 200,
      channels: 3,
      background: '#335577',
      noise: { type: 'gaussian', mean: 128, sigma: 30 },
    },
  } as const
  jpeg = await sharp(noise).jpeg().toBuffer()
  png = await sharp(noise).png().toBuffer()
})
after(() => platform.stop())

const PSS = '1.2.840.113549.1.1.10'
const ES256 = '1.2.840.10045.4.3.2'

type Signed = {
  file_name: string
  mime_type: string
  hash_algo: string
  sign_algo: string
  encoded_signed_content: string
  signed_manifest: string
}
type Manifest = {
  title: string
  claim_generator_info: { name: string }[]
  thumbnail?: { format: string; identifier: string }
  ingredients?: { relationship: string; active_manifest?: string }[]
  assertions: { label: string; data: Record<string, unknown> }[]
  signature_info: { alg: string; issuer: string; common_name: string; time?: string }
}
type Report = {
  active_manifest: string
  manifests: Record<string, Manifest>
  validation_state: string
  validation_results: { activeManifest: { success: { code: string }[] } }
}

/** The fields of the documented example. */
function form(change: SignFields = {}): SignFields {
  return {
    hashAlgo: 'SHA256',
    signAlgo: PSS,
    signAlgoParams: 'MTIzNDQ=',
    accountId: platform.account.account_id,
    image: { name: 'picture.png', bytes: png },
    schemaField: 'author,publisher',
    ...change,
  }
}

function signedOf(answer: Answer): { signed: Signed; file: Buffer; report: Report; manifest: Manifest } {
  if (answer.status !== 200) throw new Error(`${answer.status} ${answer.body.toString().slice(0, 500)}`)
  const signed = json<Signed>(answer)
  const report = JSON.parse(signed.signed_manifest) as Report
  return {
    signed,
    file: Buffer.from(signed.encoded_signed_content, 'base64'),
    report,
    manifest: report.manifests[report.active_manifest]!,
  }
}

/** What c2pa-rs says, with the platform's root as the only anchor. */
const judge = (file: Uint8Array, format: string) => judgeWith(format, file, platform.ca)

async function refused(t: TestContext, fields: SignFields, sentence: string | RegExp, status = 400): Promise<void> {
  const answer = await platform.sign(fields)
  t.assert.equal(answer.status, status, answer.body.toString().slice(0, 300))
  const { error, error_description } = json(answer)
  t.assert.equal(error, 'invalid_request')
  if (typeof sentence === 'string') t.assert.equal(error_description, sentence)
  else t.assert.match(error_description, sentence)
}

test('a client that sends account, role and file, and no word of the signature, is served', async (t: TestContext) => {
  const { account_id: accountId } = platform.account
  const file = { name: 'b.jpg', bytes: jpeg, type: 'image/jpeg' }
  for (const fields of [
    { accountId, role: 'author', file },
    { accountId, file },
    { file, accountId, hashAlgo: 'SHA-256' },
  ]) {
    const answer = await platform.sign(fields)
    t.assert.equal(answer.status, 200, `${answer.body}`)
    const { sign_algo, signed_manifest } = json<Signed>(answer)
    const manifest = JSON.parse(signed_manifest)
    t.assert.deepEqual([sign_algo, manifest.validation_state], [ES256, 'Trusted'])
    const work = manifest.manifests[manifest.active_manifest].assertions.find(
      ({ label }: { label: string }) => label === 'stds.schema-org',
    )
    t.assert.equal('author' in work.data, 'role' in fields)
  }
  const refused = async (fields: SignFields) => json(await platform.sign({ accountId, ...fields })).error_description
  t.assert.match(await refused({ file, role: 'editor' }), /^Invalid parameter schemaField\. /)
  t.assert.equal(await refused({ file, signAlgo: '' }), 'Missing (or invalid type) string parameter signAlgo.')
  t.assert.equal(await refused({ file, image: file }), 'Invalid parameter image. There are two files in this field.')
})

test('the documented example is answered as documented, and c2pa-rs trusts what comes back', async (t: TestContext) => {
  const { signed, file, report, manifest } = signedOf(await platform.sign(form()))
  t.assert.equal(signed.file_name, 'signed-picture.png')
  t.assert.equal(signed.mime_type, 'image/png')
  t.assert.equal(signed.hash_algo, 'SHA256')
  t.assert.equal(signed.sign_algo, PSS)
  t.assert.equal(report.validation_state, 'Trusted')
  t.assert.equal(manifest.title, 'signed-picture.png')
  t.assert.equal(manifest.claim_generator_info[0]!.name, 'Countersign')
  t.assert.equal(manifest.signature_info.alg, 'Ps256')
  t.assert.equal(manifest.thumbnail!.format, 'image/jpeg')
  const work = manifest.assertions.find(({ label }) => label === 'stds.schema-org')!.data
  t.assert.equal(work['@type'], 'CreativeWork')
  t.assert.deepEqual(Object.keys(work).sort(), ['@context', '@type', 'author', 'creditText', 'publisher'])
  const rust = await judge(file, 'image/png')
  t.assert.equal(rust.validation_state, 'Trusted')
  t.assert.equal(rust.active_manifest, report.active_manifest)
  const codes = rust.validation_results.activeManifest.success.map(({ code }) => code)
  for (const code of [
    'timeStamp.trusted',
    'timeStamp.validated',
    'signingCredential.ocsp.notRevoked',
    'signingCredential.trusted',
  ]) {
    t.assert.ok(codes.includes(code), code)
  }
})

test('a signature is recorded with its hashes and audited before it is answered', async (t: TestContext) => {
  const { signatures, auditEvents } = platform.world.store
  const { file, report } = signedOf(await platform.sign(form({ image: { name: 'a.jpg', bytes: jpeg } })))
  const [record] = await signatures.list(platform.account.account_id, 1)
  const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
  t.assert.equal(record!.asset?.manifestLabel, report.active_manifest)
  t.assert.equal(Buffer.from(record!.asset!.inputHash).toString('hex'), sha256(jpeg))
  t.assert.equal(Buffer.from(record!.asset!.outputHash).toString('hex'), sha256(file))
  t.assert.equal(record!.asset?.size, file.length)
  t.assert.equal(record!.asset?.format, 'image/jpeg')
  t.assert.equal(record!.address, '127.0.0.1')
  t.assert.equal(record!.userId, platform.account.service_user_id)
  const [event] = await eventsOf(auditEvents, platform.account.account_id, 1)
  t.assert.equal(event!.action, 'content.sign')
  t.assert.equal(event!.resourceId, record!.id)
})

test('Accept chooses between JSON and the signed bytes', async (t: TestContext) => {
  for (const accept of ['image/jpeg', 'image/png, */*;q=0.1']) {
    const answer = await platform.sign(form({ image: { name: 'x.png', bytes: jpeg } }), { headers: { accept } })
    t.assert.equal(answer.status, 200)
    // What it is decides, not what it is called and not which of the two was asked for.
    t.assert.equal(answer.headers['content-type'], 'image/jpeg')
    t.assert.match(answer.headers['content-disposition'] ?? '', /filename="signed-x\.png"/)
    t.assert.equal((await judge(answer.body, 'image/jpeg')).validation_state, 'Trusted')
  }
  t.assert.match((await platform.sign(form(), { headers: { accept: '*/*' } })).headers['content-type'] ?? '', /json/)
})

test('ECDSA signs with the P-256 credential, and each hash makes its PSS', async (t: TestContext) => {
  for (const [hashAlgo, signAlgo, alg] of [
    ['SHA-256', ES256, 'Es256'],
    ['SHA384', PSS, 'Ps384'],
    ['sha-512', PSS, 'Ps512'],
  ] as const) {
    const { file, manifest } = signedOf(await platform.sign(form({ hashAlgo, signAlgo, thumbnail: 'false' })))
    t.assert.equal(manifest.signature_info.alg, alg)
    t.assert.equal((await judge(file, 'image/png')).validation_state, 'Trusted')
  }
})

test('every kind of credential signs what c2pa-rs trusts', async (t: TestContext) => {
  const { world, account } = platform
  const owner = (await world.store.accounts.find(account.account_id))!
  for (const [keyType, hashAlgo, signAlgo, alg] of [
    ['p384', 'SHA384', '1.2.840.10045.4.3.3', 'Es384'],
    ['p521', 'SHA512', '1.2.840.10045.4.3.4', 'Es512'],
    ['ed25519', 'SHA256', '1.3.101.112', 'Ed25519'],
  ] as const) {
    await refused(t, form({ hashAlgo, signAlgo }), 'Missing (or invalid type) string parameter signAlgo.')
    const key = await world.keys.generate(keyType)
    await createCredential(world, { account: owner, nickname: `test-${keyType}`, key, actor: PLATFORM })
    const { file, manifest } = signedOf(await platform.sign(form({ hashAlgo, signAlgo })))
    t.assert.equal(manifest.signature_info.alg, alg)
    t.assert.equal((await judge(file, 'image/png')).validation_state, 'Trusted', alg)
  }
})

test('credentialID names a credential by nickname or id, under both spellings', async (t: TestContext) => {
  const [credential] = await platform.world.store.credentials.list(platform.account.account_id)
  const signAlgo = ES256
  for (const change of [
    { credentialID: 'quickstart-ec' },
    { credentialId: credential!.id },
    { credentialID: credential!.id.toUpperCase() },
  ]) {
    t.assert.equal(signedOf(await platform.sign(form({ signAlgo, ...change }))).manifest.signature_info.alg, 'Es256')
  }
  await refused(t, form({ credentialID: 'quickstart-ec' }), 'Missing (or invalid type) string parameter signAlgo.')
})

test('a source makes it created; without one the input is a parent, and what was signed before is kept', async (t: TestContext) => {
  const actions = ({ assertions }: Manifest) =>
    assertions.find(({ label }) => label === 'c2pa.actions.v2')!.data.actions as {
      action: string
      digitalSourceType?: string
    }[]
  const created = signedOf(await platform.sign(form({ digitalSourceType: 'trainedAlgorithmicMedia' })))
  t.assert.equal(actions(created.manifest)[0]!.action, 'c2pa.created')
  t.assert.match(actions(created.manifest)[0]!.digitalSourceType!, /trainedAlgorithmicMedia$/)
  const opened = signedOf(await platform.sign(form()))
  t.assert.equal(actions(opened.manifest)[0]!.action, 'c2pa.opened')
  t.assert.deepEqual(
    opened.manifest.ingredients!.map(({ relationship }) => relationship),
    ['parentOf'],
  )
  const again = signedOf(
    await platform.sign(
      form({ image: { name: 'again.png', bytes: created.file }, digitalSourceType: 'digitalCapture' }),
    ),
  )
  t.assert.equal(actions(again.manifest)[0]!.action, 'c2pa.opened')
  t.assert.equal(again.manifest.ingredients![0]!.active_manifest, created.report.active_manifest)
  const rust = await judge(again.file, 'image/png')
  t.assert.equal(rust.validation_state, 'Trusted')
  t.assert.equal(Object.keys(rust.manifests).length, 2)
})

test('title, thumbnail and timestamp do as they are told, and fields may come in any order', async (t: TestContext) => {
  const { image, ...rest } = form({ title: 'Sunrise', thumbnail: 'FALSE', timestamp: 'false' })
  const { file, manifest } = signedOf(await platform.sign({ image, ...rest }))
  t.assert.equal(manifest.title, 'Sunrise')
  t.assert.equal(manifest.thumbnail, undefined)
  t.assert.equal(manifest.signature_info.time, undefined)
  t.assert.equal((await judge(file, 'image/png')).validation_state, 'Trusted')
})

test('a form that is sent as application/json with a boundary is read as the form it is', async (t: TestContext) => {
  const headers = { 'content-type': MULTIPART.replace('multipart/form-data', 'application/json') }
  t.assert.equal((await platform.sign(form(), { headers })).status, 200)
})

test('each wrong or missing parameter has its sentence', async (t: TestContext) => {
  const before = (await platform.world.store.signatures.list(platform.account.account_id, 500)).length
  const SIGN_ALGO = 'Missing (or invalid type) string parameter signAlgo.'
  const PARAMETERS = 'Missing (or invalid type) string parameter signAlgoParams.'
  for (const [change, sentence] of [
    [{ credentialID: 'nobody' }, 'Invalid parameter credentialID.'],
    [{ credentialID: '599020de-5ea7-4c0c-ac01-ceb4bb9802b3' }, 'Invalid parameter credentialID.'],
    [{ credentialId: "x' OR 1=1 --" }, 'Invalid parameter credentialID.'],
    [{ credentialID: 'quickstart-ec\0' }, 'Invalid parameter credentialID.'],
    [{ hashAlgo: 'SHA-1' }, 'Invalid parameter hashAlgo.'],
    [{ hashAlgo: undefined }, 'Invalid parameter hashAlgo.'],
    [{ hashAlgo: ['SHA256', 'SHA256'] }, 'Invalid parameter hashAlgo.'],
    [{ hashAlgo: 'SHA384', signAlgo: ES256 }, 'Invalid parameter hashAlgo.'],
    [{ hashAlgo: 'S'.repeat(5_000) }, 'Invalid parameter hashAlgo.'],
    [{ signAlgo: '1.2.3' }, SIGN_ALGO],
    [{ signAlgo: undefined }, SIGN_ALGO],
    [{ signAlgo: [PSS, ES256] }, SIGN_ALGO],
    [{ signAlgoParams: 'x' }, PARAMETERS],
    [{ signAlgoParams: undefined }, PARAMETERS],
    [{ PIN: '123456' }, 'The PIN is invalid.'],
    [{ accountId: undefined }, 'Missing (or invalid type) string parameter accountId.'],
    [{ accountId: '599020de-5ea7-4c0c-ac01-ceb4bb9802b3' }, 'Invalid parameter accountId.'],
    [{ schemaField: undefined }, /^Invalid parameter schemaField\. /],
    [{ schemaField: 'editor' }, /^Invalid parameter schemaField\. /],
    [{ digitalSourceType: 'phone' }, /^Invalid parameter digitalSourceType\. /],
    [{ thumbnail: 'maybe' }, /^Invalid parameter thumbnail\. /],
    [{ title: 'x'.repeat(501) }, /^Invalid parameter title\. /],
    [{ image: undefined }, /^Invalid parameter image\. /],
    [{ image: 'text' }, /^Invalid parameter image\. /],
    [
      {
        image: [
          { name: 'a.png', bytes: png },
          { name: 'b.png', bytes: png },
        ],
      },
      /^Invalid parameter image\. /,
    ],
    [{ other: { name: 'b.png', bytes: png } }, /"other" takes no file/],
    [{ __proto__x: 'a', constructor: 'b', hashAlgo: 'constructor' }, 'Invalid parameter hashAlgo.'],
  ] as const) {
    await refused(t, form(change as SignFields), sentence)
  }
  const after = (await platform.world.store.signatures.list(platform.account.account_id, 500)).length
  t.assert.equal(after, before, 'nothing is stored of a refused request')
})

test('a bad image is refused with what is wrong, and never with a 5xx', async (t: TestContext) => {
  const bomb = Buffer.from(png)
  bomb.writeUInt32BE(60_000, 16)
  bomb.writeUInt32BE(60_000, 20)
  bomb.writeUInt32BE(crc32(bomb.subarray(12, 29)), 29)
  for (const [bytes, what] of [
    [Buffer.alloc(0), /empty/],
    [Buffer.from('%!PS-Adobe-3.0'), /formats that are signed here: JPEG/],
    [randomBytes(10_000), /of none of the formats/],
    [jpeg.subarray(0, jpeg.length / 2), /damaged|ends/],
    [jpeg.subarray(0, 100), /damaged|ends/],
    [png.subarray(0, png.length - 4), /damaged|ends/],
    [png.subarray(0, 40), /damaged|ends/],
    [bomb, /3600 million pixels/],
  ] as const) {
    for (const name of ['x.jpg', 'x.png']) {
      await refused(t, form({ image: { name, bytes } }), new RegExp(`^Invalid parameter image\\. .*(${what.source})`))
    }
  }
  for (let length = 0; length < jpeg.length; length += 997) {
    await refused(
      t,
      form({ image: { name: 'x.jpg', bytes: jpeg.subarray(0, length) }, thumbnail: 'false' }),
      /^Invalid parameter image\. /,
    )
  }
})

test('more than the limit is refused as it streams in, said or unsaid', async (t: TestContext) => {
  const large = Buffer.concat([jpeg, Buffer.alloc(21 * 1024 * 1024)])
  await refused(
    t,
    form({ image: { name: 'x.jpg', bytes: large } }),
    'Invalid parameter image. It may have at most 20 MB.',
    413,
  )
  const body = multipart(form({ image: { name: 'x.jpg', bytes: large } }))
  const { status, early } = await new Promise<{ status: number; early: boolean }>((resolve, reject) => {
    let sent = 0
    const outgoing = request(
      {
        host: '127.0.0.1',
        port: platform.port,
        path: '/documentmanager/api/c2pa/v1/sign',
        method: 'POST',
        ca: platform.ca,
        servername: 'clientauth.countersign.localhost',
        cert: platform.certificate,
        key: platform.key,
        headers: {
          host: 'clientauth.countersign.localhost',
          'content-type': MULTIPART,
          'transfer-encoding': 'chunked',
        },
      },
      (response) => {
        resolve({ status: response.statusCode ?? 0, early: sent < body.length })
        outgoing.destroy()
      },
    )
    outgoing.on('error', reject)
    const next = (): void => {
      if (outgoing.destroyed || sent >= body.length) return
      const piece = body.subarray(sent, sent + 262_144)
      sent += piece.length
      outgoing.write(piece, () => setTimeout(next, 2))
    }
    next()
  })
  t.assert.equal(status, 413)
  t.assert.ok(early, 'the answer came while the form was still being sent')
})

test('a damaged form is refused, and every truncation of one is too', async (t: TestContext) => {
  const small = await sharp({ create: { width: 4, height: 4, channels: 3, background: '#fff' } })
    .png()
    .toBuffer()
  const whole = multipart(form({ image: { name: 'x.png', bytes: small } }))
  const path = '/documentmanager/api/c2pa/v1/sign'
  for (let length = 0; length < whole.length - 4; length += 13) {
    const answer = await platform.ask(path, {
      body: whole.subarray(0, length),
      method: 'POST',
      headers: { 'content-type': MULTIPART },
    })
    t.assert.equal(answer.status, 400, `${length}: ${answer.body}`)
  }
  for (const [body, type] of [
    [whole, 'multipart/form-data'],
    [Buffer.from('x'), MULTIPART],
    [randomBytes(1_000), MULTIPART],
    [multipart(Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`f${n}`, 'x']))), MULTIPART],
  ] as const) {
    const answer = await platform.ask(path, { body, headers: { 'content-type': type } })
    t.assert.equal(answer.status, 400, answer.body.toString())
    t.assert.equal(json(answer).error, 'invalid_request')
  }
  t.assert.equal((await platform.sign(form())).status, 200, 'and the platform signs on')
})

test('a user without the permission may not sign', async (t: TestContext) => {
  const { users } = platform.world.store
  const user = (await users.find(platform.account.service_user_id))!
  await users.update({
    ...user,
    permissions: user.permissions.filter((permission) => permission !== 'SIGN_CTM_CONTENT'),
  })
  const answer = await platform.sign(form())
  await users.update(user)
  t.assert.equal(answer.status, 403)
  t.assert.equal(json(answer).error, 'access_denied')
  t.assert.equal((await platform.sign(form())).status, 200)
})

test('a suspended or revoked credential is as good as unknown', async (t: TestContext) => {
  const { world, account } = platform
  const { credentials, certificates } = world.store
  const owner = (await world.store.accounts.find(account.account_id))!
  const key = await world.keys.generate('p256')
  const credential = await createCredential(world, { account: owner, nickname: 'short-lived', key, actor: PLATFORM })
  const named = form({ signAlgo: ES256, credentialID: 'short-lived' })
  t.assert.equal((await platform.sign(named)).status, 200)
  await credentials.update({ ...credential, status: 'suspended' })
  await refused(t, named, 'Invalid parameter credentialID.')
  await credentials.update(credential)
  await certificates.revoke(credential.certificateId!, { at: new Date(), reason: 'key_compromise' })
  await refused(t, named, 'Invalid parameter credentialID.')
  t.assert.equal(signedOf(await platform.sign(form({ signAlgo: ES256 }))).manifest.signature_info.alg, 'Es256')
})

const curl = spawnSync('curl', ['--version']).status === 0

test('curl signs by the documented line, with the documented headers and without them', {
  skip: !curl && 'no curl here',
}, async (t: TestContext) => {
  const folder = await mkdtemp(join(tmpdir(), 'curl-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  for (const [name, text] of [
    ['ca.pem', platform.ca],
    ['cert.pem', platform.certificate],
    ['key.pem', platform.key],
    ['a b.png', png],
  ] as const) {
    await writeFile(join(folder, name), text)
  }
  const host = `clientauth.countersign.localhost:${platform.port}`
  for (const headers of [[], ['--header', 'Accept: application/json', '--header', 'Content-Type: application/json']]) {
    const { stdout } = await promisify(execFile)(
      'curl',
      [
        ...[
          '--silent',
          '--resolve',
          `${host}:127.0.0.1`,
          '--cacert',
          'ca.pem',
          '--cert',
          'cert.pem',
          '--key',
          'key.pem',
        ],
        ...['--location', `https://${host}/documentmanager/api/c2pa/v1/sign`, ...headers],
        ...['--header', 'Cookie: visid_incap_2533550=/xdA/SbiSvOTEEdWgVq5lHmOnWgAAAAAQUIPAAAAAAA89dbzRiAbRMj4JblxUAfn'],
        ...['--form', 'hashAlgo="SHA256"', '--form', 'signAlgo="1.2.840.113549.1.1.10"'],
        ...['--form', 'signAlgoParams="MTIzNDQ="', '--form', `accountId="${platform.account.account_id}"`],
        ...['--form', 'image=@"a b.png"', '--form', 'schemaField="author,publisher"'],
      ],
      { cwd: folder, maxBuffer: 64 * 1024 * 1024 },
    )
    const signed = JSON.parse(stdout) as Signed
    t.assert.equal(signed.file_name, 'signed-a b.png')
    t.assert.equal(
      (await judge(Buffer.from(signed.encoded_signed_content, 'base64'), 'image/png')).validation_state,
      'Trusted',
    )
  }
})
