import { spawnSync } from 'node:child_process'
import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { DerError, decodePem, der, encodePem } from '@countersign/codec'
import * as pkijs from 'pkijs'
import { decodePkcs12, decryptPrivateKey, encodePkcs12, encryptPrivateKey, oids, PkiError } from '../../src/index.ts'
import { EncryptedPrivateKeyInfo } from '../../src/pkcs12/encrypted-private-key.ts'
import { type MacData, macOf } from '../../src/pkcs12/mac.ts'
import { decryptPbes2 } from '../../src/pkcs12/pbes2.ts'
import { CertBag, Pfx, SafeContents } from '../../src/pkcs12/safe-bag.ts'
import { issueAuthority, issueLeaf, pem } from '../hierarchy.ts'
import { refusesMalformed } from '../malformed.ts'
import { file, newPath, openssl, withoutOpenSsl } from '../openssl.ts'
import { turnsDuring } from '../turns.ts'

const PASSWORD = 'Pässwörd 1 ✓'
const FRIENDLY_NAME = 'Ein Gerät'

const root = await issueAuthority('Root')
const issuing = await issueAuthority('Issuing', root)
const somebody = await issueLeaf('Somebody', issuing, [oids.clientAuth])
const somebodyRsa = await issueLeaf('Somebody', issuing, [oids.clientAuth], { algorithm: 'RS256' })

function encode(identity = somebody, iterations?: number): Promise<Uint8Array> {
  return encodePkcs12({
    privateKey: identity.privateKey,
    certificate: identity.certificate.bytes,
    chain: [issuing.certificate.bytes, root.certificate.bytes],
    friendlyName: FRIENDLY_NAME,
    password: PASSWORD,
    ...(iterations === undefined ? {} : { iterations }),
  })
}

const whole = await encode()

test('a file reads back as it was written', async (t: TestContext) => {
  const contents = await decodePkcs12(whole, PASSWORD)
  t.assert.deepEqual(contents, {
    privateKey: somebody.privateKey,
    certificate: somebody.certificate.bytes,
    chain: [issuing.certificate.bytes, root.certificate.bytes],
    friendlyName: FRIENDLY_NAME,
  })
})

test('a wrong password is told from a broken file', async (t: TestContext) => {
  await t.assert.rejects(decodePkcs12(whole, 'Pässwörd 2'), { name: 'PkiError', code: 'wrong_password' })
  await t.assert.rejects(decodePkcs12(whole.subarray(1), PASSWORD), { name: 'PkiError', code: 'malformed' })
  await t.assert.rejects(encodePkcs12({ ...(await decodePkcs12(whole, PASSWORD)), password: '' }), {
    code: 'invalid_argument',
  })
})

test('no two files share salts, and the iterations are many', async (t: TestContext) => {
  t.assert.notDeepEqual(await encode(somebody, 2), await encode(somebody, 2))
  const written = Buffer.from(der.smallInteger.encode(100_000)).toString('hex')
  const found = Buffer.from(whole).toString('hex').split(written).length - 1
  // Of the MAC, of the certificates and of the key.
  t.assert.equal(found, 3)
})

test('others have their turn while a password is hashed', async (t) => {
  const turns = await turnsDuring(() => macOf(somebody.privateKey, PASSWORD, 100_000))
  t.assert.equal(turns >= 24, true, `${turns} turns`)
})

test('OpenSSL opens it without its legacy provider', { skip: withoutOpenSsl }, async (t: TestContext) => {
  for (const identity of [somebody, somebodyRsa]) {
    const path = file(await encode(identity))
    const given = ['pkcs12', '-in', path, '-passin', `pass:${PASSWORD}`]
    const own = openssl(...given, '-clcerts', '-nokeys')
    t.assert.deepEqual(
      decodePem(own.text).map(({ bytes }) => bytes),
      [identity.certificate.bytes],
    )
    t.assert.match(own.text, /localKeyID/)
    const authorities = openssl(...given, '-cacerts', '-nokeys')
    t.assert.equal(decodePem(authorities.text).length, 2)
    const key = openssl(...given, '-nocerts', '-nodes')
    const [block] = decodePem(key.text)
    t.assert.ok(
      createPrivateKey(key.text).equals(
        createPrivateKey({ key: Buffer.from(identity.privateKey), format: 'der', type: 'pkcs8' }),
      ),
    )
    t.assert.equal(block?.label, 'PRIVATE KEY')
    const info = openssl(...given, '-info', '-nokeys', '-nocerts')
    t.assert.match(info.text, /MAC: sha256, Iteration 100000/)
    t.assert.match(info.text, /PBES2, PBKDF2, AES-256-CBC, Iteration 100000, PRF hmacWithSHA256/)
    t.assert.ok(!openssl('pkcs12', '-in', path, '-passin', 'pass:other', '-nokeys').ok)
  }
})

test('we open what OpenSSL makes', { skip: withoutOpenSsl }, async (t: TestContext) => {
  const key = file(encodePem('PRIVATE KEY', somebody.privateKey))
  const chain = file(pem(issuing) + pem(root))
  const made = [
    'pkcs12',
    '-export',
    '-inkey',
    key,
    '-in',
    file(pem(somebody)),
    '-certfile',
    chain,
    '-name',
    FRIENDLY_NAME,
  ]
  for (const more of [
    [],
    ['-keypbe', 'AES-128-CBC', '-certpbe', 'AES-192-CBC', '-macalg', 'sha512', '-iter', '1000'],
    ['-certpbe', 'NONE', '-macalg', 'sha1'],
    ['-macalg', 'sha384', '-nomaciter'],
  ]) {
    const path = newPath()
    const { ok, text } = openssl(...made, ...more, '-passout', `pass:${PASSWORD}`, '-out', path)
    t.assert.equal(ok, true, text)
    const contents = await decodePkcs12(new Uint8Array(readFileSync(path)), PASSWORD)
    t.assert.deepEqual(contents.privateKey, somebody.privateKey)
    t.assert.deepEqual(contents.certificate, somebody.certificate.bytes)
    t.assert.equal(contents.chain.length, 2)
  }
  const legacy = newPath()
  const withoutMac = openssl(...made, '-nomac', '-passout', `pass:${PASSWORD}`, '-out', legacy)
  t.assert.equal(withoutMac.ok, true)
  await t.assert.rejects(decodePkcs12(new Uint8Array(readFileSync(legacy)), PASSWORD), { code: 'unsupported' })
})

const withoutKeytool = spawnSync('keytool', ['-help']).error ? 'there is no Java keytool here' : false

test('Java opens it', { skip: withoutKeytool }, async (t: TestContext) => {
  const password = 'Passwort1'
  const bytes = await encodePkcs12({ ...(await decodePkcs12(whole, PASSWORD)), password })
  const args = [
    '-J-Duser.language=en',
    '-list',
    '-v',
    '-storetype',
    'PKCS12',
    '-storepass',
    password,
    '-keystore',
    file(bytes),
  ]
  const { stdout } = spawnSync('keytool', args, { encoding: 'utf8' })
  t.assert.match(stdout, /Entry type: PrivateKeyEntry/)
  t.assert.match(stdout, /Certificate chain length: 3/)
})

test('pkijs opens it', async (t: TestContext) => {
  const bytes = await encodePkcs12({
    ...(await decodePkcs12(whole, PASSWORD)),
    password: 'Passwort1',
    iterations: 1000,
  })
  const password = new TextEncoder().encode('Passwort1').buffer
  const pfx = pkijs.PFX.fromBER(bytes.slice().buffer)
  await pfx.parseInternalValues({ password, checkIntegrity: true })
  const safe = pfx.parsedValue?.authenticatedSafe
  await safe?.parseInternalValues({ safeContents: [{ password }, {}] })
  const bags = safe?.parsedValue.safeContents.flatMap(
    (content: { value: pkijs.SafeContents }) => content.value.safeBags,
  )
  t.assert.deepEqual(
    bags?.map((bag: pkijs.SafeBag) => bag.bagId),
    [oids.certBag, oids.certBag, oids.certBag, oids.pkcs8ShroudedKeyBag],
  )
})

test('a private key alone goes under a password and comes back', { skip: withoutOpenSsl }, async (t: TestContext) => {
  const encrypted = await encryptPrivateKey(somebody.privateKey, PASSWORD)
  t.assert.deepEqual(await decryptPrivateKey(encrypted, PASSWORD), somebody.privateKey)
  await t.assert.rejects(decryptPrivateKey(encrypted, `${PASSWORD}!`), PkiError)
  const path = file(encodePem('ENCRYPTED PRIVATE KEY', encrypted))
  const opened = openssl('pkcs8', '-in', path, '-passin', `pass:${PASSWORD}`)
  t.assert.ok(
    createPrivateKey(opened.text).equals(
      createPrivateKey({ key: Buffer.from(somebody.privateKey), format: 'der', type: 'pkcs8' }),
    ),
  )
})

test('a file can not make us hash for ever', async (t: TestContext) => {
  const pfx = Pfx.decode(await encode(somebody, 2))
  const costly = (iterations: number) => {
    const macData = { ...(pfx.macData as MacData), iterations }
    return decodePkcs12(Pfx.encode({ ...pfx, macData }), PASSWORD)
  }
  await t.assert.rejects(costly(2_000_000_000), { code: 'unsupported', message: /iterations/ })
  await t.assert.rejects(costly(0), { code: 'malformed' })
  await t.assert.rejects(costly(-1), { code: 'malformed' })
  const encrypted = await encryptPrivateKey(somebody.privateKey, PASSWORD, { iterations: 10_000 })
  const [low, high] = [der.smallInteger.encode(10_000), der.smallInteger.encode(0x7fff)]
  const index = Buffer.from(encrypted).indexOf(Buffer.from(low))
  t.assert.equal(low.length, high.length)
  encrypted.set(high, index)
  await t.assert.rejects(decryptPrivateKey(encrypted, PASSWORD), { code: 'wrong_password' })
  const budget = { left: 1000 }
  await t.assert.rejects(decryptPbes2(EncryptedPrivateKeyInfo.decode(encrypted), PASSWORD, budget), {
    code: 'unsupported',
  })
})

test('malformed files are refused', async (t: TestContext) => {
  const bytes = await encode(somebody, 2)
  for (let length = 0; length < bytes.length; length++)
    await t.assert.rejects(decodePkcs12(bytes.subarray(0, length), PASSWORD), isOwnError)
  for (let index = 0; index < bytes.length; index++) {
    const flipped = bytes.slice()
    flipped[index] = (flipped[index] as number) ^ (index % 2 === 0 ? 0x01 : 0xff)
    // Everything is under the MAC, or is the MAC: no flip goes unnoticed but in the NULL of a hash's parameters.
    await t.assert.rejects(decodePkcs12(flipped, PASSWORD), isOwnError, `byte ${index}`)
  }
  refusesMalformed(t, bytes, (candidate) => Pfx.decode(candidate))
  const encrypted = await encryptPrivateKey(somebody.privateKey, PASSWORD, { iterations: 1 })
  refusesMalformed(t, encrypted, (candidate) => EncryptedPrivateKeyInfo.decode(candidate))
  const bag = SafeContents.encode([
    { bagId: oids.certBag, bagValue: CertBag.encode({ certId: oids.x509Certificate, certValue: encrypted }) },
  ])
  refusesMalformed(t, bag, (candidate) => CertBag.decode(SafeContents.decode(candidate)[0]?.bagValue ?? candidate))
  const many = SafeContents.encode(Array.from({ length: 101 }, () => ({ bagId: '1.2.3', bagValue: bag })))
  t.assert.throws(() => SafeContents.decode(many), { code: 'malformed' })
})

function isOwnError(error: unknown): boolean {
  return error instanceof PkiError || error instanceof DerError
}
