/** Revocation lists in parts, judged by OpenSSL and Java. */
import { spawnSync } from 'node:child_process'
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { encodePem } from '@countersign/codec'
import { Certificate, CertificateList, crlUris, name, oids } from '@countersign/pki'
import type { IssuedCertificate } from '../../src/domain/certificate.ts'
import { CRL_PARTITIONS, revocationListUrl } from '../../src/domain/crl-partition.ts'
import { issueCertificate } from '../../src/domain/issue-certificate.ts'
import { issuerFor } from '../../src/domain/issuer.ts'
import { rememberPkiUrl } from '../../src/domain/known-pki-urls.ts'
import {
  partialRevocationList,
  publishDueRevocationLists,
  publishRevocationChanges,
  revocationList,
} from '../../src/domain/revocation-list.ts'
import { revokeCertificate } from '../../src/domain/revoke-certificate.ts'
import { openssl, skipWithoutOpenssl } from '../openssl.ts'
import { startedWorld, type TestWorld } from '../test-world.ts'

const PLATFORM = { kind: 'platform' } as const

async function enrolled(world: TestWorld, commonName: string, days = 30): Promise<IssuedCertificate> {
  return issueCertificate(world, {
    issuer: await issuerFor(world, 'device'),
    profile: 'device',
    subject: name({ CN: commonName }),
    publicKey: (await world.keys.generate('p256')).publicKey,
    days,
    actor: PLATFORM,
  })
}

/** The part that tells of a certificate, as it is published. */
async function partOf(world: TestWorld, { crlPartition }: IssuedCertificate): Promise<CertificateList> {
  return CertificateList.decode((await partialRevocationList(world, 'device', crlPartition!))!.bytes)
}

const listed = (list: CertificateList, { serialNumber }: IssuedCertificate) =>
  list.revoked.get(BigInt(`0x${serialNumber}`))

async function write(world: TestWorld, leaf: IssuedCertificate): Promise<void> {
  const file = (path: string, label: string, bytes: Uint8Array): void =>
    writeFileSync(join(world.folder, path), encodePem(label, bytes))
  file('leaf.pem', 'CERTIFICATE', leaf.bytes)
  for (const purpose of ['root', 'device'] as const) {
    file(`${purpose}.pem`, 'CERTIFICATE', (await issuerFor(world, purpose)).authority.certificate)
    file(`${purpose}.crl`, 'X509 CRL', (await revocationList(world, purpose)).bytes)
  }
  file('part.crl', 'X509 CRL', (await partOf(world, leaf)).bytes)
  const other = (leaf.crlPartition! % CRL_PARTITIONS) + 1
  file('other.crl', 'X509 CRL', (await partialRevocationList(world, 'device', other))!.bytes)
}

test('parts of a revocation list', async (suite: TestContext) => {
  const world = await startedWorld(suite)

  await suite.test(
    'a device’s certificate names its part of the list, and others the whole',
    async (t: TestContext) => {
      const device = await enrolled(world, 'dev')
      const serialNumber = BigInt(`0x${device.serialNumber}`)
      t.assert.equal(device.crlPartition, Number(serialNumber % 128n) + 1)
      t.assert.deepEqual((await world.store.certificates.find(device.id))?.crlPartition, device.crlPartition)
      const urls = ({ bytes }: { readonly bytes: Uint8Array }) => crlUris(Certificate.decode(bytes))
      t.assert.deepEqual(urls(device), [`${world.pkiUrl}/crl/device/${device.crlPartition}.crl`])
      const { certificate: issuer } = await issuerFor(world, 'device')
      t.assert.deepEqual(urls(issuer), [`${world.pkiUrl}/crl/root.crl`])
      for (const partition of [0, -1, CRL_PARTITIONS + 1, 1.5, Number.NaN])
        t.assert.equal(await partialRevocationList(world, 'device', partition), undefined)
      t.assert.equal(await partialRevocationList(world, 'client-auth', 1), undefined)
    },
  )

  await suite.test(
    'OpenSSL goes by the part alone, by the whole list too, and by no other part',
    async (t: TestContext) => {
      if (skipWithoutOpenssl(t)) return
      const device = await enrolled(world, 'dev')
      const check = (list: string) => [
        ...['verify', '-crl_check', '-CAfile', 'root.pem', '-untrusted', 'device.pem', '-CRLfile', list, 'leaf.pem'],
      ]
      await write(world, device)
      for (const list of ['part.crl', 'device.crl']) openssl(t, world.folder, check(list))
      t.assert.match(
        openssl(t, world.folder, check('other.crl'), { fails: true }),
        /different CRL scope|unable to get certificate CRL/i,
      )

      await revokeCertificate(world, device.id, 'key_compromise', PLATFORM, {
        invalidSince: new Date(world.now().getTime() - 600_000),
      })
      t.assert.equal(await publishRevocationChanges(world), 2)
      await write(world, device)
      for (const list of ['part.crl', 'device.crl'])
        t.assert.match(openssl(t, world.folder, check(list), { fails: true }), /certificate revoked/)
      const text = openssl(t, world.folder, ['crl', '-in', 'part.crl', '-noout', '-text', '-CAfile', 'device.pem'])
      t.assert.match(text, /verify OK/)
      t.assert.match(text, /Issuing Distribution Point: critical/)
      t.assert.match(text, /Only User Certificates/)
      t.assert.ok(text.includes(`URI:${revocationListUrl(world.pkiUrl, 'device', device.crlPartition)}`))
      t.assert.match(text, /Key Compromise/)
      t.assert.match(text, /Invalidity Date/)
      t.assert.match(text, /X509v3 CRL Number:/)
    },
  )

  await suite.test('Java goes by the part alone, and not by another', async (t: TestContext) => {
    if (spawnSync('java', ['--list-modules'], { encoding: 'utf8' }).stdout?.includes('jdk.compiler') !== true)
      return t.skip('a JDK is not installed, and is what judges here')
    const device = await enrolled(world, 'dev')
    const source = fileURLToPath(new URL('./crl-check.java', import.meta.url))
    await write(world, device)
    renameSync(join(world.folder, 'part.crl'), join(world.folder, 'before.crl'))
    await revokeCertificate(world, device.id, 'superseded', PLATFORM)
    await publishRevocationChanges(world)
    await write(world, device)
    const { stdout, stderr } = spawnSync(
      'java',
      [source, 'root.pem', 'device.pem', 'leaf.pem', 'root.crl', 'before.crl', 'other.crl', 'part.crl', 'device.crl'],
      { cwd: world.folder, encoding: 'utf8' },
    )
    const [valid, other, part, whole] = stdout.split('\n')
    t.assert.equal(valid, 'VALID', stderr)
    t.assert.match(other!, /^UNDETERMINED_REVOCATION_STATUS/)
    t.assert.match(part!, /^REVOKED .*SUPERSEDED/)
    t.assert.match(whole!, /^REVOKED .*SUPERSEDED/)
  })

  await suite.test(
    'a hold is on the list with its reason, and gone after a release; numbers rise by themselves',
    async (t: TestContext) => {
      const device = await enrolled(world, 'dev')
      const before = await partialRevocationList(world, 'device', device.crlPartition!)
      const whole = await revocationList(world, 'device')
      await revokeCertificate(world, device.id, 'certificate_hold', PLATFORM)
      await publishRevocationChanges(world)
      t.assert.equal(listed(await partOf(world, device), device)?.reason, 'certificateHold')
      await world.store.certificates.release(device.id, world.now())
      await publishRevocationChanges(world)
      const after = await partialRevocationList(world, 'device', device.crlPartition!)
      t.assert.equal(after?.number, before!.number + 2n)
      t.assert.equal(CertificateList.decode(after!.bytes).revoked.size, 0)
      // The whole list has numbers of its own.
      t.assert.equal((await revocationList(world, 'device')).number, whole.number + 2n)
    },
  )

  await suite.test('parts speak of the plain port by each name that it ever had', async (t: TestContext) => {
    if (skipWithoutOpenssl(t)) return
    await rememberPkiUrl(world)
    const device = await enrolled(world, 'dev')
    const moved = { ...world, pkiUrl: 'http://pki.example' }
    await rememberPkiUrl(moved)
    await rememberPkiUrl(moved)
    await write(moved, device)
    const check = ['verify', '-crl_check', '-CAfile', 'root.pem', '-untrusted', 'device.pem', '-CRLfile', 'part.crl']
    openssl(t, world.folder, [...check, 'leaf.pem'])
    const list = await partOf(moved, device)
    const scope = list.extensions.find(({ id }) => id === oids.issuingDistributionPoint)
    t.assert.ok(scope?.critical)
    const text = Buffer.from(scope.value).toString('latin1')
    for (const url of [world.pkiUrl, moved.pkiUrl]) t.assert.equal(text.split(`${url}/crl/device/`).length, 2)
  })

  await suite.test('what a node took and did not publish is published by another', async (t: TestContext) => {
    const device = await enrolled(world, 'dev')
    await publishRevocationChanges(world)
    await revokeCertificate(world, device.id, 'superseded', PLATFORM)
    const { revocationChanges } = world.store
    const now = world.now()
    // As a node does that ends before it has made the lists.
    t.assert.equal((await revocationChanges.claim(now, new Date(now.getTime() + 60_000), 10)).length, 1)
    t.assert.equal(await publishRevocationChanges(world), 0)
    world.wait(2 / 1440)
    t.assert.equal(await publishRevocationChanges(world), 2)
    t.assert.ok(listed(await partOf(world, device), device))
    const changes = await revocationChanges.listSince(new Date(now.getTime() - 1_000), 99)
    t.assert.ok(changes.some(({ serialNumber }) => serialNumber === device.serialNumber))
    await revocationChanges.forget(new Date(now.getTime() + 1))
    t.assert.deepEqual(await revocationChanges.listSince(now, 99), [])
  })
})

test('what has ended is on one more list, and then on none', async (t: TestContext) => {
  const world = await startedWorld(t)
  const device = await enrolled(world, 'dev', 2)
  await revokeCertificate(world, device.id, 'superseded', PLATFORM)
  await publishRevocationChanges(world)
  const days: number[] = []
  for (let day = 0; day < 15; day++) {
    await publishDueRevocationLists(world)
    const part = await partOf(world, device)
    const whole = CertificateList.decode((await revocationList(world, 'device')).bytes)
    t.assert.equal(!!listed(part, device), !!listed(whole, device))
    if (listed(part, device)) days.push(day)
    world.wait(1)
  }
  // It ended in the course of the second day.
  t.assert.deepEqual(days, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})
