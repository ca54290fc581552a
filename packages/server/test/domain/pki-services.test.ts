/** OCSP, revocation lists and time stamps, judged by OpenSSL. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { decodePemBlock, encodePem } from '@countersign/codec'
import {
  Certificate,
  certIdOf,
  digest,
  OcspRequest,
  OcspResponse,
  ocspRequest,
  TimeStampResp,
  timeStampRequest,
} from '@countersign/pki'
import { answerOcsp, stapledOcspResponse } from '../../src/domain/answer-ocsp.ts'
import { AUTHORITY_PURPOSES } from '../../src/domain/authority.ts'
import { issuerFor } from '../../src/domain/issuer.ts'
import {
  publishDueRevocationLists,
  publishRevocationChanges,
  publishRevocationList,
  revocationList,
} from '../../src/domain/revocation-list.ts'
import { revokeCertificate } from '../../src/domain/revoke-certificate.ts'
import { timeStamp } from '../../src/domain/time-stamp.ts'
import { openssl, skipWithoutOpenssl } from '../openssl.ts'
import { startedWorld, type TestWorld } from '../test-world.ts'

async function files(world: TestWorld): Promise<Certificate> {
  for (const purpose of AUTHORITY_PURPOSES) {
    const { authority } = await issuerFor(world, purpose)
    writeFileSync(join(world.folder, `${purpose}.pem`), encodePem('CERTIFICATE', authority.certificate))
  }
  writeFileSync(join(world.folder, 'client.pem'), world.quickstart.certificate)
  return Certificate.decode(decodePemBlock(world.quickstart.certificate, 'CERTIFICATE'))
}

function says(t: TestContext, said: string, ...what: readonly RegExp[]): void {
  for (const pattern of what) t.assert.match(said, pattern)
}

async function clientCertificateId(world: TestWorld, certificate: Certificate): Promise<string> {
  return (await world.store.certificates.findByFingerprint(digest('sha256', certificate.bytes)))!.id
}

test('OCSP: good, then revoked with its reason; a serial never issued is unknown', async (t: TestContext) => {
  if (skipWithoutOpenssl(t)) return
  const world = await startedWorld(t)
  const client = await files(world)
  const ask = async (...what: string[]): Promise<string> => {
    openssl(t, world.folder, ['ocsp', '-issuer', 'client-auth.pem', ...what, '-reqout', 'q.der'])
    const { bytes } = await answerOcsp(world, 'client-auth', readFileSync(join(world.folder, 'q.der')))
    writeFileSync(join(world.folder, 'r.der'), bytes)
    const judged = ['-respin', 'r.der', '-CAfile', 'root.pem']
    // Once for the nonce, by the request itself, and once for what the answer says.
    openssl(t, world.folder, ['ocsp', '-reqin', 'q.der', ...judged])
    return openssl(t, world.folder, ['ocsp', '-issuer', 'client-auth.pem', ...what, ...judged, '-no_nonce'])
  }
  for (const hash of ['-sha1', '-sha256']) says(t, await ask(hash, '-cert', 'client.pem'), /verify OK/, /: good/)
  says(t, await ask('-cert', 'client.pem', '-no_nonce'), /verify OK/, /: good/)
  says(t, await ask('-serial', '0x1234'), /verify OK/, /: unknown/)
  await revokeCertificate(world, await clientCertificateId(world, client), 'key_compromise', { kind: 'platform' })
  for (const more of [['-no_nonce'], []])
    says(t, await ask('-cert', 'client.pem', ...more), /verify OK/, /: revoked/, /Reason: keyCompromise/)
})

test('OCSP: the root answers for the authorities below it', async (t: TestContext) => {
  if (skipWithoutOpenssl(t)) return
  const world = await startedWorld(t)
  await files(world)
  const { certificate: root } = await issuerFor(world, 'root')
  const { certificate } = await issuerFor(world, 'device')
  const { bytes } = await answerOcsp(
    world,
    'root',
    ocspRequest({ certIDs: [certIdOf(root, certificate.serialNumber)] }),
  )
  writeFileSync(join(world.folder, 'r.der'), bytes)
  const said = openssl(t, world.folder, [
    ...['ocsp', '-issuer', 'root.pem', '-cert', 'device.pem', '-respin', 'r.der', '-CAfile', 'root.pem', '-no_nonce'],
  ])
  says(t, said, /verify OK/, /: good/)
})

test('OCSP: what can not be read, and what another authority issued, gets an error and no secret', async (t: TestContext) => {
  const world = await startedWorld(t)
  const statusOf = async (request: Uint8Array) =>
    OcspResponse.decode((await answerOcsp(world, 'client-auth', request)).bytes).responseStatus
  const { certificate: other } = await issuerFor(world, 'device')
  const request = ocspRequest({ certIDs: [certIdOf((await issuerFor(world, 'client-auth')).certificate, 5n)] })
  t.assert.equal(await statusOf(request), 0)
  for (let length = 0; length < request.length; length++) t.assert.equal(await statusOf(request.subarray(0, length)), 1)
  t.assert.equal(await statusOf(new Uint8Array(100_000)), 1)
  t.assert.equal(await statusOf(ocspRequest({ certIDs: [certIdOf(other, 5n)] })), 6)
  const { tbsRequest } = OcspRequest.decode(request)
  const unknown = (critical: boolean) => [{ id: '1.2.3', critical, value: new Uint8Array() }]
  for (const [critical, status] of [
    [false, 0],
    [true, 1],
  ] as const) {
    const extensions = unknown(critical)
    t.assert.equal(await statusOf(OcspRequest.encode({ tbsRequest: { ...tbsRequest, extensions } })), status)
    const requests = tbsRequest.requests.map((one) => ({ ...one, extensions }))
    t.assert.equal(await statusOf(OcspRequest.encode({ tbsRequest: { ...tbsRequest, requests } })), status)
  }
})

test('OCSP: the same signature serves again, but never past a revocation, and never for a nonce', async (t: TestContext) => {
  const world = await startedWorld(t)
  const client = Certificate.decode(decodePemBlock(world.quickstart.certificate, 'CERTIFICATE'))
  const { certificate: issuer } = await issuerFor(world, 'client-auth')
  const certIDs = [certIdOf(issuer, client.serialNumber)]
  const ask = (nonce?: Uint8Array) =>
    answerOcsp(world, 'client-auth', ocspRequest({ certIDs, ...(nonce && { nonce }) }))
  const first = await ask()
  t.assert.deepEqual((await ask()).bytes, first.bytes)
  t.assert.equal((await ask(new Uint8Array(16))).validity, undefined)
  t.assert.notDeepEqual((await ask(new Uint8Array(16))).bytes, first.bytes)
  await revokeCertificate(world, await clientCertificateId(world, client), 'superseded', { kind: 'platform' })
  t.assert.notDeepEqual((await ask()).bytes, first.bytes)
  t.assert.ok(first.validity!.nextUpdate > world.now())
})

test('OCSP: the answer to staple is an answer about the certificate', async (t: TestContext) => {
  const world = await startedWorld(t)
  const [credential] = await world.store.credentials.list(world.quickstart.facts.account_id)
  const certificate = (await world.store.certificates.find(credential!.certificateId!))!
  t.assert.equal(OcspResponse.decode(await stapledOcspResponse(world, certificate)).responseStatus, 0)
})

test('revocation lists: OpenSSL takes each, and sees a revocation by it', async (t: TestContext) => {
  if (skipWithoutOpenssl(t)) return
  const world = await startedWorld(t)
  const client = await files(world)
  for (const purpose of AUTHORITY_PURPOSES) {
    const { bytes } = await revocationList(world, purpose)
    writeFileSync(join(world.folder, `${purpose}.crl`), encodePem('X509 CRL', bytes))
    t.assert.match(
      openssl(t, world.folder, ['crl', '-in', `${purpose}.crl`, '-CAfile', `${purpose}.pem`, '-noout', '-verify']),
      /verify OK/,
    )
  }
  const check = ['verify', '-crl_check', '-CAfile', 'root.pem', '-untrusted', 'client-auth.pem']
  openssl(t, world.folder, [...check, '-CRLfile', 'client-auth.crl', 'client.pem'])
  const id = await clientCertificateId(world, client)
  await revokeCertificate(world, id, 'ca_compromise', { kind: 'platform' })
  await t.assert.rejects(revokeCertificate(world, id, 'unspecified', { kind: 'platform' }), { reason: 'conflict' })
  const { authority } = await issuerFor(world, 'client-auth')
  t.assert.deepEqual(world.revokers, [authority.id])
  const list = await publishRevocationList(world, authority)
  t.assert.equal(list.number, 2n)
  writeFileSync(join(world.folder, 'client-auth.crl'), encodePem('X509 CRL', list.bytes))
  t.assert.match(
    openssl(t, world.folder, [...check, '-CRLfile', 'client-auth.crl', 'client.pem'], { fails: true }),
    /certificate revoked/,
  )
  t.assert.match(openssl(t, world.folder, ['crl', '-in', 'client-auth.crl', '-noout', '-text']), /CA Compromise/)
})

test('revocation lists: all at the first look, none at the next, all again a day later, and one after a revocation', async (t: TestContext) => {
  const world = await startedWorld(t)
  t.assert.equal(await publishDueRevocationLists(world), AUTHORITY_PURPOSES.length)
  t.assert.equal(await publishDueRevocationLists(world), 0)
  world.wait(1)
  t.assert.equal(await publishDueRevocationLists(world), AUTHORITY_PURPOSES.length)
  const client = Certificate.decode(decodePemBlock(world.quickstart.certificate, 'CERTIFICATE'))
  world.wait(1 / 24)
  await revokeCertificate(world, await clientCertificateId(world, client), 'unspecified', { kind: 'platform' })
  const changed = await Promise.all([publishRevocationChanges(world), publishRevocationChanges(world)])
  t.assert.deepEqual(changed.sort(), [0, 1])
  t.assert.equal(await publishRevocationChanges(world), 0)
  t.assert.equal(await publishDueRevocationLists(world), 0)
})

test('revocation lists: nodes that publish at once end up with rising numbers', async (t: TestContext) => {
  const world = await startedWorld(t)
  const { authority } = await issuerFor(world, 'device')
  const lists = await Promise.all([1, 2, 3].map(() => publishRevocationList(world, authority)))
  t.assert.equal(new Set(lists.map(({ number }) => number)).size, 3)
})

test('time stamps: OpenSSL verifies them with the root alone', async (t: TestContext) => {
  if (skipWithoutOpenssl(t)) return
  const world = await startedWorld(t)
  await files(world)
  writeFileSync(join(world.folder, 'data'), 'what is stamped')
  for (const hash of ['-sha256', '-sha384', '-sha512']) {
    openssl(t, world.folder, ['ts', '-query', '-data', 'data', hash, '-cert', '-out', 'q.tsq'])
    writeFileSync(join(world.folder, 'r.tsr'), await timeStamp(world, readFileSync(join(world.folder, 'q.tsq'))))
    const said = openssl(t, world.folder, [
      'ts',
      '-verify',
      '-queryfile',
      'q.tsq',
      '-in',
      'r.tsr',
      '-CAfile',
      'root.pem',
    ])
    t.assert.match(said, /Verification: OK/)
    t.assert.match(openssl(t, world.folder, ['ts', '-reply', '-in', 'r.tsr', '-text']), /Accuracy: 0x01 seconds/)
  }
})

test('time stamps: what can not be granted is rejected with the reason', async (t: TestContext) => {
  const world = await startedWorld(t)
  const failureOf = async (request: Uint8Array) => {
    const { status, timeStampToken } = TimeStampResp.decode(await timeStamp(world, request))
    t.assert.equal(timeStampToken === undefined, status.status === 2)
    return [...(status.failInfo ?? [])]
  }
  const request = timeStampRequest({ hash: new Uint8Array(32), algorithm: 'sha256', nonce: 7n })
  t.assert.deepEqual(await failureOf(request), [])
  t.assert.deepEqual(await failureOf(timeStampRequest({ hash: new Uint8Array(20), algorithm: 'sha1' })), [0])
  t.assert.deepEqual(
    await failureOf(timeStampRequest({ hash: new Uint8Array(32), algorithm: 'sha256', policy: '1.2.3' })),
    [15],
  )
  for (let length = 0; length < request.length; length++)
    t.assert.deepEqual(await failureOf(request.subarray(0, length)), [5])
})
