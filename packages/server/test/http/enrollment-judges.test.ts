/**
 * What an enrollment gives is read by programs that are not ours, for every type of key: OpenSSL, GnuTLS, Java, NSS, pkijs
 * and Node. None of the installed ones has to know ML-DSA; each artefact has two readers that do.
 */
import { spawnSync } from 'node:child_process'
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { decodePem } from '@countersign/codec'
import { oids } from '@countersign/pki'
import * as pkijs from 'pkijs'
import { authority, endEntity } from '../../../pki/test/issuing.ts'
import { DEVICE_KEY_TYPES, type DeviceKeyType } from '../../src/domain/device-key-type.ts'
import { byKey } from './operations.ts'
import { json, startTestPlatform, type TestPlatform } from './test-platform.ts'

const PASSWORD = 'Passwort1'
const folder = mkdtempSync(join(tmpdir(), 'countersign-judges-'))
let platform: TestPlatform
before(async () => {
  platform = await startTestPlatform({ COUNTERSIGN_REQUEST_RATE: '0' })
  writeFileSync(join(folder, 'ca.pem'), platform.ca)
})
after(async () => {
  await platform.stop()
  rmSync(folder, { recursive: true, force: true })
})

type Made = { readonly certificate_id: string; readonly pem: string; readonly private_key: string }

async function enroll(body: object): Promise<Made> {
  const { enrollment_profile_id, service_api_key } = platform.account
  const options = byKey(service_api_key)
  const answer = await platform.ask('/iot/api/v1/certificate', {
    ...options,
    method: 'POST',
    headers: { ...(options.headers as object), 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify({ enrollment_profile_id, ...body })),
  })
  if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.body}`)
  return json<Made>(answer)
}

const named = [{ id: 'subject.common_name', value: 'judged' }]
const withKey = (key_type: string, private_key_format: string, more: object = {}): Promise<Made> =>
  enroll({
    server_side_key_gen: true,
    key_type,
    private_key_format,
    certificate_profile_attributes: named,
    include_certificate_chain: true,
    ...more,
  })

let files = 0
function file(content: string | Uint8Array): string {
  const path = join(folder, String(files++))
  writeFileSync(path, content)
  return path
}

/** What a program says; undefined where it is not installed. Fails the test where it is not content. */
function said(t: TestContext, line: string): string | undefined {
  const [command = '', ...args] = line.split(' ')
  const { error, status, stdout, stderr } = spawnSync(command, args, { cwd: folder, encoding: 'utf8' })
  if (error) {
    t.diagnostic(`${command} is not installed, and judges nothing`)
    return undefined
  }
  t.assert.equal(status, 0, `${line}\n${stdout}${stderr}`)
  return `${stdout}${stderr}`
}

const isMlDsa = (type: string): boolean => type.startsWith('ml_dsa')

/** Java takes a second to start. */
const isForJava = (type: string): boolean => type === 'p_256' || type === 'rsa_2048'

/** Those that the judges of a machine may not know are Node's and pkijs's alone. */
const KNOWN = DEVICE_KEY_TYPES.filter((type) => !isMlDsa(type))

async function judgeChain(t: TestContext, type: DeviceKeyType, { pem }: Made): Promise<X509Certificate> {
  const [leaf, issuer, ...more] = decodePem(pem).map(({ bytes }) => new X509Certificate(bytes))
  t.assert.deepEqual(more, [])
  t.assert.ok(leaf?.verify(issuer!.publicKey) && leaf.checkIssued(issuer!), `${type}: Node`)
  const [own, above] = decodePem(pem).map(({ bytes }) => pkijs.Certificate.fromBER(new Uint8Array(bytes)))
  t.assert.ok(await own!.verify(above!), `${type}: pkijs`)
  if (isMlDsa(type)) return leaf!
  const path = file(pem)
  const text = said(t, `openssl verify -CAfile ca.pem -untrusted ${path} ${path}`)
  if (text !== undefined) t.assert.match(text, /: OK/)
  said(t, `certtool --verify --load-ca-certificate ca.pem --infile ${path}`)
  const printed = isForJava(type) ? said(t, `keytool -printcert -file ${path}`) : undefined
  if (printed !== undefined) t.assert.match(printed, /CN=judged/)
  return leaf!
}

async function judgePkcs12(t: TestContext, type: DeviceKeyType, made: Made, leaf: X509Certificate): Promise<void> {
  const bytes = Buffer.from(made.private_key, 'base64')
  const path = file(bytes)
  const pfx = pkijs.PFX.fromBER(new Uint8Array(bytes))
  const password = new TextEncoder().encode(PASSWORD).buffer
  await pfx.parseInternalValues({ password, checkIntegrity: true })
  const safe = pfx.parsedValue?.authenticatedSafe
  t.assert.ok(safe, `${type}: pkijs`)
  await safe!.parseInternalValues({ safeContents: safe!.safeContents.map(() => ({ password })) })
  // Certificates with NSS, GnuTLS and Java, who read the key only where they know its type.
  const certificates = said(t, `openssl pkcs12 -in ${path} -nokeys -passin pass:${PASSWORD}`)
  if (certificates !== undefined)
    t.assert.deepEqual(
      decodePem(certificates.slice(certificates.indexOf('-----BEGIN'))).map(({ bytes: one }) => one.length).length,
      3,
    )
  if (isMlDsa(type)) return
  const all = said(t, `openssl pkcs12 -in ${path} -nodes -passin pass:${PASSWORD}`)
  if (all !== undefined)
    t.assert.ok(leaf.checkPrivateKey(createPrivateKey(all.slice(all.indexOf('-----BEGIN PRIVATE')))))
  said(t, `certtool --p12-info --inder --password ${PASSWORD} --infile ${path}`)
  if (isForJava(type)) {
    const listed = said(t, `keytool -list -v -storetype PKCS12 -keystore ${path} -storepass ${PASSWORD}`)
    if (listed !== undefined) t.assert.match(listed, /PrivateKeyEntry.*chain length: 3/s)
  }
  if (type !== 'ed_25519') said(t, `pk12util -l ${path} -W ${PASSWORD}`)
}

async function judgePkcs7(
  t: TestContext,
  type: DeviceKeyType,
  { certificate_id }: Made,
  leaf: X509Certificate,
): Promise<void> {
  const path = `/iot/api/v1/certificate/${certificate_id}/download?format=pkcs7`
  const { status, body } = await platform.ask(path, byKey(platform.account.service_api_key))
  t.assert.equal(status, 200, String(body))
  const signed = new pkijs.SignedData({ schema: pkijs.ContentInfo.fromBER(new Uint8Array(body)).content })
  const found = (signed.certificates ?? []).map((one) => Buffer.from((one as pkijs.Certificate).toSchema().toBER()))
  t.assert.ok(found.some((one) => leaf.raw.equals(one)))
  const p7b = file(body)
  const printed = said(t, `openssl pkcs7 -inform DER -in ${p7b} -print_certs -noout`)
  if (printed !== undefined) t.assert.match(printed, /CN ?= ?judged/)
  said(t, `certtool --p7-info --inder --infile ${p7b}`)
  if (isForJava(type)) said(t, `keytool -printcert -file ${p7b}`)
}

for (const type of DEVICE_KEY_TYPES)
  test(`${type}: the chain, the PKCS #12 file and the PKCS #7 file are read`, async (t: TestContext) => {
    const made = await withKey(type, 'pkcs_12', { pkcs12_password: PASSWORD })
    const leaf = await judgeChain(t, type, made)
    await judgePkcs12(t, type, made, leaf)
    await judgePkcs7(t, type, made, leaf)
  })

function keyOf(bytes: Uint8Array, type: 'pkcs8' | 'pkcs1' | 'sec1'): KeyObject {
  return createPrivateKey({ key: Buffer.from(bytes), format: 'der', type })
}

for (const type of DEVICE_KEY_TYPES.filter((one) => !/rsa_[34]/.test(one)))
  test(`${type}: the key as PEM and as DER is read`, async (t: TestContext) => {
    const text = await withKey(type, 'pem')
    const leaf = new X509Certificate(text.pem)
    t.assert.ok(leaf.checkPrivateKey(createPrivateKey(text.private_key)))
    const [pkcs8] = decodePem(text.private_key)
    t.assert.ok(pkijs.PrivateKeyInfo.fromBER(new Uint8Array(pkcs8!.bytes)).privateKeyAlgorithm.algorithmId.length > 0)
    const der = Buffer.from((await withKey(type, 'der')).private_key, 'base64')
    t.assert.equal(keyOf(der, 'pkcs8').asymmetricKeyType, createPrivateKey(text.private_key).asymmetricKeyType)
    pkijs.PrivateKeyInfo.fromBER(new Uint8Array(der))
    if (!KNOWN.includes(type)) return
    said(t, `openssl pkey -in ${file(text.private_key)} -noout -check`)
    said(t, `openssl pkey -inform DER -in ${file(der)} -noout -check`)
    said(t, `certtool -k --infile ${file(text.private_key)}`)
    said(t, `certtool -k --inder --infile ${file(der)}`)
  })

test('what is encrypted is opened by OpenSSL and by pkijs, and the ZIP by unzip and Python', async (t: TestContext) => {
  const issuer = await authority('Recipients')
  const recipient = await endEntity('Recipient', issuer, {
    algorithm: 'RS256',
    without: [oids.keyUsage, oids.extKeyUsage],
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 86_400_000),
  })
  const encryption_certificate = `-----BEGIN CERTIFICATE-----\n${Buffer.from(recipient.certificate.bytes).toString('base64')}\n-----END CERTIFICATE-----\n`
  const certificate = file(encryption_certificate)
  const key = file(keyOf(recipient.privateKey, 'pkcs8').export({ type: 'pkcs8', format: 'pem' }) as string)
  for (const type of ['p_256', 'ed_25519', 'ml_dsa_65']) {
    const { pem, private_key } = await withKey(type, 'cert_encrypted', { encryption_certificate })
    const p7m = file(Buffer.from(private_key, 'base64'))
    const info = pkijs.ContentInfo.fromBER(new Uint8Array(Buffer.from(private_key, 'base64')))
    t.assert.equal(new pkijs.EnvelopedData({ schema: info.content }).recipientInfos.length, 1)
    const zip = join(folder, `${type}.zip`)
    if (
      said(t, `openssl cms -decrypt -inform DER -in ${p7m} -inkey ${key} -recip ${certificate} -out ${zip}`) ===
      undefined
    )
      return
    const out = join(folder, type)
    if (said(t, `unzip -q ${zip} -d ${out}`) !== undefined) {
      const entries = readdirSync(out).toSorted()
      const [held] = entries.filter((entry) => entry.includes('key'))
      const own = new X509Certificate(pem)
      t.assert.ok(own.checkPrivateKey(createPrivateKey(readFileSync(join(out, held!)))), entries.join(', '))
    }
    const listed = said(t, `python3 -m zipfile -t ${zip}`)
    if (listed !== undefined) t.assert.match(listed, /Done testing/)
  }
})

type Maker = { readonly what: string; readonly lines: readonly string[] }

const SUBJECT = '/C=DE/O=M\u00fcller\u0020\u0026\u0020Co/CN=by-others'
/** How other programs make requests. */
const MAKERS: readonly Maker[] = [
  ...[
    ['rsa:2048', ''],
    ['ec -pkeyopt ec_paramgen_curve:P-256', ''],
    ['ec -pkeyopt ec_paramgen_curve:P-384', '-sha384'],
    ['ec -pkeyopt ec_paramgen_curve:P-521', '-sha512'],
    ['ed25519', ''],
    ['rsa:2048', '-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:-1'],
    ['ec -pkeyopt ec_paramgen_curve:P-256', '-addext subjectAltName=DNS:by-others.example'],
    ['ec -pkeyopt ec_paramgen_curve:P-256', '-newhdr'],
  ].map(([key, more]) => ({
    what: `OpenSSL, ${key} ${more}`,
    lines: [
      `openssl req -new -nodes -utf8 -newkey ${key} -keyout other.key -subj ${SUBJECT.replaceAll(' ', '_')} -out FILE ${more}`.trim(),
    ],
  })),
  ...['RSA -keysize 2048', 'EC -groupname secp256r1'].map((key) => ({
    what: `Java, ${key}`,
    lines: [
      `keytool -genkeypair -alias ${key.slice(0, 2)} -keyalg ${key} -dname CN=by-others -keystore other.p12 -storepass ${PASSWORD}`,
      `keytool -certreq -alias ${key.slice(0, 2)} -keystore other.p12 -storepass ${PASSWORD} -file FILE -ext SAN=dns:by-others.example`,
    ],
  })),
  ...['ecdsa --curve secp256r1', 'ed25519'].map((key) => ({
    what: `GnuTLS, ${key}`,
    lines: [
      `certtool --generate-privkey --no-text --key-type ${key} --outfile gnutls.key`,
      'certtool --generate-request --load-privkey gnutls.key --template gnutls.template --outfile FILE',
    ],
  })),
]

test('requests that other programs make are taken', async (t: TestContext) => {
  writeFileSync(join(folder, 'gnutls.template'), 'cn = "by-others"\ncountry = DE\ndns_name = "by-others.example"\n')
  for (const [index, { what, lines }] of MAKERS.entries()) {
    const path = join(folder, `${index}.csr`)
    if (lines.some((line) => said(t, line.replace('FILE', path)) === undefined)) continue
    const csr = readFileSync(path, 'utf8')
    const { pem } = await enroll({ csr: csr.slice(csr.indexOf('-----BEGIN')) })
    const { subject } = new X509Certificate(pem)
    t.assert.match(subject, /CN=by-others/, what)
  }
})
