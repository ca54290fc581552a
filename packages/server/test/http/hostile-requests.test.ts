import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { after, before, type TestContext, test } from 'node:test'
import { concatBytes, der, encodeBase64, encodePem, utf8Bytes } from '@countersign/codec'
import { AlgorithmIdentifier, extensions, Name, name, oids, SubjectPublicKeyInfo } from '@countersign/pki'
import { CLOSE, ROCA } from '../../../pki/test/lint/weak-rsa.ts'
import { keptOf } from './kept.ts'
import { type Answer, startTestPlatform, type TestPlatform } from './test-platform.ts'

const PATH = '/account/api/v1/client-auth-certificate'

let platform: TestPlatform
before(async () => {
  platform = await startTestPlatform()
})
after(() => platform.stop())

/** A request put together by hand: whatever is not given is as it should be. */
type Forgery = {
  readonly version?: number
  /** DER. */
  readonly subject?: Uint8Array
  /** DER. */
  readonly publicKey?: Uint8Array
  /** DER of each, or of the whole `[0]`. */
  readonly attributes?: readonly Uint8Array[] | Uint8Array
  readonly algorithm?: AlgorithmIdentifier
  readonly signature?: (info: Uint8Array) => Uint8Array
}

const EC = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ECDSA: AlgorithmIdentifier = { algorithm: oids.ecdsaWithSHA256 }
const RSA_SHA256: AlgorithmIdentifier = { algorithm: oids.sha256WithRSAEncryption, parameters: Uint8Array.of(5, 0) }
const SUBJECT = Name.encode(name({ CN: 'Hostile' }))

const spki = (key: KeyObject): Uint8Array => new Uint8Array(key.export({ format: 'der', type: 'spki' }))
const signed =
  (key: KeyObject, hash: string | null = 'sha256') =>
  (info: Uint8Array): Uint8Array =>
    new Uint8Array(sign(hash, info, key))

function requestOf(forgery: Forgery): Uint8Array {
  const { attributes = [] } = forgery
  const info = der.writeElement(0x30, [
    der.smallInteger.encode(forgery.version ?? 0),
    forgery.subject ?? SUBJECT,
    forgery.publicKey ?? spki(EC.publicKey),
    attributes instanceof Uint8Array ? attributes : der.writeElement(0xa0, attributes),
  ])
  return der.writeElement(0x30, [
    info,
    AlgorithmIdentifier.encode(forgery.algorithm ?? ECDSA),
    der.bitStringBytes.encode((forgery.signature ?? signed(EC.privateKey))(info)),
  ])
}

function post(path: string, csr: string, more: object): Promise<Answer> {
  const headers = { 'x-api-key': platform.account.service_api_key, 'content-type': 'application/json' }
  return platform.ask(path, { door: 'api', headers, body: Buffer.from(JSON.stringify({ csr, ...more })) })
}

/** Refused by the route that creates and the one that renews, with a sentence about the request, and nothing kept of it. */
async function isRefused(t: TestContext, what: string, csr: string, says = /^csr: /): Promise<void> {
  const [own] = await platform.world.store.clientAuthCertificates.listWithCertificates(platform.account.service_user_id)
  const id = own?.clientAuthCertificate.id
  for (const path of [PATH, `${PATH}/${id}/renew`]) {
    const answer = await post(path, csr, { name: 'Hostile' })
    const text = answer.body.toString()
    t.assert.equal(answer.status, 400, `${what}: ${answer.status} ${text}`)
    t.assert.match(JSON.parse(text).errors[0].message, says, what)
    t.assert.ok(text.length < 1000, `${what}: an answer of ${text.length} characters`)
  }
}

async function areRefused(
  t: TestContext,
  forgeries: { readonly [what: string]: Forgery },
  says?: RegExp,
): Promise<void> {
  const before = await keptOf(platform)
  for (const [what, forgery] of Object.entries(forgeries))
    await isRefused(t, what, encodePem('CERTIFICATE REQUEST', requestOf(forgery)), says)
  t.assert.equal(await keptOf(platform), before)
}

test('a request that is made by hand as it should be is taken', async (t: TestContext) => {
  const answer = await post(PATH, encodePem('CERTIFICATE REQUEST', requestOf({})), { name: 'As it should be' })
  t.assert.equal(answer.status, 201, answer.body.toString())
})

/** One attribute with a value of any tag. */
const valued = (tag: number, content: Uint8Array, type: string = oids.commonName): Uint8Array =>
  der.writeElement(0x31, [der.writeElement(0x30, [der.oid.encode(type), der.writeElement(tag, [content])])])
const subjectOf = (...rdns: readonly Uint8Array[]): Uint8Array => der.writeElement(0x30, rdns)
const utf8 = (text: string): Uint8Array => subjectOf(valued(0x0c, utf8Bytes(text)))

test('hostile subjects are refused', async (t: TestContext) => {
  await areRefused(
    t,
    {
      'CN of 40,000 characters': { subject: utf8('x'.repeat(40_000)) },
      'CN of 65 characters': { subject: utf8('x'.repeat(65)) },
      '3,000 levels': { subject: subjectOf(...Array.from({ length: 3_000 }, () => valued(0x0c, utf8Bytes('x')))) },
      '17 attributes': { subject: subjectOf(...Array.from({ length: 17 }, () => valued(0x0c, utf8Bytes('x')))) },
      'a level without attributes': { subject: subjectOf(der.writeElement(0x31, [])) },
      'no levels': { subject: subjectOf() },
      'an empty CN': { subject: utf8('') },
      'a CN of spaces': { subject: utf8('   ') },
      'a CN of no-break spaces': { subject: utf8('\u00a0\u2003') },
      NUL: { subject: utf8('admin\0.example') },
      'NUL in a PrintableString': { subject: subjectOf(valued(0x13, utf8Bytes('a\0b'))) },
      'NUL in a BMPString': { subject: subjectOf(valued(0x1e, Uint8Array.of(0, 0x61, 0, 0, 0, 0x62))) },
      escape: { subject: utf8('\u001b[2Jadmin') },
      'carriage return': { subject: utf8('a\rb') },
      'a C1 control': { subject: utf8('a\u0085b') },
      'right to left': { subject: utf8('admin\u202egpj.exe') },
      'an isolate': { subject: utf8('a\u2066b\u2069') },
      'a zero-width space': { subject: utf8('ad\u200bmin') },
      'a byte order mark': { subject: utf8('\ufeffx\ufeffx') },
      'a tag character': { subject: utf8('a\u{e0041}') },
      'a private character': { subject: utf8('a\ue000') },
      'a line separator': { subject: utf8('a\u2028b') },
      'half a surrogate pair': { subject: subjectOf(valued(0x1e, Uint8Array.of(0xd8, 0, 0, 0x61))) },
      'no UTF-8': { subject: subjectOf(valued(0x0c, Uint8Array.of(0xc0, 0x80))) },
      'half a BMPString': { subject: subjectOf(valued(0x1e, Uint8Array.of(0, 0x61, 0))) },
      'a UniversalString': { subject: subjectOf(valued(0x1c, Uint8Array.of(0, 0, 0, 0x61))) },
      'a CN that is an OCTET STRING': { subject: subjectOf(valued(0x04, utf8Bytes('x'))) },
      'a CN that is a SEQUENCE': { subject: subjectOf(valued(0x30, new Uint8Array(0))) },
      "another user's id": {
        subject: subjectOf(
          valued(0x0c, utf8Bytes('x')),
          valued(0x0c, utf8Bytes('8b210e38-b8a9-41df-a96e-1ffe4512f6d1'), oids.userId),
        ),
      },
      'a country of three letters': {
        subject: subjectOf(valued(0x0c, utf8Bytes('x')), valued(0x13, utf8Bytes('USA'), oids.countryName)),
      },
      'no Name at all': { subject: Uint8Array.of(5, 0) },
    },
    /./,
  )
})

test('a request larger than any is refused before it is read', async (t: TestContext) => {
  const before = await keptOf(platform)
  const huge = (length: number): string =>
    encodePem('CERTIFICATE REQUEST', requestOf({ subject: utf8('x'.repeat(length)) }))
  await isRefused(t, 'a CN of 90,000 characters', huge(90_000))
  await isRefused(t, 'a CN of 600,000 characters', huge(600_000), /csr/)
  const answer = await post(PATH, huge(1024 * 1024), { name: 'Hostile' })
  t.assert.equal(answer.status, 413)
  const many = subjectOf(...Array.from({ length: 10_000 }, () => valued(0x0c, utf8Bytes('x'))))
  await isRefused(t, '10,000 levels', encodePem('CERTIFICATE REQUEST', requestOf({ subject: many })), /csr/)
  t.assert.equal(await keptOf(platform), before)
})

const rsaKey = (modulus: bigint, exponent: bigint, ...more: readonly bigint[]): Uint8Array =>
  SubjectPublicKeyInfo.encode({
    algorithm: { algorithm: oids.rsaEncryption, parameters: Uint8Array.of(5, 0) },
    subjectPublicKey: der.writeElement(
      0x30,
      [modulus, exponent, ...more].map((integer) => der.integer.encode(integer)),
    ),
  })

/** What RSASSA-PKCS1-v1_5 raises to the exponent, which is the signature itself where that is 1. */
async function padded(info: Uint8Array, length: number): Promise<Uint8Array> {
  const { digest } = await import('@countersign/pki')
  const digestInfo = der.writeElement(0x30, [
    AlgorithmIdentifier.encode({ algorithm: oids.sha256, parameters: Uint8Array.of(5, 0) }),
    der.octetString.encode(digest('sha256', info)),
  ])
  const fill = new Uint8Array(length - digestInfo.length - 3).fill(0xff)
  return concatBytes([Uint8Array.of(0, 1), fill, Uint8Array.of(0), digestInfo])
}

test('weak keys are refused, also those whose signature anybody can make', async (t: TestContext) => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const modulus = BigInt(
    `0x${Buffer.from(rsa.publicKey.export({ format: 'jwk' }).n as string, 'base64url').toString('hex')}`,
  )
  const small = generateKeyPairSync('rsa', { modulusLength: 2040 })
  const byThree = generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 })
  const nobody = { algorithm: RSA_SHA256, signature: () => new Uint8Array(256).fill(1) }
  const info = der.onlyElement(requestOf({ publicKey: rsaKey(modulus, 1n), algorithm: RSA_SHA256 }))
  const [toBeSigned] = der.elementsOf(info)
  const forged = await padded(toBeSigned?.bytes as Uint8Array, 256)
  await areRefused(
    t,
    {
      'RSA of 2040 bits': {
        publicKey: spki(small.publicKey),
        algorithm: RSA_SHA256,
        signature: signed(small.privateKey),
      },
      'RSA of 16,384 bits': { ...nobody, publicKey: rsaKey((1n << 16383n) + 1n, 65537n) },
      'RSA of 40,000 bits': { ...nobody, publicKey: rsaKey((1n << 39999n) + 1n, 65537n) },
      'exponent 1': { publicKey: rsaKey(modulus, 1n), algorithm: RSA_SHA256, signature: () => forged },
      'exponent 3': {
        publicKey: spki(byThree.publicKey),
        algorithm: RSA_SHA256,
        signature: signed(byThree.privateKey),
      },
      'exponent 2': { ...nobody, publicKey: rsaKey(modulus, 2n) },
      'exponent 0': { ...nobody, publicKey: rsaKey(modulus, 0n) },
      'exponent -1': { ...nobody, publicKey: rsaKey(modulus, -1n) },
      'an exponent of 2,000 bits': { ...nobody, publicKey: rsaKey(modulus, (1n << 2000n) + 1n) },
      'a negative modulus': { ...nobody, publicKey: rsaKey(-modulus, 65537n) },
      'a modulus of 0': { ...nobody, publicKey: rsaKey(0n, 65537n) },
      'an even modulus': { ...nobody, publicKey: rsaKey(modulus + 1n, 65537n) },
      'a modulus with the factor 3': { ...nobody, publicKey: rsaKey(3n * (modulus >> 2n), 65537n) },
      'a third number': { ...nobody, publicKey: rsaKey(modulus, 65537n, 7n) },
      ROCA: { ...nobody, publicKey: rsaKey(ROCA, 65537n) },
      'close primes': { ...nobody, publicKey: rsaKey(CLOSE, 65537n) },
      'RSASSA-PSS': (() => {
        const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2048 })
        return { publicKey: spki(pss.publicKey), algorithm: RSA_SHA256, signature: () => new Uint8Array(256) }
      })(),
    },
    /^csr: (its key is not accepted|it has )/,
  )
})

test('keys on other curves, or off theirs, are refused', async (t: TestContext) => {
  const onCurve = (namedCurve: string, paramEncoding: 'named' | 'explicit' = 'named'): Forgery => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve, paramEncoding })
    return { publicKey: spki(publicKey), signature: signed(privateKey) }
  }
  const point = SubjectPublicKeyInfo.decode(spki(EC.publicKey))
  const having = (subjectPublicKey: Uint8Array): Forgery => ({
    publicKey: SubjectPublicKeyInfo.encode({ ...point, subjectPublicKey }),
  })
  const offCurve = point.subjectPublicKey.slice()
  offCurve[64] = (offCurve[64] as number) ^ 1
  const ed25519 = (key: Uint8Array, parameters?: Uint8Array): Forgery => ({
    publicKey: SubjectPublicKeyInfo.encode({
      algorithm: { algorithm: oids.ed25519, ...(parameters && { parameters }) },
      subjectPublicKey: key,
    }),
    algorithm: { algorithm: oids.ed25519 },
  })
  // The neutral point as key and as R, and S = 0: a signature over whatever is signed.
  const neutral = Uint8Array.of(1, ...new Uint8Array(31))
  const keys = generateKeyPairSync('ed25519')
  const key = SubjectPublicKeyInfo.decode(spki(keys.publicKey)).subjectPublicKey
  await areRefused(t, {
    'P-192': onCurve('prime192v1'),
    'P-224': onCurve('secp224r1'),
    secp256k1: onCurve('secp256k1'),
    brainpoolP256r1: onCurve('brainpoolP256r1'),
    'P-256 spelled out': onCurve('P-256', 'explicit'),
    'off its curve': having(offCurve),
    'the point at infinity': having(Uint8Array.of(0)),
    'half a point': having(point.subjectPublicKey.subarray(0, 33)),
    compressed: having(
      concatBytes([
        Uint8Array.of(2 + ((point.subjectPublicKey[64] as number) & 1)),
        point.subjectPublicKey.subarray(1, 33),
      ]),
    ),
    'no point': having(new Uint8Array(0)),
    'a neutral Ed25519 key': { ...ed25519(neutral), signature: () => concatBytes([neutral, new Uint8Array(32)]) },
    'Ed25519 with parameters': { ...ed25519(key, Uint8Array.of(5, 0)), signature: signed(keys.privateKey, null) },
    X25519: { publicKey: spki(generateKeyPairSync('x25519').publicKey) },
    Ed448: (() => {
      const pair = generateKeyPairSync('ed448')
      const { algorithm } = SubjectPublicKeyInfo.decode(spki(pair.publicKey))
      return { publicKey: spki(pair.publicKey), algorithm, signature: signed(pair.privateKey, null) }
    })(),
    DSA: (() => {
      const pair = generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 })
      const algorithm = { algorithm: '2.16.840.1.101.3.4.3.2' }
      return { publicKey: spki(pair.publicKey), algorithm, signature: signed(pair.privateKey) }
    })(),
  })
})

test('signatures that prove nothing are refused', async (t: TestContext) => {
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const zero = der.writeElement(0x30, [der.integer.encode(0n), der.integer.encode(0n)])
  await areRefused(
    t,
    {
      "another key's": { signature: signed(other.privateKey) },
      none: { signature: () => new Uint8Array(0) },
      'of two zeros': { signature: () => zero },
      'of something else': { signature: () => signed(EC.privateKey)(Uint8Array.of(1)) },
      'with SHA-1': { algorithm: { algorithm: '1.2.840.10045.4.1' }, signature: signed(EC.privateKey, 'sha1') },
      'with SHA-1 and RSA': {
        publicKey: spki(rsa.publicKey),
        algorithm: { algorithm: oids.sha1WithRSAEncryption, parameters: Uint8Array.of(5, 0) },
        signature: signed(rsa.privateKey, 'sha1'),
      },
      'with MD5': {
        publicKey: spki(rsa.publicKey),
        algorithm: { algorithm: '1.2.840.113549.1.1.4', parameters: Uint8Array.of(5, 0) },
        signature: signed(rsa.privateKey, 'md5'),
      },
      'called RSA over a curve': { algorithm: RSA_SHA256 },
      'called another hash': { algorithm: { algorithm: oids.ecdsaWithSHA384 } },
      'ECDSA with parameters': { algorithm: { ...ECDSA, parameters: Uint8Array.of(4, 1, 0) } },
      'of no known algorithm': { algorithm: { algorithm: '1.2.3.4' } },
      'called a hash': { algorithm: { algorithm: oids.sha256 } },
    },
    /^csr: its signature/,
  )
})

const attributed = (type: string, ...values: readonly Uint8Array[]): Uint8Array =>
  der.writeElement(0x30, [der.oid.encode(type), der.writeElement(0x31, values)])

/** SEQUENCE OF Extension. */
function listOf(
  ...items: readonly { readonly id: string; readonly critical: boolean; readonly value: Uint8Array }[]
): Uint8Array {
  return der.writeElement(
    0x30,
    items.map(({ id, critical, value }) =>
      der.writeElement(0x30, [
        der.oid.encode(id),
        critical ? der.boolean.encode(true) : new Uint8Array(0),
        der.octetString.encode(value),
      ]),
    ),
  )
}

test('what a request asks for beyond its key is not taken, and what is malformed is refused', async (t: TestContext) => {
  const authority = listOf(
    extensions.basicConstraints({ cA: true }),
    extensions.keyUsage(['keyCertSign', 'cRLSign']),
    extensions.subjectAlternativeName([{ type: 'dNSName', value: 'bank.example' }]),
    { id: '1.3.6.1.4.1.62558.2.1', critical: true, value: new Uint8Array(20_000) },
  )
  const attributes = [
    attributed(oids.extensionRequest, authority),
    attributed('1.2.840.113549.1.9.7', der.utf8String.encode('challenge me')),
  ]
  const answer = await post(PATH, encodePem('CERTIFICATE REQUEST', requestOf({ attributes })), {
    name: 'Asks for much',
  })
  t.assert.equal(answer.status, 201, answer.body.toString())
  const { x509_cert } = JSON.parse(answer.body.toString()) as { x509_cert: string }
  const { X509Certificate } = await import('node:crypto')
  const certificate = new X509Certificate(x509_cert)
  t.assert.equal(certificate.ca, false)
  t.assert.equal(certificate.subjectAltName, undefined)
  t.assert.ok(certificate.raw.length < 2_000)
  t.assert.deepEqual(
    createPublicKey(x509_cert).export({ format: 'der', type: 'spki' }),
    EC.publicKey.export({ format: 'der', type: 'spki' }),
  )
  const log = platform.log.join('')
  t.assert.ok(!log.includes('challenge me') && !log.includes('bank.example'))
  await areRefused(
    t,
    {
      'an extension twice': {
        attributes: [
          attributed(
            oids.extensionRequest,
            listOf(extensions.basicConstraints({ cA: true }), extensions.basicConstraints({ cA: false })),
          ),
        ],
      },
      'extensions that are none': { attributes: [attributed(oids.extensionRequest, Uint8Array.of(5, 0))] },
      'an attribute that is none': { attributes: [Uint8Array.of(5, 0)] },
      'attributes under another tag': { attributes: der.writeElement(0xa1, []) },
      'a version that there is not': { version: 1 },
      'a negative version': { version: -1 },
    },
    /^csr: it is no PKCS #10/,
  )
})

test('texts that hold something else are refused', async (t: TestContext) => {
  const before = await keptOf(platform)
  const good = requestOf({})
  const nested = (depth: number): Uint8Array => {
    const bytes = new Uint8Array(2 * depth).fill(0x80)
    for (let index = 0; index < bytes.length; index += 2) bytes[index] = 0x30
    return bytes
  }
  for (const [what, text] of [
    ['bytes behind it', encodePem('CERTIFICATE REQUEST', concatBytes([good, Uint8Array.of(5, 0)]))],
    ['indefinite lengths', encodePem('CERTIFICATE REQUEST', nested(20_000))],
    ['a length of 4 GB', encodePem('CERTIFICATE REQUEST', Uint8Array.of(0x30, 0x84, 0xff, 0xff, 0xff, 0xff))],
    ['another label', encodePem('X509 CRL', good)],
    ['a private key', encodePem('PRIVATE KEY', new Uint8Array(EC.privateKey.export({ format: 'der', type: 'pkcs8' })))],
    ['a label within a label', encodePem('CERTIFICATE REQUEST', good).replace('\n', '\n-----BEGIN X-----\n')],
    ['no end', encodePem('CERTIFICATE REQUEST', good).slice(0, -20)],
    ['NULs', '\0'.repeat(1_000)],
    ['many lines', '\n'.repeat(100_000)],
    ['half surrogates', '\ud800'.repeat(1_000)],
    ['base64 of nothing', encodeBase64(new Uint8Array(3_000))],
  ] as const)
    await isRefused(t, what, text)
  t.assert.equal(await keptOf(platform), before)
})
