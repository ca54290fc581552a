import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { encodePem } from '@countersign/codec'
import {
  authorityInformationAccess,
  authorityKeyIdentifier,
  Certificate,
  crlUris,
  extendedKeyUsage,
  findExtension,
  keyUsage,
  ocspUris,
  oids,
} from '@countersign/pki'
import { lintCertificate } from '@countersign/pki/lint'
import { AUTHORITY_PURPOSES } from '../../src/domain/authority.ts'
import { firstStart } from '../../src/domain/first-start.ts'
import { issuerFor } from '../../src/domain/issuer.ts'
import { serviceIdentity, serviceNames } from '../../src/domain/service-identity.ts'
import { openssl, skipWithoutOpenssl } from '../openssl.ts'
import { firstStartedWorld, PKI_URL, type TestWorld, TLS_NAMES, temporaryStore } from '../test-world.ts'

async function writeAuthorities(world: TestWorld): Promise<void> {
  for (const purpose of AUTHORITY_PURPOSES) {
    const { authority } = await issuerFor(world, purpose)
    writeFileSync(join(world.folder, `${purpose}.pem`), encodePem('CERTIFICATE', authority.certificate))
  }
}

async function credentialCertificates(world: TestWorld): Promise<Certificate[]> {
  const credentials = await world.store.credentials.list(world.quickstart.facts.account_id)
  return Promise.all(
    credentials.map(async ({ certificateId }) =>
      Certificate.decode((await world.store.certificates.find(certificateId!))!.bytes),
    ),
  )
}

test('every authority chains to the root for OpenSSL, which takes none of them for what it is not', async (t: TestContext) => {
  if (skipWithoutOpenssl(t)) return
  const world = await firstStartedWorld(t)
  await writeAuthorities(world)
  for (const purpose of AUTHORITY_PURPOSES)
    openssl(t, world.folder, ['verify', '-x509_strict', '-CAfile', 'root.pem', `${purpose}.pem`])
  openssl(t, world.folder, ['verify', '-x509_strict', '-CAfile', 'device.pem', 'client-auth.pem'], { fails: true })
})

test('the certificates of services and credentials verify for their purpose', async (t: TestContext) => {
  if (skipWithoutOpenssl(t)) return
  const world = await firstStartedWorld(t)
  await writeAuthorities(world)
  const verify = (name: string, certificate: Certificate, authority: string, ...more: string[]): void => {
    writeFileSync(join(world.folder, name), encodePem('CERTIFICATE', certificate.bytes))
    openssl(t, world.folder, [
      ...['verify', '-x509_strict', '-CAfile', 'root.pem', '-untrusted', `${authority}.pem`, ...more, name],
    ])
  }
  const tls = (await serviceIdentity(world, 'tls')).certificate
  for (const host of TLS_NAMES.dnsNames)
    verify('tls.pem', tls, 'tls-server', '-purpose', 'sslserver', '-verify_hostname', host)
  verify('tls.pem', tls, 'tls-server', '-verify_ip', '127.0.0.1')
  verify(
    'tsa.pem',
    (await serviceIdentity(world, 'time-stamping')).certificate,
    'time-stamping',
    '-purpose',
    'timestampsign',
  )
  for (const purpose of AUTHORITY_PURPOSES)
    verify('ocsp.pem', (await serviceIdentity(world, `ocsp:${purpose}`)).certificate, purpose, '-purpose', 'ocsphelper')
  for (const certificate of await credentialCertificates(world))
    verify('signer.pem', certificate, 'content-signing', '-purpose', 'smimesign')
  writeFileSync(join(world.folder, 'client.pem'), world.quickstart.certificate)
  writeFileSync(join(world.folder, 'chain.pem'), world.quickstart.chain)
  openssl(t, world.folder, [
    'verify',
    '-CAfile',
    'root.pem',
    '-untrusted',
    'chain.pem',
    '-purpose',
    'sslclient',
    'client.pem',
  ])
})

test('nothing that is issued has a finding of our own lints, warnings neither', async (t: TestContext) => {
  const world = await firstStartedWorld(t)
  for (const purpose of AUTHORITY_PURPOSES) {
    const { certificate } = await issuerFor(world, purpose)
    t.assert.deepEqual(lintCertificate(certificate.bytes, purpose === 'root' ? 'root' : 'authority'), [], purpose)
  }
  for (const service of serviceNames()) {
    const profile = service.startsWith('ocsp:') ? 'ocsp-responder' : service === 'tls' ? 'tls-server' : 'time-stamping'
    const { certificate } = await serviceIdentity(world, service)
    t.assert.deepEqual(lintCertificate(certificate.bytes, profile), [], service)
  }
  // The country is the one thing that the quickstart's account can't know.
  for (const certificate of await credentialCertificates(world))
    t.assert.deepEqual(
      lintCertificate(certificate.bytes, 'content-signing').map(({ id }) => id),
      ['subject-content-signing-country'],
    )
})

test('a credential has the certificate that C2PA asks for, with the addresses of its authority', async (t: TestContext) => {
  const world = await firstStartedWorld(t)
  const { keyIdentifier } = await issuerFor(world, 'content-signing')
  const certificates = await credentialCertificates(world)
  t.assert.deepEqual(certificates.map(({ publicKey }) => publicKey.type).sort(), ['EC', 'EC', 'RSA'])
  for (const certificate of certificates) {
    t.assert.deepEqual([...keyUsage(certificate)!].sort(), ['digitalSignature', 'nonRepudiation'])
    t.assert.equal(findExtension(certificate, oids.keyUsage)?.critical, true)
    t.assert.deepEqual(extendedKeyUsage(certificate), [oids.c2paClaimSigning, oids.emailProtection])
    t.assert.deepEqual(authorityKeyIdentifier(certificate)?.keyIdentifier, keyIdentifier)
    t.assert.deepEqual(ocspUris(certificate), [`${PKI_URL}/ocsp/content-signing`])
    t.assert.deepEqual(crlUris(certificate), [`${PKI_URL}/crl/content-signing.crl`])
    t.assert.equal(authorityInformationAccess(certificate)?.length, 2)
    t.assert.ok((certificate.notAfter.getTime() - certificate.notBefore.getTime()) / 86_400_000 <= 366)
  }
})

test('the time-stamp authority has exactly timeStamping, critical', async (t: TestContext) => {
  const world = await firstStartedWorld(t)
  const { certificate } = await serviceIdentity(world, 'time-stamping')
  t.assert.deepEqual(extendedKeyUsage(certificate), [oids.timeStamping])
  t.assert.equal(findExtension(certificate, oids.extKeyUsage)?.critical, true)
})

test('the P12 opens with its password for OpenSSL, without -legacy, and holds key and chain', async (t: TestContext) => {
  if (skipWithoutOpenssl(t)) return
  const world = await firstStartedWorld(t)
  const { clientP12, facts, certificate } = world.quickstart
  writeFileSync(join(world.folder, 'client.p12'), clientP12)
  const open = (password: string): string[] => ['pkcs12', '-in', 'client.p12', '-nodes', '-passin', `pass:${password}`]
  const said = openssl(t, world.folder, open(facts.client_p12_password))
  t.assert.equal(said.match(/BEGIN CERTIFICATE/g)?.length, 3)
  t.assert.match(said, /BEGIN PRIVATE KEY/)
  t.assert.ok(said.includes(certificate.trim()))
  openssl(t, world.folder, open('wrong'), { fails: true })
})

test('secrets are random, and none of them stands in the store as it is', async (t: TestContext) => {
  const [a, b] = [await firstStartedWorld(t), await firstStartedWorld(t)]
  for (const name of [
    'admin_password',
    'admin_api_key',
    'service_api_key',
    'client_p12_password',
    'credential_pin',
  ] as const) {
    t.assert.ok(a.quickstart.facts[name].length >= (name === 'credential_pin' ? 12 : 24))
    t.assert.notEqual(a.quickstart.facts[name], b.quickstart.facts[name])
  }
  t.assert.match(a.quickstart.facts.service_api_key, /^[0-9a-f]{26}_[0-9a-f]{64}$/)
})

test('a second first start makes nothing, nor do two at once make two', async (t: TestContext) => {
  const world = await firstStartedWorld(t)
  const options = {
    domain: 'countersign.localhost',
    tlsNames: TLS_NAMES,
    hashPassword: async () => '$argon2id$',
    deliver: async () => t.assert.fail('there is nothing to deliver'),
  }
  t.assert.equal(await firstStart(world, options), 'made_before')
  t.assert.equal((await world.store.authorities.list()).length, AUTHORITY_PURPOSES.length)

  const { store } = await temporaryStore(t)
  const fresh = { ...world, store }
  const outcomes = await Promise.all(
    [1, 2].map(() => firstStart(fresh, { ...options, deliver: async () => undefined })),
  )
  t.assert.equal(outcomes.filter((outcome) => outcome === 'made').length, 1)
  t.assert.equal((await store.accounts.list()).length, 1)
  t.assert.equal((await store.authorities.list()).length, AUTHORITY_PURPOSES.length)
})

test('when the delivery fails, nothing was made', async (t: TestContext) => {
  const { store } = await temporaryStore(t)
  const world = { ...(await firstStartedWorld(t)), store }
  const options = {
    domain: 'countersign.localhost',
    tlsNames: TLS_NAMES,
    hashPassword: async () => '$argon2id$',
    deliver: async () => {
      throw new Error('the disk is full')
    },
  }
  await t.assert.rejects(firstStart(world, options), /the disk is full/)
  t.assert.deepEqual(await store.authorities.list(), [])
  t.assert.deepEqual(await store.accounts.list(), [])
  t.assert.equal(await store.auditEvents.countUnsealed(), 0)
})
