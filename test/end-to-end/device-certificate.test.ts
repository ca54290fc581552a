/** A certificate for a device, in each format, taken apart by the lines of the guide that clients were written by. */
import { X509Certificate } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { missing, run } from '../command.ts'
import { type Answer, type Platform, startPlatform } from '../platform.ts'

const PATH = '/iot/api/v1/certificate'
const PASSWORD = 'Abc12345'

type Enrolled = {
  readonly certificate_request_id: string
  readonly status: string
  readonly result: string
  readonly certificate_id: string
  readonly pem: string
  readonly private_key?: string
}

let platform: Platform
before(async () => {
  platform = await startPlatform()
})
after(() => platform.remove())

/** Asks by the service user's API key, or on the mutual-TLS host by its certificate. */
async function enroll(body: object, host: 'api' | 'clientauth' = 'api', path = PATH): Promise<Answer> {
  return platform.request(host, path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(host === 'api' && { 'x-api-key': platform.account.service_api_key }),
    },
    body: Buffer.from(JSON.stringify({ enrollment_profile_id: platform.account.enrollment_profile_id, ...body })),
  })
}

async function enrolled(t: TestContext, body: object, host?: 'api' | 'clientauth', path?: string): Promise<Enrolled> {
  const answer = await enroll(body, host, path)
  t.assert.equal(answer.status, 200, String(answer.body))
  return answer.json<Enrolled>()
}

const named = (name: string) => [{ id: 'subject.common_name', value: name }]
const withKey = (name: string, more: object) => ({
  server_side_key_gen: true,
  certificate_profile_attributes: named(name),
  ...more,
})

/** A folder of the test's own, with the root in it. */
function workplace(name: string): string {
  const folder = join(platform.data, 'quickstart', name)
  mkdirSync(folder)
  writeFileSync(join(folder, 'ca.pem'), platform.ca)
  return folder
}

/** Runs a line of the guide in a folder as a shell does. */
async function line(t: TestContext, folder: string, command: string): Promise<string> {
  const { status, stdout, stderr } = await run('sh', ['-c', command], { cwd: folder })
  t.assert.equal(status, 0, `${command}\n${stderr}`)
  return stdout
}

/** Key and certificate belong together, and the certificate's path leads to the root. */
async function judge(t: TestContext, folder: string, key: string, certificates: string): Promise<void> {
  const [ofKey, ofCertificate] = [
    await line(t, folder, `openssl pkey -in ${key} -pubout`),
    await line(t, folder, `openssl x509 -in ${certificates} -noout -pubkey`),
  ]
  t.assert.equal(ofKey, ofCertificate)
  await line(t, folder, `openssl verify -CAfile ca.pem -untrusted ${certificates} -purpose sslclient ${certificates}`)
}

const missingUnzip = missing('unzip')
const skip = missing('openssl') || missing('base64')

test('a CSR is answered as clients expect it, on both hosts, with a slash at the end or without', {
  skip,
}, async (t) => {
  const folder = workplace('csr')
  await line(
    t,
    folder,
    'openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout device.key -out device.csr -subj "/CN=dev-1/O=Maker"',
  )
  const csr = readFileSync(join(folder, 'device.csr'), 'utf8')
  for (const [host, path] of [
    ['api', PATH],
    ['api', `${PATH}/`],
    ['clientauth', PATH],
    ['clientauth', `${PATH}/`],
  ] as const) {
    const made = await enrolled(t, { csr }, host, path)
    t.assert.deepEqual(Object.keys(made), ['certificate_request_id', 'status', 'result', 'certificate_id', 'pem'])
    t.assert.equal(made.status, 'AUTO_APPROVED')
    t.assert.equal(made.result, 'SUCCESS')
    writeFileSync(join(folder, 'device.pem'), made.pem)
    t.assert.equal(made.pem.match(/BEGIN CERTIFICATE/g)?.length, 2)
    await judge(t, folder, 'device.key', 'device.pem')
    t.assert.match(await line(t, folder, 'openssl x509 -in device.pem -noout -subject'), /O = Maker, CN = dev-1/)
  }
  const alone = await enrolled(t, { csr, include_certificate_chain: false })
  t.assert.equal(alone.pem.match(/BEGIN CERTIFICATE/g)?.length, 1)
})

test('pem: the key is text', { skip }, async (t) => {
  const folder = workplace('pem')
  const made = await enrolled(t, withKey('pem', { private_key_format: 'pem' }), 'clientauth')
  writeFileSync(join(folder, 'key.pem'), made.private_key ?? '')
  writeFileSync(join(folder, 'cert.pem'), made.pem)
  await judge(t, folder, 'key.pem', 'cert.pem')
})

test('der: base64 gives the file', { skip }, async (t) => {
  const folder = workplace('der')
  for (const [key_type, private_key_syntax] of [
    ['p_256', undefined],
    ['p_384', 'pkcs1'],
    ['rsa_2048', 'PKCS_1'],
    ['rsa_2048', 'PKCS8'],
    ['ed_25519', 'pkcs8'],
  ]) {
    const made = await enrolled(t, withKey('der', { private_key_format: 'der', key_type, private_key_syntax }))
    writeFileSync(join(folder, 'cert.pem'), made.pem)
    await line(t, folder, `echo '${made.private_key}' | base64 --decode > output.der`)
    await line(t, folder, 'openssl pkey -inform DER -in output.der -out key.pem')
    await judge(t, folder, 'key.pem', 'cert.pem')
    const outer = await line(t, folder, 'openssl asn1parse -inform DER -in output.der')
    t.assert.equal(
      /OBJECT\s+:(rsaEncryption|id-ecPublicKey|ED25519)/.test(outer),
      !/^pkcs_?1$/i.test(private_key_syntax ?? ''),
    )
  }
})

test('pkcs_12: base64 gives the file, and openssl pkcs12 opens it with the password', { skip }, async (t) => {
  const folder = workplace('pkcs12')
  const wish = { private_key_format: 'pkcs_12', pkcs12_password: PASSWORD }
  const made = await enrolled(t, withKey('pkcs12', wish))
  await line(t, folder, `echo '${made.private_key}' | base64 --decode > output.pfx`)
  await line(t, folder, `openssl pkcs12 -in output.pfx -nocerts -nodes -out key.pem -passin pass:${PASSWORD}`)
  await line(t, folder, `openssl pkcs12 -in output.pfx -nokeys -out certs.pem -passin pass:${PASSWORD}`)
  t.assert.equal(readFileSync(join(folder, 'certs.pem'), 'utf8').match(/BEGIN CERTIFICATE/g)?.length, 3)
  await judge(t, folder, 'key.pem', 'certs.pem')
  const alone = await enrolled(t, withKey('pkcs12', { ...wish, include_certificate_chain: false }))
  await line(t, folder, `echo '${alone.private_key}' | base64 --decode > alone.pfx`)
  const certificates = await line(t, folder, `openssl pkcs12 -in alone.pfx -nokeys -passin pass:${PASSWORD}`)
  t.assert.equal(certificates.match(/BEGIN CERTIFICATE/g)?.length, 1)
})

/** Whoever the key is encrypted for. */
async function recipient(t: TestContext, folder: string, kind: string): Promise<string> {
  const make = `openssl req -x509 -newkey ${kind} -nodes -keyout encryption.key -out encryption.pem -subj /CN=Line -days 2`
  await line(
    t,
    folder,
    `${make} -addext keyUsage=critical,keyEncipherment,keyAgreement -addext basicConstraints=critical,CA:FALSE`,
  )
  return readFileSync(join(folder, 'encryption.pem'), 'utf8')
}
const RECIPIENTS = ['rsa:2048', 'ec -pkeyopt ec_paramgen_curve:P-256']

test('cert_encrypted: openssl smime gives a ZIP with certificate, chain and key', {
  skip: skip || missingUnzip,
}, async (t) => {
  for (const [index, kind] of RECIPIENTS.entries()) {
    const folder = workplace(`bundle-${index}`)
    const encryption_certificate = await recipient(t, folder, kind)
    const wish = { private_key_format: 'cert_encrypted', encryption_certificate }
    const made = await enrolled(t, withKey('bundle', wish))
    writeFileSync(join(folder, 'private_key'), made.private_key ?? '')
    await line(t, folder, 'base64 --decode < private_key > output.p7m')
    // smime knows key transport alone; for keys on curves the same is cms.
    const smime = index === 0 ? 'smime' : 'cms'
    await line(
      t,
      folder,
      `openssl ${smime} -decrypt -in output.p7m -inform DER -out output.zip -inkey encryption.key -recip encryption.pem`,
    )
    await line(t, folder, 'unzip -q output.zip -d bundle')
    t.assert.deepEqual(readdirSync(join(folder, 'bundle')).sort(), [
      'certificate.pem',
      'certificate_chain.pem',
      'private_key.pem',
    ])
    await line(t, folder, 'cat bundle/certificate.pem bundle/certificate_chain.pem > certs.pem')
    await judge(t, folder, 'bundle/private_key.pem', 'certs.pem')
  }
})

test('cert_encrypted_key_only: openssl smime gives the key', { skip }, async (t) => {
  for (const [index, kind] of RECIPIENTS.entries()) {
    const folder = workplace(`key-only-${index}`)
    const encryption_certificate = await recipient(t, folder, kind)
    const wish = { private_key_format: 'cert_encrypted_key_only', encryption_certificate }
    const made = await enrolled(t, withKey('key-only', wish))
    writeFileSync(join(folder, 'cert.pem'), made.pem)
    writeFileSync(join(folder, 'private_key'), made.private_key ?? '')
    await line(t, folder, 'base64 --decode < private_key > output.p7m')
    const smime = index === 0 ? 'smime' : 'cms'
    await line(
      t,
      folder,
      `openssl ${smime} -decrypt -in output.p7m -inform DER -out output.key -inkey encryption.key -recip encryption.pem`,
    )
    await judge(t, folder, 'output.key', 'cert.pem')
  }
})

test('in place of JSON there are files, with the root behind the chain', {
  skip: skip || missingUnzip,
}, async (t) => {
  const folder = workplace('files')
  const encryption_certificate = await recipient(t, folder, 'rsa:2048')
  const file = async (name: string, body: object, type: string): Promise<Buffer> => {
    const answer = await enroll({ response_with_certificate_file: true, ...body })
    t.assert.equal(answer.status, 200, String(answer.body))
    t.assert.equal(answer.headers['content-type'], type)
    t.assert.match(String(answer.headers['content-disposition']), /^attachment; filename="certificate\.\w+"$/)
    t.assert.equal(answer.headers['cache-control'], 'no-store')
    writeFileSync(join(folder, name), answer.body)
    return answer.body
  }
  const pem = (await file('all.pem', withKey('f', { private_key_format: 'pem' }), 'application/x-pem-file')).toString()
  t.assert.equal(pem.match(/BEGIN CERTIFICATE/g)?.length, 3)
  await judge(t, folder, 'all.pem', 'all.pem')

  await file(
    'all.p12',
    withKey('f', { private_key_format: 'pkcs_12', pkcs12_password: PASSWORD }),
    'application/x-pkcs12',
  )
  await line(t, folder, `openssl pkcs12 -in all.p12 -nodes -out p12.pem -passin pass:${PASSWORD}`)
  await judge(t, folder, 'p12.pem', 'p12.pem')

  await file('der.zip', withKey('f', { private_key_format: 'der' }), 'application/zip')
  await line(t, folder, 'unzip -q der.zip -d der && openssl pkey -inform DER -in der/private_key.der -out der/key.pem')
  await line(t, folder, 'cat der/certificate.pem der/certificate_chain.pem > der/certs.pem')
  await judge(t, folder, 'der/key.pem', 'der/certs.pem')

  const alone = { encryption_certificate, include_certificate_chain: false }
  const decrypt = 'openssl smime -decrypt -inform DER -inkey encryption.key -recip encryption.pem'
  await file('b.p7m', withKey('f', { private_key_format: 'cert_encrypted', ...alone }), 'application/pkcs7-mime')
  await line(t, folder, `${decrypt} -in b.p7m -out b.zip && unzip -q b.zip -d b`)
  t.assert.deepEqual(readdirSync(join(folder, 'b')).sort(), ['certificate.pem', 'private_key.pem'])

  await file('k.zip', withKey('f', { private_key_format: 'cert_encrypted_key_only', ...alone }), 'application/zip')
  await line(t, folder, `unzip -q k.zip -d k && ${decrypt} -in k/private_key.p7m -out k/key.pem`)
  const key = await line(t, folder, 'openssl pkey -in k/key.pem -pubout')
  const { publicKey } = new X509Certificate(readFileSync(join(folder, 'k', 'certificate.pem')))
  t.assert.equal(key, publicKey.export({ type: 'spki', format: 'pem' }))
})
