import { type TestContext, test } from 'node:test'
import { decodeBase64, der, encodeBase64, encodeHex } from '@countersign/codec'
import fc from 'fast-check'
import { ExtensionReqTemplate, RequestTemplate } from '../../src/est/csr-attributes.ts'
import { CsrAttributes, csrAttributes, GeneralName, oids, PkiError, PublicKey } from '../../src/index.ts'
import { refusesMalformed } from '../malformed.ts'
import { file, openssl, withoutOpenSsl } from '../openssl.ts'

const NOTHING = { keys: [], signatureAlgorithms: [], subject: [], extensions: [] } as const

/** Examples as the specifications print them, and what they say in short. */
const EXAMPLES: Readonly<Record<string, readonly [string, readonly string[]]>> = {
  'RFC 7030 §4.5.2, RFC 8951 §4': [
    'MEEGCSqGSIb3DQEJBzASBgcqhkjOPQIBMQcGBSuBBAAiMBYGCSqGSIb3DQEJDjEJBgcrBgEBAQEWBggqhkjOPQQDAw==',
    [
      oids.challengePassword,
      `${oids.ecPublicKey} ${encodeHex(der.oid.encode(oids.secp384r1))}`,
      `${oids.extensionRequest} ${encodeHex(der.oid.encode('1.3.6.1.1.1.1.22'))}`,
      oids.ecdsaWithSHA384,
    ],
  ],
  'RFC 9908 §5, a key of a size': [
    'MCkGCSqGSIb3DQEJBzARBgkqhkiG9w0BAQExBAICEAAGCSqGSIb3DQEBCw==',
    [oids.challengePassword, `${oids.rsaEncryption} 02021000`, oids.sha256WithRSAEncryption],
  ],
  'RFC 9908 §5, a key on a curve': [
    'MD0GCSqGSIb3DQEJBzASBgcqhkjOPQIBMQcGBSuBBAAiMBIGCSqGSIb3DQEJDjEFBgNVBAUGCCqGSM49BAMD',
    [
      oids.challengePassword,
      `${oids.ecPublicKey} ${encodeHex(der.oid.encode(oids.secp384r1))}`,
      `${oids.extensionRequest} ${encodeHex(der.oid.encode(oids.serialNumber))}`,
      oids.ecdsaWithSHA384,
    ],
  ],
}

test('the examples of the specifications are read, and written as they stand', (t: TestContext) => {
  for (const [where, [text, expected]] of Object.entries(EXAMPLES)) {
    const attributes = CsrAttributes.decode(decodeBase64(text))
    const shown = attributes.map((one) =>
      one.type === 'oid' ? one.value : [one.value.type, ...one.value.values.map(encodeHex)].join(' '),
    )
    t.assert.deepEqual(shown, expected, where)
    t.assert.equal(encodeBase64(CsrAttributes.encode(attributes)), text, where)
  }
})

test('what the examples ask for of keys and signatures is written as they write it', (t: TestContext) => {
  const wishes = [
    csrAttributes({ ...NOTHING, keys: [{ type: 'EC', curve: 'P-384' }], signatureAlgorithms: ['ES384'] }),
    csrAttributes({ ...NOTHING, keys: [{ type: 'RSA', bits: 4096 }], signatureAlgorithms: ['RS256'] }),
  ]
  const texts = wishes.map((one) => encodeBase64(CsrAttributes.encode(one)))
  // Those of the specifications, without the challenge password and the extensions.
  t.assert.deepEqual(texts, [
    'MB4wEgYHKoZIzj0CATEHBgUrgQQAIgYIKoZIzj0EAwM=',
    'MB4wEQYJKoZIhvcNAQEBMQQCAhAABgkqhkiG9w0BAQs=',
  ])
  const [, signature] = csrAttributes({ ...NOTHING, keys: [{ type: 'Ed25519' }], signatureAlgorithms: ['EdDSA'] })
  t.assert.equal(signature, undefined, 'key and signature have one name')
  t.assert.equal(encodeHex(CsrAttributes.encode(csrAttributes(NOTHING))), '3000')
})

const TEMPLATE = csrAttributes({
  keys: [{ type: 'EC', curve: 'P-256' }],
  signatureAlgorithms: ['ES256'],
  subject: [
    { type: oids.commonName },
    { type: oids.organizationalUnitName, value: der.utf8String.encode('myDept') },
    { type: oids.organizationalUnitName, value: der.utf8String.encode('myGroup') },
  ],
  extensions: [
    {
      id: oids.subjectAltName,
      critical: false,
      value: der.sequenceOf(GeneralName).encode([
        { type: 'dNSName', value: 'www.myServer.com' },
        { type: 'iPAddress', value: new Uint8Array() },
      ]),
    },
    { id: oids.keyUsage, critical: true, value: Uint8Array.of(3, 2, 3, 0x88) },
    { id: oids.extKeyUsage, critical: false },
  ],
})

/** The value of the template, which stands last. */
function templateIn(attributes: CsrAttributes): Uint8Array {
  const last = attributes.at(-1)
  if (last?.type !== 'attribute' || last.value.type !== '1.2.840.113549.1.9.16.2.61') throw new Error('no template')
  return last.value.values[0] as Uint8Array
}

test('what the list can not say is said by a template, as the example of RFC 9908 §3.4 stands', {
  skip: withoutOpenSsl,
}, (t: TestContext) => {
  const { ok, text } = openssl('asn1parse', '-inform', 'DER', '-in', file(templateIn(TEMPLATE)))
  t.assert.ok(ok, text)
  const shown = text
    .trim()
    .split('\n')
    .map((line) =>
      line
        .replace(/^.*?d=(\d+).*?(?:prim|cons): */, '$1 ')
        .replaceAll(/ +/g, ' ')
        .trim(),
    )
  t.assert.deepEqual(shown, [
    '0 SEQUENCE',
    '1 INTEGER :00',
    '1 SEQUENCE',
    ...['2 SET', '3 SEQUENCE', '4 OBJECT :commonName'],
    ...['2 SET', '3 SEQUENCE', '4 OBJECT :organizationalUnitName', '4 UTF8STRING :myDept'],
    ...['2 SET', '3 SEQUENCE', '4 OBJECT :organizationalUnitName', '4 UTF8STRING :myGroup'],
    ...['1 cont [ 0 ]', '2 SEQUENCE', '3 OBJECT :id-ecPublicKey', '3 OBJECT :prime256v1'],
    ...['1 cont [ 1 ]', '2 SEQUENCE', '3 OBJECT :1.2.840.113549.1.9.16.2.62', '3 SET', '4 SEQUENCE'],
    ...['5 SEQUENCE', '6 OBJECT :X509v3 Subject Alternative Name'],
    '6 OCTET STRING [HEX DUMP]:301482107777772E6D795365727665722E636F6D8700',
    ...['5 SEQUENCE', '6 OBJECT :X509v3 Key Usage', '6 BOOLEAN :255', '6 OCTET STRING [HEX DUMP]:03020388'],
    ...['5 SEQUENCE', '6 OBJECT :X509v3 Extended Key Usage'],
  ])
})

test('a template says how long an RSA key is to be by a dummy, and nothing of keys where there is a choice', (t: TestContext) => {
  const subject = [{ type: oids.commonName }]
  const ofKeys = (keys: Parameters<typeof csrAttributes>[0]['keys']): RequestTemplate =>
    RequestTemplate.decode(templateIn(csrAttributes({ ...NOTHING, keys, subject })))
  const { publicKey } = ofKeys([{ type: 'RSA', bits: 3072 }])
  const { algorithm } = publicKey ?? {}
  t.assert.equal(algorithm?.algorithm, oids.rsaEncryption)
  const spki = der.writeElement(0x30, [
    der.writeElement(0x30, [der.oid.encode(oids.rsaEncryption), Uint8Array.of(5, 0)]),
    der.bitStringBytes.encode(publicKey?.subjectPublicKey as Uint8Array),
  ])
  t.assert.equal(PublicKey.decode(spki).bits, 3072)
  t.assert.equal(ofKeys([{ type: 'Ed25519' }, { type: 'EC', curve: 'P-256' }]).publicKey, undefined)
  t.assert.deepEqual(ofKeys([]).attributes, [])
})

test('malformed bytes are refused, whatever they are', (t: TestContext) => {
  const bytes = CsrAttributes.encode(TEMPLATE)
  refusesMalformed(t, bytes, (candidate) => CsrAttributes.decode(candidate))
  refusesMalformed(t, templateIn(TEMPLATE), (candidate) => {
    const { attributes } = RequestTemplate.decode(candidate)
    for (const { values } of attributes) for (const value of values) ExtensionReqTemplate.decode(value)
  })
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (candidate) => {
      try {
        CsrAttributes.decode(candidate)
      } catch (error) {
        return error instanceof PkiError
      }
      return true
    }),
  )
})
