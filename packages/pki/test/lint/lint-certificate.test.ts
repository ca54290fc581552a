import { generateKeyPairSync } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { test } from 'node:test'
import { concatBytes, der } from '@countersign/codec'
import { RsaPublicKey } from '../../src/crypto/public-key.ts'
import {
  AlgorithmIdentifier,
  type CertificateProfile,
  type Extension,
  extensions,
  keyIdentifier,
  Name,
  name,
  oids,
  PublicKey,
  SubjectPublicKeyInfo,
  signatureAlgorithmIdentifier,
} from '../../src/index.ts'
import { lintCertificate, lintRules } from '../../src/lint/lint-certificate.ts'
import { TbsCertificate } from '../../src/x509/certificate.ts'
import { AuthorityInformationAccess, CertificatePolicies } from '../../src/x509/extension-values.ts'
import { authority, DAY, NOW } from '../issuing.ts'
import { CLOSE, NEAR, ROCA } from './weak-rsa.ts'

const root = await authority('Root')
const issuing = await authority('Issuing', root)
const issuer = issuing.certificate

const keys = {
  EC: newPublicKey('ec', { namedCurve: 'P-256' }),
  'P-384': newPublicKey('ec', { namedCurve: 'P-384' }),
  'P-521': newPublicKey('ec', { namedCurve: 'P-521' }),
  secp256k1: newPublicKey('ec', { namedCurve: 'secp256k1' }),
  RSA: newPublicKey('rsa', { modulusLength: 2048 }),
  'RSA-1024': newPublicKey('rsa', { modulusLength: 1024 }),
  'RSA of exponent 3': newPublicKey('rsa', { modulusLength: 2048, publicExponent: 3 }),
  Ed25519: newPublicKey('ed25519', {}),
  'ML-DSA-44': newPublicKey('ml-dsa-44', {}),
  'ML-DSA-65': newPublicKey('ml-dsa-65', {}),
  'ML-DSA-87': newPublicKey('ml-dsa-87', {}),
}

function newPublicKey(type: string, options: object): PublicKey {
  const { publicKey } = generateKeyPairSync(type as 'rsa', options as never) as unknown as {
    publicKey: { export(options: object): Buffer }
  }
  return PublicKey.decode(new Uint8Array(publicKey.export({ format: 'der', type: 'spki' })))
}

const addresses = [
  extensions.authorityInformationAccess({ ocsp: 'http://pki.example/ocsp', caIssuers: 'http://pki.example/ca.cer' }),
  extensions.crlDistributionPoints(['http://pki.example/ca.crl']),
]
const C2PA_SUBJECT = name({ C: 'DE', O: 'Example', CN: 'Example Signer' })

/** A certificate of each profile with nothing to find fault with. */
function clean(profile: CertificateProfile): TbsCertificate {
  const isRoot = profile === 'root'
  const subject = isRoot ? root.certificate.subject : C2PA_SUBJECT
  const authorityKey = extensions.authorityKeyIdentifier(
    isRoot ? keyIdentifier(keys.EC.bytes) : keyIdentifier(issuer.publicKey.bytes),
  )
  const forEndEntity = (usage: Extension, ...purpose: Extension[]): Extension[] => [
    extensions.basicConstraints({ cA: false }),
    usage,
    ...purpose,
    ...(profile === 'ocsp-responder' ? [extensions.ocspNoCheck()] : addresses),
  ]
  const signs = extensions.keyUsage(['digitalSignature'])
  const own: { readonly [P in CertificateProfile]: () => Extension[] } = {
    root: () => [extensions.basicConstraints({ cA: true }), extensions.keyUsage(['keyCertSign', 'cRLSign'])],
    authority: () => [
      extensions.basicConstraints({ cA: true, pathLenConstraint: 0 }),
      extensions.keyUsage(['keyCertSign', 'cRLSign']),
      ...addresses,
    ],
    'tls-server': () => [
      ...forEndEntity(signs, extensions.extendedKeyUsage([oids.serverAuth])),
      extensions.subjectAlternativeName([
        { type: 'dNSName', value: 'Example Signer'.replace(' ', '-').toLowerCase() },
        { type: 'dNSName', value: '*.example.com' },
        { type: 'iPAddress', value: Uint8Array.of(127, 0, 0, 1) },
      ]),
    ],
    'tls-client': () => forEndEntity(signs, extensions.extendedKeyUsage([oids.clientAuth])),
    'content-signing': () =>
      forEndEntity(
        extensions.keyUsage(['digitalSignature', 'nonRepudiation']),
        extensions.extendedKeyUsage([oids.c2paClaimSigning, oids.emailProtection]),
      ),
    'time-stamping': () => forEndEntity(signs, extensions.extendedKeyUsage([oids.timeStamping], { critical: true })),
    'ocsp-responder': () => forEndEntity(signs, extensions.extendedKeyUsage([oids.ocspSigning])),
    device: () => forEndEntity(signs, extensions.extendedKeyUsage([oids.clientAuth])),
  }
  return {
    version: 2,
    serialNumber: 0x7f00_0000_0000_0000_0000n,
    signature: signatureAlgorithmIdentifier('ES256'),
    issuer: isRoot ? subject : issuer.subject,
    validity: { notBefore: NOW, notAfter: new Date(NOW.getTime() + 30 * DAY) },
    subject: profile === 'tls-server' ? name({ CN: 'example-signer' }) : subject,
    subjectPublicKeyInfo: keys.EC,
    extensions: [...own[profile](), extensions.subjectKeyIdentifier(keyIdentifier(keys.EC.bytes)), authorityKey],
  }
}

/** Under a throw-away signature. */
function wrap(tbs: Uint8Array, outside: AlgorithmIdentifier = signatureAlgorithmIdentifier('ES256')): Uint8Array {
  return der.writeElement(0x30, [
    tbs,
    AlgorithmIdentifier.encode(outside),
    der.bitStringBytes.encode(Uint8Array.of(1, 2, 3)),
  ])
}

const PROFILES: readonly CertificateProfile[] = [
  'root',
  'authority',
  'tls-server',
  'tls-client',
  'content-signing',
  'time-stamping',
  'ocsp-responder',
  'device',
]

for (const profile of PROFILES) {
  test(`a clean certificate for ${profile}`, (t) => {
    const bytes = wrap(TbsCertificate.encode(clean(profile)))
    t.assert.deepEqual(lintCertificate(bytes, profile, profile === 'root' ? {} : { issuer }), [])
  })
}

type Change = (base: TbsCertificate) => Partial<TbsCertificate>

/** One thing wrong with a certificate: its profile, unless it is a device's, and the change; or the bytes. */
type Fixture = {
  readonly profile?: CertificateProfile
  readonly change?: Change
  readonly bytes?: (base: TbsCertificate) => Uint8Array
  readonly issuer?: typeof issuer
}

function having(...added: Extension[]): Change {
  return ({ extensions: base = [] }) => ({
    extensions: [...base.filter(({ id }) => !added.some((extension) => extension.id === id)), ...added],
  })
}

function lacking(id: string): Change {
  return ({ extensions: base = [] }) => ({ extensions: base.filter((extension) => extension.id !== id) })
}

function critical(id: string, isCritical: boolean): Change {
  return ({ extensions: base = [] }) => ({
    extensions: base.map((extension) => (extension.id === id ? { ...extension, critical: isCritical } : extension)),
  })
}

function subject(value: Name): Change {
  return () => ({ subject: value })
}

function attribute(type: string, text: string, tag: number): Name {
  const bytes = der.writeElement(tag, [new TextEncoder().encode(text)])
  const set = der.writeElement(0x31, [der.writeElement(0x30, [der.oid.encode(type), bytes])])
  return Name.decode(der.writeElement(0x30, [set]))
}

/** Several attributes in one part of a name, in the order given. */
function sideBySide(...attributes: readonly (readonly [type: string, text: string])[]): Name {
  const parts = attributes.map(([type, text]) =>
    der.writeElement(0x30, [der.oid.encode(type), der.utf8String.encode(text)]),
  )
  return Name.decode(der.writeElement(0x30, [der.writeElement(0x31, parts)]))
}

function extensionOf(id: string, value: Uint8Array, isCritical = false): Extension {
  return { id, critical: isCritical, value }
}

function policy(policyQualifierId: string, qualifier: Uint8Array): Change {
  const policies = [{ policyIdentifier: '1.2.3.4', policyQualifiers: [{ policyQualifierId, qualifier }] }]
  return having(extensionOf(oids.certificatePolicies, CertificatePolicies.encode(policies)))
}

/** One policy stands for another. */
const PolicyMappings = der.writeElement(0x30, [
  der.writeElement(0x30, [der.oid.encode('1.2.3.4'), der.oid.encode('1.2.3.5')]),
])

function alternative(...names: Parameters<typeof extensions.subjectAlternativeName>[0]): Change {
  return having(extensions.subjectAlternativeName(names))
}

function rsaKey(modulus: bigint, publicExponent: bigint): PublicKey {
  return publicKey({ algorithm: keys.RSA.algorithm, subjectPublicKey: rsaKeyBytes([modulus, publicExponent]) })
}

function rsaKeyBytes(integers: readonly bigint[]): Uint8Array {
  return der.writeElement(
    0x30,
    integers.map((integer) => der.integer.encode(integer)),
  )
}

function ed25519Key(subjectPublicKey: Uint8Array): PublicKey {
  return publicKey({ algorithm: { algorithm: oids.ed25519 }, subjectPublicKey })
}

function publicKey(info: SubjectPublicKeyInfo): PublicKey {
  return PublicKey.decode(SubjectPublicKeyInfo.encode(info))
}

function key(subjectPublicKeyInfo: PublicKey): Change {
  return () => ({ subjectPublicKeyInfo })
}

/** The modulus of a key as they are made. */
const SOUND = RsaPublicKey.decode(keys.RSA.key).modulus

const offCurve = keys.EC.key.slice()
offCurve[64]! ^= 1

const fixtures: { readonly [id: string]: readonly Fixture[] } = {
  'version-3': [{ change: () => ({ version: 1 }) }],
  'serial-number-positive': [{ change: () => ({ serialNumber: 0n }) }, { change: () => ({ serialNumber: -1n }) }],
  'serial-number-length': [{ change: () => ({ serialNumber: 1n << 159n }) }],
  'serial-number-entropy': [{ change: () => ({ serialNumber: (1n << 63n) - 1n }) }],
  'signature-algorithm-accepted': [
    {
      bytes: (base) => {
        const sha1 = { algorithm: oids.sha1WithRSAEncryption, parameters: Uint8Array.of(5, 0) }
        return wrap(TbsCertificate.encode({ ...base, signature: sha1 }), sha1)
      },
    },
  ],
  'signature-algorithm-encoding': [
    {
      bytes: (base) => {
        const withoutNull = { algorithm: oids.sha256WithRSAEncryption }
        return wrap(TbsCertificate.encode({ ...base, signature: withoutNull }), withoutNull)
      },
    },
  ],
  'signature-algorithm-match': [{ change: () => ({ signature: signatureAlgorithmIdentifier('ES384') }) }],
  'validity-order': [{ change: () => ({ validity: { notBefore: NOW, notAfter: NOW } }) }],
  'validity-encoding': [
    {
      bytes: (base) => {
        const time = der.utcTime.encode(base.validity.notAfter)
        return wrap(replaced(TbsCertificate.encode(base), time, der.generalizedTime.encode(base.validity.notAfter), 1))
      },
    },
  ],
  'validity-length': [
    { profile: 'content-signing', change: () => lasting(366) },
    { profile: 'tls-server', change: () => lasting(398) },
    { profile: 'tls-client', change: () => lasting(398) },
    { profile: 'time-stamping', change: () => lasting(4110) },
    { profile: 'ocsp-responder', change: () => lasting(398) },
  ],
  'unique-identifiers-absent': [
    { change: () => ({ issuerUniqueId: { bytes: Uint8Array.of(1), unusedBits: 0 } }) },
    { change: () => ({ subjectUniqueId: { bytes: Uint8Array.of(1), unusedBits: 0 } }) },
  ],
  'der-canonical': [
    {
      bytes: (base) => {
        // An extension that spells out that it is not critical.
        const plain = { id: '1.2.3.4', critical: false, value: Uint8Array.of(5, 0) }
        const id = der.oid.encode(plain.id)
        const spelled = der.writeElement(0x30, [id, Uint8Array.of(1, 1, 0), der.octetString.encode(plain.value)])
        const elements = der.elementsOf(der.onlyElement(TbsCertificate.encode(base)))
        const list = base.extensions?.map(({ id, critical, value }) =>
          der.writeElement(0x30, [
            der.oid.encode(id),
            critical ? Uint8Array.of(1, 1, 255) : Uint8Array.of(),
            der.octetString.encode(value),
          ]),
        )
        const written = der.writeElement(0xa3, [der.writeElement(0x30, [...(list ?? []), spelled])])
        return wrap(der.writeElement(0x30, [...elements.slice(0, -1).map(({ bytes }) => bytes), written]))
      },
    },
  ],
  'key-type': [
    { change: key(keys.secp256k1) },
    { change: key(publicKey({ algorithm: { algorithm: '1.3.101.113' }, subjectPublicKey: new Uint8Array(57) })) },
  ],
  'key-time-stamping-type': [{ profile: 'time-stamping', change: key(keys.Ed25519) }],
  'key-rsa-size': [
    { change: key(keys['RSA-1024']) },
    { change: key(rsaKey((1n << 2049n) + 1n, 65537n)) },
    { change: key(rsaKey((1n << 16391n) + 1n, 65537n)) },
  ],
  'key-rsa-encoding': [
    { change: key(publicKey({ algorithm: keys.RSA.algorithm, subjectPublicKey: rsaKeyBytes([SOUND, 65537n, 1n]) })) },
    { change: key(publicKey({ algorithm: keys.RSA.algorithm, subjectPublicKey: rsaKeyBytes([SOUND]) })) },
  ],
  'key-rsa-exponent': [
    { change: key(keys['RSA of exponent 3']) },
    ...[-1n, 0n, 1n, 2n, 65536n, 65538n, 1n << 256n, (1n << 2000n) + 1n].map((exponent) => ({
      change: key(rsaKey(SOUND, exponent)),
    })),
    { change: key(rsaKey(SOUND ** 2n, (1n << 64n) + 1n)) },
  ],
  'key-rsa-roca': [{ change: key(rsaKey(ROCA, 65537n)) }],
  'key-rsa-close-primes': [{ change: key(rsaKey(CLOSE, 65537n)) }, { change: key(rsaKey(NEAR, 65537n)) }],
  'key-ed25519-parameters': [
    {
      change: key(
        publicKey({
          algorithm: { algorithm: oids.ed25519, parameters: Uint8Array.of(5, 0) },
          subjectPublicKey: keys.Ed25519.key,
        }),
      ),
    },
  ],
  'key-ed25519-point': [
    ...[0, 1, 0x80].map((last) => ({ change: key(ed25519Key(Uint8Array.of(1, ...new Uint8Array(30), last & 0x80))) })),
    { change: key(ed25519Key(new Uint8Array(32))) },
    { change: key(ed25519Key(new Uint8Array(31).fill(7))) },
    // No point has this y, nor one that is not below the prime.
    { change: key(ed25519Key(Uint8Array.of(2, ...new Uint8Array(31)))) },
    { change: key(ed25519Key(Uint8Array.of(0xf0, ...new Uint8Array(30).fill(0xff), 0x7f))) },
  ],
  'key-rsa-modulus': [{ change: key(rsaKey(751n * ((1n << 2046n) + 1n), 65537n)) }],
  'key-rsa-parameters': [
    { change: key(publicKey({ algorithm: { algorithm: oids.rsaEncryption }, subjectPublicKey: keys.RSA.key })) },
  ],
  'key-rsa-pss-parameters': [
    {
      change: key(
        publicKey({
          algorithm: { algorithm: oids.rsassaPss, parameters: Uint8Array.of(5, 0) },
          subjectPublicKey: keys.RSA.key,
        }),
      ),
    },
  ],
  'key-ec-point': [
    { change: key(publicKey({ algorithm: keys.EC.algorithm, subjectPublicKey: offCurve })) },
    {
      change: key(
        publicKey({
          algorithm: keys.EC.algorithm,
          subjectPublicKey: concatBytes([Uint8Array.of(2), keys.EC.key.subarray(1, 33)]),
        }),
      ),
    },
  ],
  'key-ml-dsa': [
    {
      change: key(
        publicKey({ ...SubjectPublicKeyInfo.decode(keys['ML-DSA-44'].bytes), subjectPublicKey: new Uint8Array(1311) }),
      ),
    },
    {
      change: key(publicKey({ algorithm: { algorithm: oids.mlDsa65 }, subjectPublicKey: keys['ML-DSA-44'].key })),
    },
    {
      change: key(
        publicKey({
          algorithm: { algorithm: oids.mlDsa44, parameters: Uint8Array.of(5, 0) },
          subjectPublicKey: keys['ML-DSA-44'].key,
        }),
      ),
    },
  ],
  'key-content-type': [
    { profile: 'content-signing', change: key(keys['ML-DSA-65']) },
    { profile: 'time-stamping', change: key(keys['ML-DSA-87']) },
  ],
  'issuer-not-empty': [{ change: () => ({ issuer: [] }) }],
  'name-attribute-once': [{ change: subject(sideBySide([oids.commonName, 'a'], [oids.commonName, 'b'])) }],
  'name-attribute-order': [{ change: subject(sideBySide([oids.organizationName, 'b'], [oids.commonName, 'a'])) }],
  'subject-authority-not-empty': [{ profile: 'authority', change: subject([]) }],
  'subject-empty-critical-san': [{ change: subject([]) }],
  'subject-content-signing': [
    { profile: 'content-signing', change: subject(name({ C: 'DE', CN: 'Someone' })) },
    { profile: 'content-signing', change: subject(name({ C: 'DE', O: 'Someone' })) },
  ],
  'subject-content-signing-country': [{ profile: 'content-signing', change: subject(name({ O: 'Example', CN: 'A' })) }],
  'subject-attribute-length': [
    { change: subject(name({ CN: 'x'.repeat(65) })) },
    { change: subject(name({ CN: 'x', OU: '' })) },
    { change: subject(name({ CN: 'x', DC: 'x'.repeat(64) })) },
    { change: subject(name({ CN: 'x', STREET: 'x'.repeat(129) })) },
  ],
  'subject-country': [{ change: subject(name({ C: 'de' })) }, { change: subject(name({ C: 'Germany' })) }],
  'subject-attribute-encoding': [
    { change: subject(attribute(oids.commonName, 'x', 0x14)) },
    { change: subject(attribute(oids.commonName, 'a*b', 0x13)) },
    { change: subject(attribute(oids.commonName, 'a', 0x16)) },
    { change: subject(attribute(oids.commonName, 'ab', 0x1e)) },
    { change: subject(attribute(oids.countryName, 'DE', 0x0c)) },
    { change: subject(attribute(oids.serialNumber, '1', 0x0c)) },
    { change: subject(attribute(oids.domainComponent, 'a', 0x13)) },
  ],
  'subject-attribute-control-characters': [{ change: subject(name({ CN: 'a\0b' })) }],
  'subject-attribute-white-space': [{ change: subject(name({ CN: ' a' })) }],
  'san-tls-server': [
    { profile: 'tls-server', change: lacking(oids.subjectAltName) },
    { profile: 'tls-server', change: alternative({ type: 'rfc822Name', value: 'a@b.example' }) },
  ],
  'san-not-empty': [{ change: alternative() }],
  'san-common-name': [{ profile: 'tls-server', change: subject(name({ CN: 'elsewhere.example' })) }],
  'san-dns-name': [
    { change: alternative({ type: 'dNSName', value: 'a_b.example' }) },
    { change: alternative({ type: 'dNSName', value: '*.example' }) },
    { change: alternative({ type: 'dNSName', value: 'a.*.example' }) },
    { change: alternative({ type: 'dNSName', value: '' }) },
    { change: alternative({ type: 'dNSName', value: 'a..example' }) },
    { change: alternative({ type: 'dNSName', value: `${'a'.repeat(64)}.example` }) },
    { change: alternative({ type: 'dNSName', value: '192.0.2.1' }) },
  ],
  'san-ip-address': [{ change: alternative({ type: 'iPAddress', value: new Uint8Array(8) }) }],
  'san-rfc822-name': [
    'nobody',
    '@b.example',
    'a..b@c.example',
    '.a@b.example',
    '"a b"@c.example',
    'a@*.b.example',
    'a@192.0.2.1',
  ].map((value) => ({ change: alternative({ type: 'rfc822Name', value }) })),
  'san-uri': [
    '/relative',
    'https:///path',
    'https://a_b.example/',
    'https://[::1/',
    'https://a.example/<b>',
    'https://a.example/%zz',
    'urn:',
  ].map((value) => ({ change: alternative({ type: 'uniformResourceIdentifier', value }) })),
  'extension-once': [
    { change: ({ extensions: base = [] }) => ({ extensions: [...base, extensions.keyUsage(['digitalSignature'])] }) },
  ],
  'extension-encoding': [
    { change: having({ id: oids.subjectAltName, critical: false, value: Uint8Array.of(1, 2) }) },
    // keyUsage with a trailing zero bit too many, cA FALSE spelled out: BER, not DER.
    { change: having({ id: oids.keyUsage, critical: true, value: Uint8Array.of(3, 2, 6, 0x80) }) },
    { change: having({ id: oids.basicConstraints, critical: true, value: Uint8Array.of(0x30, 3, 1, 1, 0) }) },
  ],
  'extension-critical-unknown': [{ change: having({ id: '1.2.3.4', critical: true, value: Uint8Array.of(5, 0) }) }],
  'extension-criticality': [
    { change: critical(oids.subjectKeyIdentifier, true) },
    { change: critical(oids.authorityKeyIdentifier, true) },
    { change: critical(oids.authorityInfoAccess, true) },
    {
      profile: 'authority',
      change: having({
        ...extensions.nameConstraints({ permitted: [{ type: 'dNSName', value: 'example.com' }] }),
        critical: false,
      }),
    },
  ],
  'extension-criticality-advised': [
    { change: critical(oids.cRLDistributionPoints, true) },
    {
      change: having(extensions.subjectAlternativeName([{ type: 'dNSName', value: 'a.example' }], { critical: true })),
    },
  ],
  'extensions-of-authorities': [
    { change: having(extensions.nameConstraints({ permitted: [{ type: 'dNSName', value: 'example.com' }] })) },
    { change: having(extensionOf(oids.policyMappings, PolicyMappings)) },
  ],
  'basic-constraints-authority': [
    { profile: 'authority', change: lacking(oids.basicConstraints) },
    { profile: 'root', change: critical(oids.basicConstraints, false) },
    { profile: 'authority', change: having(extensions.basicConstraints({ cA: false })) },
  ],
  'basic-constraints-end-entity': [{ change: having(extensions.basicConstraints({ cA: true })) }],
  'basic-constraints-path-length': [
    { change: having(extensions.basicConstraints({ cA: false, pathLenConstraint: 0 })) },
    { profile: 'authority', change: having(extensions.basicConstraints({ cA: true, pathLenConstraint: -1 })) },
  ],
  'subject-key-identifier': [{ profile: 'authority', change: lacking(oids.subjectKeyIdentifier) }],
  'subject-key-identifier-end-entity': [{ change: lacking(oids.subjectKeyIdentifier) }],
  'authority-key-identifier': [
    { change: lacking(oids.authorityKeyIdentifier) },
    { change: having({ id: oids.authorityKeyIdentifier, critical: false, value: Uint8Array.of(0x30, 0) }) },
  ],
  'authority-key-identifier-form': [
    { change: having({ id: oids.authorityKeyIdentifier, critical: false, value: Uint8Array.of(0x30, 3, 0x82, 1, 1) }) },
  ],
  'extended-key-usage-not-empty': [{ change: having(extensions.extendedKeyUsage([])) }],
  'extended-key-usage-once': [{ change: having(extensions.extendedKeyUsage([oids.clientAuth, oids.clientAuth])) }],
  'extended-key-usage-any': [
    { change: having(extensions.extendedKeyUsage([oids.anyExtendedKeyUsage])) },
    { profile: 'authority', change: having(extensions.extendedKeyUsage([oids.anyExtendedKeyUsage])) },
  ],
  'key-usage-present': [{ change: lacking(oids.keyUsage) }, { change: having(extensions.keyUsage([])) }],
  'key-usage-critical': [{ change: critical(oids.keyUsage, false) }],
  'key-usage-suits-key': [
    { change: having(extensions.keyUsage(['digitalSignature', 'keyEncipherment'])) },
    { change: (base) => ({ ...key(keys.RSA)(base), ...having(extensions.keyUsage(['keyAgreement']))(base) }) },
    { change: (base) => ({ ...key(keys.Ed25519)(base), ...having(extensions.keyUsage(['keyAgreement']))(base) }) },
  ],
  'key-usage-agreement': [{ change: having(extensions.keyUsage(['digitalSignature', 'encipherOnly'])) }],
  'key-usage-signs': (['Ed25519', 'ML-DSA-44'] as const).map((type) => ({
    change: (base) => ({ ...key(keys[type])(base), ...having(extensions.keyUsage(['keyAgreement']))(base) }),
  })),
  'key-usage-certificates': [{ change: having(extensions.keyUsage(['digitalSignature', 'keyCertSign'])) }],
  'certificate-policy-qualifiers': [
    { change: policy(oids.cps, der.utf8String.encode('http://a.example/')) },
    { change: policy(oids.cps, der.ia5String.encode('a.example')) },
    { change: policy('1.3.6.1.5.5.7.2.2', Uint8Array.of(0x30, 0)) },
  ],
  'policy-constraints': [
    { profile: 'authority', change: having(extensionOf(oids.policyConstraints, Uint8Array.of(0x30, 0), true)) },
    {
      profile: 'authority',
      change: having(extensionOf(oids.policyConstraints, Uint8Array.of(0x30, 3, 0x80, 1, 0xff), true)),
    },
    { profile: 'authority', change: having(extensionOf(oids.inhibitAnyPolicy, Uint8Array.of(2, 1, 0xff), true)) },
  ],
  'name-constraints-form': [
    { profile: 'authority', change: having(extensionOf(oids.nameConstraints, Uint8Array.of(0x30, 0), true)) },
    { profile: 'authority', change: having(extensions.nameConstraints({ permitted: [] })) },
    ...[new Uint8Array(4), Uint8Array.of(10, 0, 0, 0, 255, 0, 255, 0)].map((value) => ({
      profile: 'authority' as const,
      change: having(extensions.nameConstraints({ excluded: [{ type: 'iPAddress', value }] })),
    })),
  ],
  'certificate-policies': [
    { change: having(extensions.certificatePolicies([])) },
    { change: having(extensions.certificatePolicies(['1.2.3.4', '1.2.3.4'])) },
  ],
  'crl-address': [
    { change: lacking(oids.cRLDistributionPoints) },
    { profile: 'authority', change: lacking(oids.cRLDistributionPoints) },
  ],
  'crl-distribution-point-form': [
    { change: having(extensionOf(oids.cRLDistributionPoints, Uint8Array.of(0x30, 0))) },
    // For some reasons alone: DistributionPoint { reasons }.
    { change: having(extensionOf(oids.cRLDistributionPoints, Uint8Array.of(0x30, 6, 0x30, 4, 0x81, 2, 5, 0x20))) },
  ],
  'authority-information-access-form': [
    { change: having(extensionOf(oids.authorityInfoAccess, Uint8Array.of(0x30, 0))) },
    {
      change: having(
        extensionOf(
          oids.authorityInfoAccess,
          AuthorityInformationAccess.encode([
            {
              accessMethod: '1.3.6.1.5.5.7.48.3',
              accessLocation: { type: 'uniformResourceIdentifier', value: 'http://a.example/' },
            },
          ]),
        ),
      ),
    },
  ],
  'ocsp-address': [
    { change: lacking(oids.authorityInfoAccess) },
    {
      profile: 'content-signing',
      change: having(extensions.authorityInformationAccess({ caIssuers: 'http://pki.example/ca.cer' })),
    },
  ],
  'ocsp-no-check': [{ profile: 'ocsp-responder', change: lacking(oids.ocspNoCheck) }],
  'address-http': [
    { change: having(extensions.crlDistributionPoints(['https://pki.example/ca.crl'])) },
    { change: having(extensions.crlDistributionPoints(['ldap://pki.example/ca.crl'])) },
    { change: having(extensions.authorityInformationAccess({ ocsp: 'http:///ocsp' })) },
  ],
  'key-usage-profile': [
    { profile: 'authority', change: having(extensions.keyUsage(['keyCertSign'])) },
    { profile: 'tls-server', change: having(extensions.keyUsage(['keyAgreement'])) },
    { profile: 'tls-client', change: having(extensions.keyUsage(['nonRepudiation', 'digitalSignature'])) },
    { profile: 'content-signing', change: having(extensions.keyUsage(['digitalSignature', 'keyCertSign'])) },
    { profile: 'time-stamping', change: having(extensions.keyUsage(['nonRepudiation'])) },
    { profile: 'ocsp-responder', change: having(extensions.keyUsage(['digitalSignature', 'nonRepudiation'])) },
    { change: having(extensions.keyUsage(['digitalSignature', 'cRLSign'])) },
  ],
  'extended-key-usage-profile': [
    { profile: 'tls-server', change: having(extensions.extendedKeyUsage([oids.clientAuth])) },
    { profile: 'tls-client', change: having(extensions.extendedKeyUsage([oids.clientAuth, oids.serverAuth])) },
    { profile: 'content-signing', change: lacking(oids.extKeyUsage) },
    {
      profile: 'content-signing',
      change: having(extensions.extendedKeyUsage([oids.c2paClaimSigning, oids.timeStamping])),
    },
    {
      profile: 'time-stamping',
      change: having(extensions.extendedKeyUsage([oids.timeStamping, oids.clientAuth], { critical: true })),
    },
    { profile: 'ocsp-responder', change: having(extensions.extendedKeyUsage([oids.ocspSigning, oids.clientAuth])) },
  ],
  'extended-key-usage-consistent': [
    { change: having(extensions.extendedKeyUsage([oids.clientAuth]), extensions.keyUsage(['nonRepudiation'])) },
  ],
  'extended-key-usage-surplus': [{ change: having(extensions.keyUsage(['digitalSignature', 'nonRepudiation'])) }],
  'extended-key-usage-critical': [{ profile: 'time-stamping', change: critical(oids.extKeyUsage, false) }],
  'extended-key-usage-root': [{ profile: 'root', change: having(extensions.extendedKeyUsage([oids.serverAuth])) }],
  'extended-key-usage-device': [oids.ocspSigning, oids.emailProtection].map((purpose) => ({
    change: having(extensions.extendedKeyUsage([oids.clientAuth, purpose])),
  })),
  'root-self-issued': [{ profile: 'root', change: () => ({ issuer: issuer.subject }) }],
  'root-key-identifiers': [{ profile: 'root', change: having(extensions.authorityKeyIdentifier(Uint8Array.of(1))) }],
  'issued-not-self-issued': [{ change: ({ issuer: value }) => ({ subject: value }) }],
  'issuer-name': [{ change: () => ({ issuer: root.certificate.subject }) }],
  'issuer-name-encoding': [
    {
      change: ({ issuer: value }) => ({
        issuer: value.map((rdn) => rdn.map(({ type, value: text }) => attribute(type, text, 0x13).flat()[0]!)),
      }),
    },
  ],
  'issuer-key-identifier': [{ change: having(extensions.authorityKeyIdentifier(Uint8Array.of(1))) }],
  'issuer-signature-algorithm': [
    {
      bytes: (base) => {
        const algorithm = signatureAlgorithmIdentifier('RS256')
        return wrap(TbsCertificate.encode({ ...base, signature: algorithm }), algorithm)
      },
    },
  ],
  'issuer-authority': [
    { issuer: (await authority('Issuing', root, { ...same(), without: [oids.basicConstraints] })).certificate },
    {
      issuer: (await authority('Issuing', root, { ...same(), with: [extensions.keyUsage(['cRLSign'])] })).certificate,
    },
  ],
  'issuer-path-length': [
    {
      profile: 'authority',
      issuer: (
        await authority('Issuing', root, {
          ...same(),
          with: [extensions.basicConstraints({ cA: true, pathLenConstraint: 0 })],
        })
      ).certificate,
    },
  ],
  'issuer-validity': [
    { issuer: (await authority('Issuing', root, { ...same(), notAfter: new Date(NOW.getTime() + DAY) })).certificate },
  ],
  'issuer-name-constraints': [
    {
      issuer: (
        await authority('Issuing', root, {
          ...same(),
          with: [
            extensions.nameConstraints({
              excluded: [{ type: 'directoryName', value: name({ C: 'DE', O: 'EXAMPLE' }) }],
            }),
          ],
        })
      ).certificate,
    },
  ],
}

function same() {
  return { privateKey: issuing.privateKey }
}

function lasting(days: number): Partial<TbsCertificate> {
  return { validity: { notBefore: NOW, notAfter: new Date(NOW.getTime() + days * DAY) } }
}

/** TBSCertificate bytes with one element of `validity` in another encoding, and the lengths around it set right. */
function replaced(tbs: Uint8Array, from: Uint8Array, to: Uint8Array, index: number): Uint8Array {
  const elements = der.elementsOf(der.onlyElement(tbs)).map(({ bytes }) => bytes)
  const times = der.elementsOf(der.onlyElement(elements[4]!)).map(({ bytes }) => bytes)
  if (Buffer.compare(times[index]!, from) !== 0) throw new Error('the element is another one')
  times[index] = to
  elements[4] = der.writeElement(0x30, times)
  return der.writeElement(0x30, elements)
}

for (const [id, cases] of Object.entries(fixtures)) {
  for (const [index, fixture] of cases.entries()) {
    const profile = fixture.profile ?? 'device'
    test(`${id} is found in a certificate for ${profile} (${index + 1})`, (t) => {
      const base = clean(profile)
      const bytes = fixture.bytes?.(base) ?? wrap(TbsCertificate.encode({ ...base, ...fixture.change?.(base) }))
      const above = fixture.issuer ?? (profile === 'root' ? undefined : issuer)
      const found = lintCertificate(bytes, profile, { issuer: above })
      const finding = found.find((candidate) => candidate.id === id)
      t.assert.equal(finding?.id, id, `found: ${found.map((candidate) => candidate.id).join(', ')}`)
      t.assert.equal(finding?.severity, lintRules.find((rule) => rule.id === id)?.severity)
    })
  }
}

test('every lint has a fixture, and an id of its own', (t) => {
  const ids = lintRules.map(({ id }) => id)
  t.assert.equal(new Set(ids).size, ids.length)
  t.assert.deepEqual(ids.toSorted(), Object.keys(fixtures).toSorted())
})

test('each lint stands in a file of its name', async (t) => {
  const files = await readdir(new URL('../../src/lint/rules/', import.meta.url))
  t.assert.deepEqual(files.toSorted(), lintRules.map(({ id }) => `${id}.ts`).toSorted())
})

test('keys of every kind that is accepted are clean', (t) => {
  for (const [label, publicKeyInfo] of Object.entries(keys)) {
    if (['secp256k1', 'RSA-1024', 'RSA of exponent 3'].includes(label)) continue
    const bytes = wrap(TbsCertificate.encode({ ...clean('device'), subjectPublicKeyInfo: publicKeyInfo }))
    t.assert.deepEqual(lintCertificate(bytes, 'device', { issuer }), [], label)
  }
})

test('what is no certificate at all is one finding', (t) => {
  const bytes = wrap(TbsCertificate.encode(clean('device')))
  for (let length = 0; length < bytes.length; length++) {
    const found = lintCertificate(bytes.subarray(0, length), 'device')
    t.assert.deepEqual(
      found.map(({ id }) => id),
      ['malformed'],
    )
  }
})

test('a certificate with any byte changed is linted without an exception', (t) => {
  const bytes = wrap(TbsCertificate.encode(clean('tls-server')))
  for (let index = 0; index < bytes.length; index++) {
    for (const mask of [1, 0x80, 0xff]) {
      const changed = bytes.slice()
      changed[index]! ^= mask
      t.assert.equal(Array.isArray(lintCertificate(changed, 'tls-server', { issuer })), true)
    }
  }
})
