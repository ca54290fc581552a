import { test } from 'node:test'
import { concatBytes, der } from '@countersign/codec'
import {
  assembleCertificate,
  Certificate,
  extensions,
  type GeneralName,
  name,
  oids,
  type PathFailureCode,
  toBeSigned,
  validatePath,
} from '../../src/index.ts'
import { authority, type Changes, DAY, type Entity, endEntity, NOW, newPrivateKey } from '../issuing.ts'
import { opensslIsAbsent, opensslVerifies } from './openssl-verify.ts'

type Chain = {
  readonly leaf: Entity
  readonly intermediates: readonly Entity[]
  readonly anchors: readonly Entity[]
  readonly at?: Date
  readonly purpose?: readonly string[]
}

async function validate({ leaf, intermediates, anchors, at = NOW, purpose }: Chain) {
  return await validatePath({
    leaf: leaf.certificate,
    intermediates: intermediates.map(({ certificate }) => certificate),
    anchors: anchors.map(({ certificate }) => certificate),
    at,
    ...(purpose && { purpose }),
  })
}

function openssl({ leaf, intermediates, anchors, at = NOW }: Chain): boolean {
  return opensslVerifies(
    leaf.certificate,
    intermediates.map(({ certificate }) => certificate),
    anchors.map(({ certificate }) => certificate),
    at,
  )
}

/** Root, issuing authority, leaf, each changed as the test says. */
async function chain({
  root = {},
  issuing = {},
  leaf = {},
}: {
  root?: Changes
  issuing?: Changes
  leaf?: Changes
} = {}) {
  const anchor = await authority('Root', undefined, root)
  const intermediate = await authority('Issuing', anchor, issuing)
  return { leaf: await endEntity('leaf', intermediate, leaf), intermediates: [intermediate], anchors: [anchor] }
}

const valid: { readonly [what: string]: () => Promise<Chain> } = {
  'a root, an issuing authority and a leaf': () => chain(),
  'RSA, RSASSA-PSS and Ed25519 in one path': async () => {
    const root = await authority('Root', undefined, { algorithm: 'PS384' })
    const upper = await authority('Upper', root, { algorithm: 'EdDSA' })
    const issuing = await authority('Issuing', upper, { algorithm: 'RS256' })
    return {
      leaf: await endEntity('leaf', issuing, { algorithm: 'ES512' }),
      intermediates: [issuing, upper],
      anchors: [root],
    }
  },
  'an anchor that is not a root': async () => {
    const { leaf, intermediates } = await chain()
    return { leaf, intermediates: [], anchors: intermediates }
  },
  'two authorities of one name, the wrong one first': async () => {
    const anchor = await authority('Root')
    const other = await authority('Issuing', anchor, { without: [oids.subjectKeyIdentifier] })
    const right = await authority('Issuing', anchor, { without: [oids.subjectKeyIdentifier] })
    return { leaf: await endEntity('leaf', right), intermediates: [other, right], anchors: [anchor] }
  },
  'a purpose that the leaf names': async () => ({ ...(await chain()), purpose: [oids.serverAuth, oids.clientAuth] }),
  'a path length that is just enough': () =>
    chain({
      root: { with: [extensions.basicConstraints({ cA: true, pathLenConstraint: 1 })] },
      issuing: { with: [extensions.basicConstraints({ cA: true, pathLenConstraint: 0 })] },
    }),
  'a name of other letter case, spaces and encoding': async () => {
    const anchor = await authority('Root', undefined, { subject: name({ O: 'Example  Org', C: 'DE', CN: 'ROOT' }) })
    const leaf = await endEntity('leaf', anchor, { issuer: name({ O: 'example org', C: 'DE', CN: 'Root' }) })
    return { leaf, intermediates: [], anchors: [anchor] }
  },
  'the last second of validity': async () => {
    const made = await chain({ leaf: { notAfter: new Date(NOW.getTime() + DAY) } })
    return { ...made, at: new Date(NOW.getTime() + DAY) }
  },
  'a policy that is demanded and there': () =>
    chain({
      issuing: { with: [policyConstraints(0), extensions.certificatePolicies([oids.anyPolicy])] },
      leaf: { with: [extensions.certificatePolicies(['1.2.3.4'])] },
    }),
}

/** OpenSSL takes the first authority of a name when no key identifiers tell them apart, and the last second for past. */
const opensslRefuses = new Set(['two authorities of one name, the wrong one first', 'the last second of validity'])

for (const [what, make] of Object.entries(valid)) {
  test(`valid: ${what}`, async (t) => {
    const made = await make()
    const result = await validate(made)
    t.assert.equal(
      result.valid,
      true,
      JSON.stringify(result, (_, value) => (typeof value === 'bigint' ? 0 : value)),
    )
    if (result.valid) {
      t.assert.equal(result.path[0], made.leaf.certificate)
      t.assert.equal(
        made.anchors.some(({ certificate }) => certificate === result.path.at(-1)),
        true,
      )
    }
    if (opensslIsAbsent) t.diagnostic(`not judged by OpenSSL: ${opensslIsAbsent}`)
    else if (!opensslRefuses.has(what)) t.assert.equal(openssl(made), true)
  })
}

function policyConstraints(requireExplicitPolicy: number) {
  const value = der.writeElement(0x30, [der.implicit(0, der.smallInteger).encode(requireExplicitPolicy)])
  return { id: oids.policyConstraints, critical: true, value }
}

function dns(value: string): GeneralName {
  return { type: 'dNSName', value }
}

function san(...names: GeneralName[]) {
  return { with: [extensions.subjectAlternativeName(names)] }
}

function under(
  constraints: Parameters<typeof extensions.nameConstraints>[0],
  leaf: Changes,
): () => ReturnType<typeof chain> {
  return () => chain({ issuing: { with: [extensions.nameConstraints(constraints)] }, leaf })
}

type Invalid = {
  readonly code: PathFailureCode
  readonly reason: RegExp
  readonly make: () => Promise<Chain>
  /** Why OpenSSL's verdict is another one. */
  readonly opensslDiffers?: string
}

const invalid: { readonly [what: string]: Invalid } = {
  'a leaf that has expired': {
    code: 'expired',
    reason: /^CN=leaf,O=Example was valid until/,
    make: () => chain({ leaf: { notAfter: new Date(NOW.getTime() - 1000) } }),
  },
  'a leaf that is not valid yet': {
    code: 'not_yet_valid',
    reason: /^CN=leaf/,
    make: () => chain({ leaf: { notBefore: new Date(NOW.getTime() + 1000) } }),
  },
  'an authority that has expired': {
    code: 'expired',
    reason: /^CN=Issuing/,
    make: () => chain({ issuing: { notAfter: new Date(NOW.getTime() - 1000) } }),
  },
  'an anchor that has expired': {
    code: 'expired',
    reason: /^CN=Root/,
    make: () => chain({ root: { notAfter: new Date(NOW.getTime() - 1000) } }),
  },
  'an anchor that is another': {
    code: 'untrusted',
    reason: /^CN=Root,O=Example is self-issued and no anchor/,
    make: async () => {
      const { leaf, intermediates, anchors } = await chain()
      return { leaf, intermediates: [...intermediates, ...anchors], anchors: [await authority('Another')] }
    },
  },
  'no anchor at all': {
    code: 'untrusted',
    reason: /^CN=Issuing,O=Example is issued by CN=Root,O=Example, whose certificate is not there/,
    make: async () => ({ ...(await chain()), anchors: [] }),
  },
  'a self-signed leaf': {
    code: 'untrusted',
    reason: /self-issued and no anchor/,
    make: async () => ({ ...(await chain()), leaf: await endEntity('leaf', undefined) }),
  },
  'an authority that is missing': {
    code: 'untrusted',
    reason: /^CN=leaf,O=Example is issued by CN=Issuing/,
    make: async () => ({ ...(await chain()), intermediates: [] }),
  },
  'a signature by another key of the same name': {
    code: 'signature',
    reason: /^CN=leaf,O=Example is not signed by the key of CN=Issuing/,
    make: async () => {
      const { anchors, leaf } = await chain()
      return { leaf, anchors, intermediates: [await authority('Issuing', anchors[0])] }
    },
  },
  'a signature with one bit changed': {
    code: 'signature',
    reason: /^CN=leaf/,
    make: async () => {
      const made = await chain()
      const bytes = made.leaf.certificate.bytes.slice()
      bytes[bytes.length - 1]! ^= 1
      return { ...made, leaf: { ...made.leaf, certificate: Certificate.decode(bytes) } }
    },
  },
  'an issuer that is an end-entity': {
    code: 'not_an_authority',
    reason: /^CN=middle,O=Example is no authority/,
    make: async () => {
      const {
        leaf: middle,
        intermediates,
        anchors,
      } = await chain({ leaf: { subject: name({ O: 'Example', CN: 'middle' }) } })
      return { leaf: await endEntity('leaf', middle), intermediates: [...intermediates, middle], anchors }
    },
  },
  'an issuer without basicConstraints': {
    code: 'not_an_authority',
    reason: /^CN=Issuing/,
    make: () => chain({ issuing: { without: [oids.basicConstraints] } }),
  },
  'an anchor that is an end-entity': {
    code: 'not_an_authority',
    reason: /^CN=middle/,
    make: async () => {
      const middle = await endEntity('middle', undefined)
      return { leaf: await endEntity('leaf', middle), intermediates: [], anchors: [middle] }
    },
  },
  'an authority whose key usage lacks keyCertSign': {
    code: 'key_usage',
    reason: /^CN=Issuing/,
    make: () => chain({ issuing: { with: [extensions.keyUsage(['digitalSignature', 'cRLSign'])] } }),
  },
  'a path longer than the root allows': {
    code: 'path_length',
    reason: /^CN=Issuing/,
    make: () => chain({ root: { with: [extensions.basicConstraints({ cA: true, pathLenConstraint: 0 })] } }),
  },
  'a path longer than an authority in it allows': {
    code: 'path_length',
    reason: /^CN=Lower/,
    make: async () => {
      const root = await authority('Root')
      const upper = await authority('Upper', root, {
        with: [extensions.basicConstraints({ cA: true, pathLenConstraint: 0 })],
      })
      const lower = await authority('Lower', upper)
      return { leaf: await endEntity('leaf', lower), intermediates: [upper, lower], anchors: [root] }
    },
  },
  'a path of more than ten certificates': {
    code: 'path_length',
    reason: /10 certificates/,
    opensslDiffers: 'its limit is 100',
    make: async () => {
      const anchors = [await authority('Root')]
      const intermediates: Entity[] = []
      for (let level = 0; level < 9; level++)
        intermediates.push(await authority(`Level ${level}`, intermediates.at(-1) ?? anchors[0]))
      return { leaf: await endEntity('leaf', intermediates.at(-1)), intermediates, anchors }
    },
  },
  'a leaf with a critical extension that no one knows': {
    code: 'critical_extension',
    reason: /^CN=leaf.*1\.2\.3\.4/,
    make: () => chain({ leaf: { with: [{ id: '1.2.3.4', critical: true, value: Uint8Array.of(5, 0) }] } }),
  },
  'an authority with a critical extension that no one knows': {
    code: 'critical_extension',
    reason: /^CN=Issuing/,
    make: () => chain({ issuing: { with: [{ id: '1.2.3.4', critical: true, value: Uint8Array.of(5, 0) }] } }),
  },
  'an extension that is malformed': {
    code: 'malformed',
    reason: /^CN=leaf.*2\.5\.29\.17/,
    opensslDiffers: 'it passes over a subjectAltName of an end-entity that it need not match',
    make: () =>
      chain({ leaf: { with: [{ id: oids.subjectAltName, critical: false, value: Uint8Array.of(1, 2, 3) }] } }),
  },
  'an authority whose basicConstraints are malformed': {
    code: 'malformed',
    reason: /^CN=Issuing/,
    make: () =>
      chain({ issuing: { with: [{ id: oids.basicConstraints, critical: true, value: Uint8Array.of(0x30, 9) }] } }),
  },
  'an extension that stands there twice': {
    code: 'malformed',
    reason: /^CN=leaf.*twice/,
    make: async () => {
      const made = await chain()
      const authorityKeyIdentifier = Uint8Array.of(0x55, 0x1d, 0x23)
      return resigned(
        made,
        replaced(made.leaf.certificate.tbs, Uint8Array.of(0x55, 0x1d, 0x0e), authorityKeyIdentifier),
      )
    },
    opensslDiffers: 'it takes the first of them, or none, by its version',
  },
  'two signature algorithms': {
    code: 'malformed',
    reason: /inside and another outside/,
    make: async () => {
      const made = await chain({ issuing: { algorithm: 'RS256' } })
      const [issuing] = made.intermediates as [Entity]
      const tbs = toBeSigned(templateOf(made.leaf.certificate), 'RS384')
      const bytes = assembleCertificate(tbs, 'RS256', await issuing.signer.sign(tbs))
      return { ...made, leaf: { ...made.leaf, certificate: Certificate.decode(bytes) } }
    },
  },
  'a leaf signed with SHA-1': {
    code: 'algorithm',
    reason: /^CN=leaf/,
    opensslDiffers: 'it takes SHA-1 at this security level only in some builds',
    make: async () => {
      const made = await chain()
      const { tbs, signature } = made.leaf.certificate
      const sha1 = Uint8Array.of(0x30, 9, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1)
      const bytes = der.writeElement(0x30, [tbs, sha1, der.bitStringBytes.encode(signature)])
      return { ...made, leaf: { ...made.leaf, certificate: Certificate.decode(bytes) } }
    },
  },
  'a leaf with an RSA key of 1024 bits': {
    code: 'weak_key',
    reason: /^CN=leaf.*1024/,
    opensslDiffers: 'its security level 1 is content with 1024 bits',
    make: () => chain({ leaf: { algorithm: 'RS256', privateKey: newPrivateKey('RS256', { bits: 1024 }) } }),
  },
  'an authority with an RSA key of 1024 bits': {
    code: 'weak_key',
    reason: /^CN=Issuing.*1024/,
    opensslDiffers: 'its security level 1 is content with 1024 bits',
    make: () => chain({ issuing: { algorithm: 'RS256', privateKey: newPrivateKey('RS256', { bits: 1024 }) } }),
  },
  'a purpose that the leaf does not name': {
    code: 'purpose',
    reason: /^CN=leaf.*1\.3\.6\.1\.5\.5\.7\.3\.8/,
    opensslDiffers: 'it is asked for no purpose',
    make: async () => ({ ...(await chain()), purpose: [oids.timeStamping] }),
  },
  'a purpose and a leaf that names none': {
    code: 'purpose',
    reason: /^CN=leaf/,
    opensslDiffers: 'it is asked for no purpose',
    make: async () => ({ ...(await chain({ leaf: { without: [oids.extKeyUsage] } })), purpose: [oids.clientAuth] }),
  },
  'a purpose and a leaf for any': {
    code: 'purpose',
    reason: /^CN=leaf/,
    opensslDiffers: 'it is asked for no purpose',
    make: async () => ({
      ...(await chain({ leaf: { with: [extensions.extendedKeyUsage([oids.anyExtendedKeyUsage])] } })),
      purpose: [oids.clientAuth],
    }),
  },
  'a policy that is demanded and missing': {
    code: 'policy',
    reason: /demands a policy/,
    opensslDiffers: 'it checks policies only when told to',
    make: () => chain({ issuing: { with: [policyConstraints(0)] } }),
  },
  'a policy that is demanded, with anyPolicy inhibited': {
    code: 'policy',
    reason: /demands a policy/,
    opensslDiffers: 'it checks policies only when told to',
    make: () =>
      chain({
        issuing: {
          with: [
            policyConstraints(0),
            { id: oids.inhibitAnyPolicy, critical: true, value: Uint8Array.of(2, 1, 0) },
            extensions.certificatePolicies(['1.2.3.4']),
          ],
        },
        leaf: { with: [extensions.certificatePolicies([oids.anyPolicy])] },
      }),
  },
  'a host outside of what is permitted': {
    code: 'name_constraints',
    reason: /^CN=leaf.*outside of what is permitted: badexample\.com/,
    make: under({ permitted: [dns('example.com')] }, san(dns('www.example.com'), dns('badexample.com'))),
  },
  'a host that is excluded, in capitals': {
    code: 'name_constraints',
    reason: /excluded: WWW\.Secret\.example\.com/,
    make: under({ excluded: [dns('secret.example.com')] }, san(dns('WWW.Secret.example.com'))),
  },
  'a wildcard that covers an excluded host': {
    code: 'name_constraints',
    reason: /excluded: \*\.example\.com/,
    opensslDiffers: 'it compares the wildcard letter by letter',
    make: under({ excluded: [dns('secret.example.com')] }, san(dns('*.example.com'))),
  },
  'a host that is none': {
    code: 'name_constraints',
    reason: /outside/,
    opensslDiffers: 'it compares the end of the text only',
    make: under({ permitted: [dns('example.com')] }, san(dns('a..example.com'))),
  },
  'a mailbox at another host': {
    code: 'name_constraints',
    reason: /someone@sub\.example\.com/,
    make: under(
      { permitted: [{ type: 'rfc822Name', value: 'example.com' }] },
      san({ type: 'rfc822Name', value: 'someone@sub.example.com' }),
    ),
  },
  'a mailbox in the subject': {
    code: 'name_constraints',
    reason: /someone@elsewhere\.com/,
    make: under(
      { permitted: [{ type: 'rfc822Name', value: 'example.com' }] },
      { subject: name({ CN: 'leaf', emailAddress: 'someone@elsewhere.com' }) },
    ),
  },
  'a mailbox that is excluded': {
    code: 'name_constraints',
    reason: /excluded/,
    make: under(
      { excluded: [{ type: 'rfc822Name', value: 'boss@example.com' }] },
      san({ type: 'rfc822Name', value: 'boss@EXAMPLE.com' }),
    ),
  },
  'a subject outside of the permitted directory': {
    code: 'name_constraints',
    reason: /outside/,
    make: under({ permitted: [{ type: 'directoryName', value: name({ O: 'Another' }) }] }, {}),
  },
  'a subject in the excluded directory': {
    code: 'name_constraints',
    reason: /excluded/,
    make: under({ excluded: [{ type: 'directoryName', value: name({ O: 'EXAMPLE' }) }] }, {}),
  },
  'an address outside of the permitted network': {
    code: 'name_constraints',
    reason: /iPAddress/,
    make: under(
      { permitted: [{ type: 'iPAddress', value: Uint8Array.of(10, 0, 0, 0, 255, 0, 0, 0) }] },
      san({ type: 'iPAddress', value: Uint8Array.of(11, 0, 0, 1) }),
    ),
  },
  'an address of the other version': {
    code: 'name_constraints',
    reason: /iPAddress/,
    make: under(
      { permitted: [{ type: 'iPAddress', value: Uint8Array.of(10, 0, 0, 0, 255, 0, 0, 0) }] },
      san({ type: 'iPAddress', value: new Uint8Array(16) }),
    ),
  },
  'an address in an excluded network': {
    code: 'name_constraints',
    reason: /excluded/,
    make: under(
      { excluded: [{ type: 'iPAddress', value: new Uint8Array(8) }] },
      san({ type: 'iPAddress', value: Uint8Array.of(11, 0, 0, 1) }),
    ),
  },
  'a URI at another host': {
    code: 'name_constraints',
    reason: /outside/,
    make: under(
      { permitted: [{ type: 'uniformResourceIdentifier', value: '.example.com' }] },
      san({ type: 'uniformResourceIdentifier', value: 'https://www.example.com@evil.com/' }),
    ),
  },
  'a URI without a host': {
    code: 'name_constraints',
    reason: /outside/,
    make: under(
      { permitted: [{ type: 'uniformResourceIdentifier', value: '.example.com' }] },
      san({ type: 'uniformResourceIdentifier', value: 'urn:isbn:1' }),
    ),
  },
  'a constrained name of a kind that is not judged': {
    code: 'name_constraints',
    reason: /registeredID/,
    make: under(
      { permitted: [{ type: 'registeredID', value: '1.2.3' }] },
      san({ type: 'registeredID', value: '1.2.3' }),
    ),
  },
  'a name that breaks the constraints of the root, not those of its issuer': {
    code: 'name_constraints',
    reason: /outside/,
    make: () =>
      chain({
        root: { with: [extensions.nameConstraints({ permitted: [dns('example.com')] })] },
        issuing: { with: [extensions.nameConstraints({ permitted: [dns('example.org')] })] },
        leaf: san(dns('www.example.org')),
      }),
  },
  'an authority that breaks the constraints above it': {
    code: 'name_constraints',
    reason: /^CN=Issuing/,
    make: () =>
      chain({
        root: {
          with: [extensions.nameConstraints({ excluded: [{ type: 'directoryName', value: name({ O: 'Example' }) }] })],
        },
      }),
  },
}

for (const [what, { code, reason, make, opensslDiffers }] of Object.entries(invalid)) {
  test(`invalid: ${what}`, async (t) => {
    const made = await make()
    const result = await validate(made)
    t.assert.equal(result.valid, false)
    if (result.valid) return
    t.assert.equal(result.code, code, result.reason)
    t.assert.match(result.reason, reason)
    if (opensslIsAbsent) t.diagnostic(`not judged by OpenSSL: ${opensslIsAbsent}`)
    else if (opensslDiffers === undefined) t.assert.equal(openssl(made), false, 'OpenSSL finds it valid')
  })
}

const within: { readonly [what: string]: () => Promise<Chain> } = {
  'hosts below, and the host itself': under(
    { permitted: [dns('example.com')] },
    san(dns('EXAMPLE.com'), dns('a.b.example.com')),
  ),
  'a wildcard below': under({ permitted: [dns('example.com')] }, san(dns('*.example.com'))),
  'names of a kind that is not constrained': under(
    { permitted: [dns('example.com')] },
    san({ type: 'rfc822Name', value: 'a@b.c' }),
  ),
  'a mailbox of the host': under(
    { permitted: [{ type: 'rfc822Name', value: 'example.com' }] },
    san({ type: 'rfc822Name', value: 'a@Example.com' }),
  ),
  'a mailbox below a domain': under(
    { permitted: [{ type: 'rfc822Name', value: '.example.com' }] },
    san({ type: 'rfc822Name', value: 'a@b.example.com' }),
  ),
  'a URI below a domain, with a port': under(
    { permitted: [{ type: 'uniformResourceIdentifier', value: '.example.com' }] },
    san({ type: 'uniformResourceIdentifier', value: 'https://www.example.com:8443/x?y#z' }),
  ),
  'an address of the network': under(
    { permitted: [{ type: 'iPAddress', value: Uint8Array.of(10, 0, 0, 0, 255, 0, 0, 0) }] },
    san({ type: 'iPAddress', value: Uint8Array.of(10, 9, 8, 7) }),
  ),
  'the subject in its directory': under({ permitted: [{ type: 'directoryName', value: name({ O: 'example' }) }] }, {}),
}

for (const [what, make] of Object.entries(within)) {
  test(`within name constraints: ${what}`, async (t) => {
    const made = await make()
    const result = await validate(made)
    t.assert.equal(result.valid, true, result.valid ? '' : result.reason)
    if (!opensslIsAbsent) t.assert.equal(openssl(made), true)
  })
}

test('certificates that sign one another in a ring are given up', async (t) => {
  const one = await authority('One')
  const two = await authority('Two', one)
  const oneByTwo = await authority('One', two, { privateKey: one.privateKey })
  const leaf = await endEntity('leaf', one)
  const result = await validate({ leaf, intermediates: [oneByTwo, two], anchors: [] })
  t.assert.equal(result.valid, false)
})

test('authorities that have all certified each other are given up within the bounds', async (t) => {
  const entities = await Promise.all(Array.from({ length: 9 }, (_, index) => authority(`Authority ${index}`)))
  const intermediates: Entity[] = []
  for (const issuer of entities)
    for (const subject of entities)
      if (issuer !== subject)
        intermediates.push(
          await authority('', issuer, { subject: subject.certificate.subject, privateKey: subject.privateKey }),
        )
  const leaf = await endEntity('leaf', entities[0])
  const start = performance.now()
  const result = await validate({ leaf, intermediates, anchors: [await authority('Root')] })
  t.assert.equal(result.valid ? '' : result.code, 'limit')
  t.assert.equal(performance.now() - start < 2000, true)
})

test('an anchor that is the leaf itself is a path of one', async (t) => {
  const leaf = await endEntity('leaf', undefined)
  const result = await validate({ leaf, intermediates: [], anchors: [leaf] })
  t.assert.deepEqual(result, { valid: true, path: [leaf.certificate] })
})

test('no byte of a leaf or of an authority can change without the path failing', async (t) => {
  const made = await chain()
  const [issuing] = made.intermediates as [Entity]
  for (const changed of [made.leaf, issuing]) {
    const original = changed.certificate.bytes
    for (let index = 0; index < original.length; index++) {
      const bytes = original.slice()
      bytes[index]! ^= 1 << (index % 8)
      let certificate: Certificate
      try {
        certificate = Certificate.decode(bytes)
      } catch (error) {
        t.assert.equal((error as Error).name, 'PkiError')
        continue
      }
      const entity = { ...changed, certificate }
      const result = await validate(
        changed === issuing ? { ...made, intermediates: [entity] } : { ...made, leaf: entity },
      )
      t.assert.equal(result.valid, false, `byte ${index}`)
    }
  }
})

function templateOf(certificate: Certificate) {
  return { ...certificate, publicKey: certificate.publicKey.bytes }
}

function replaced(bytes: Uint8Array, from: Uint8Array, to: Uint8Array): Uint8Array {
  const position = Buffer.from(bytes).lastIndexOf(from)
  return concatBytes([bytes.subarray(0, position), to, bytes.subarray(position + from.length)])
}

/** The chain with another TBSCertificate in its leaf, properly signed. */
async function resigned(made: Awaited<ReturnType<typeof chain>>, tbs: Uint8Array): Promise<Chain> {
  const signature = await made.intermediates[0]!.signer.sign(tbs)
  const certificate = Certificate.decode(assembleCertificate(tbs, 'ES256', signature))
  return { ...made, leaf: { ...made.leaf, certificate } }
}
