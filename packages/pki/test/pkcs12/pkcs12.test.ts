import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { DerError, der, encodePem } from '@countersign/codec'
import * as pkijs from 'pkijs'
import {
  decodePkcs12,
  decryptPrivateKey,
  encodePkcs12,
  encryptPrivateKey,
  oids,
  type Pkcs12Encryption,
  PkiError,
} from '../../src/index.ts'
import { EncryptedPrivateKeyInfo } from '../../src/pkcs12/encrypted-private-key.ts'
import { type MacData, macOf } from '../../src/pkcs12/mac.ts'
import { decryptPbe, encryptTripleDesPbe } from '../../src/pkcs12/pbe.ts'
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

function encode(identity = somebody, iterations?: number, encryption?: Pkcs12Encryption): Promise<Uint8Array> {
  return encodePkcs12({
    privateKey: identity.privateKey,
    certificate: identity.certificate.bytes,
    chain: [issuing.certificate.bytes, root.certificate.bytes],
    friendlyName: FRIENDLY_NAME,
    password: PASSWORD,
    ...(iterations === undefined ? {} : { iterations }),
    ...(encryption === undefined ? {} : { encryption }),
  })
}

const whole = await encode()

test('a file reads back as it was written', async (t: TestContext) => {
  for (const file of [whole, await encode(somebody, undefined, '3DES')])
    t.assert.deepEqual(await decodePkcs12(file, PASSWORD), {
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

test('a file without a MAC is not opened', { skip: withoutOpenSsl }, async (t: TestContext) => {
  const path = newPath()
  const from = ['-inkey', file(encodePem('PRIVATE KEY', somebody.privateKey)), '-in', file(pem(somebody))]
  const made = openssl('pkcs12', '-export', ...from, '-nomac', '-passout', `pass:${PASSWORD}`, '-out', path)
  t.assert.equal(made.ok, true, made.text)
  await t.assert.rejects(decodePkcs12(new Uint8Array(readFileSync(path)), PASSWORD), { code: 'unsupported' })
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

test('no wrong password opens a private key, though under one in 256 its padding comes out right', async (t: TestContext) => {
  const encrypted = await encryptPrivateKey(somebody.privateKey, PASSWORD, { iterations: 1 })
  for (let attempt = 0; attempt < 2000; attempt++)
    await t.assert.rejects(decryptPrivateKey(encrypted, `wrong ${attempt}`), { code: 'wrong_password' })
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

test('nor can one of the old kind, whose keys take several turns', async (t: TestContext) => {
  const encrypted = await encryptTripleDesPbe(somebody.privateKey, PASSWORD, 1000)
  t.assert.deepEqual(await decryptPbe(encrypted, PASSWORD, { left: 3000 }), somebody.privateKey)
  await t.assert.rejects(decryptPbe(encrypted, PASSWORD, { left: 2999 }), { code: 'unsupported' })
})

test('a file larger than any is not looked at', async (t: TestContext) => {
  const large = await encodePkcs12({
    ...{ privateKey: somebody.privateKey, certificate: new Uint8Array(1024 * 1024), chain: [] },
    ...{ password: PASSWORD, iterations: 1 },
  })
  await t.assert.rejects(decodePkcs12(large, PASSWORD), { code: 'malformed', message: /a PKCS#12 file of \d+ bytes/ })
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
  const old = await encode(somebody, 2, '3DES')
  for (let index = 0; index < old.length; index++) {
    const flipped = old.slice()
    flipped[index] = (flipped[index] as number) ^ 0x11
    await t.assert.rejects(decodePkcs12(flipped, PASSWORD), isOwnError, `byte ${index}`)
  }
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
