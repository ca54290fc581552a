/** Answers that are remembered, on two nodes: none outlives a change by more than a moment. */
import { type TestContext, test } from 'node:test'
import { BasicOcspResponse, certIdOf, name, OcspResponse, ocspRequest } from '@countersign/pki'
import type { IssuedCertificate } from '../../src/domain/certificate.ts'
import { issueCertificate } from '../../src/domain/issue-certificate.ts'
import { issuerFor } from '../../src/domain/issuer.ts'
import { createOcspResponder } from '../../src/domain/ocsp-responder.ts'
import { revokeCertificate } from '../../src/domain/revoke-certificate.ts'
import type { World } from '../../src/domain/world.ts'
import { startedWorld } from '../test-world.ts'

const PLATFORM = { kind: 'platform' } as const
const SECOND = 1 / 86_400

test('an answer is remembered until something changes, here or on another node', async (t: TestContext) => {
  const world = await startedWorld(t)
  let looks = 0
  const { certificates } = world.store
  const counting: World = {
    ...world,
    store: {
      ...world.store,
      certificates: {
        ...certificates,
        findBySerialNumber(authorityId, serialNumber) {
          looks++
          return certificates.findBySerialNumber(authorityId, serialNumber)
        },
      },
    },
  }
  const issuer = await issuerFor(world, 'device')
  const enrolled = async (commonName: string): Promise<IssuedCertificate> =>
    issueCertificate(world, {
      issuer,
      profile: 'device',
      subject: name({ CN: commonName }),
      publicKey: (await world.keys.generate('p256')).publicKey,
      days: 30,
      actor: PLATFORM,
    })
  const [one, two] = [await enrolled('one'), await enrolled('two')]
  const [here, there] = [createOcspResponder(counting), createOcspResponder(counting)]
  const requestFor = (serialNumber: string, nonce?: Uint8Array): Uint8Array =>
    ocspRequest({ certIDs: [certIdOf(issuer.certificate, BigInt(`0x${serialNumber}`))], ...(nonce && { nonce }) })
  /** What it says of a certificate, and whether it had to look. */
  const says = async (responder: typeof here, { serialNumber }: { serialNumber: string }, nonce?: Uint8Array) => {
    const before = looks
    const { bytes } = await responder.answer('device', requestFor(serialNumber, nonce))
    const { response } = OcspResponse.decode(bytes).responseBytes!
    const [single] = BasicOcspResponse.decode(response).tbsResponseData.value.responses
    return `${single!.certStatus.type}${looks > before ? ', looked up' : ''}`
  }

  t.assert.equal(await says(here, one), 'good, looked up')
  t.assert.equal(await says(here, one), 'good')
  t.assert.equal(await says(here, two), 'good, looked up')
  t.assert.equal(await says(there, one), 'good, looked up')
  t.assert.equal(await says(there, one), 'good')
  // Freshly signed each time, and looked up for it.
  t.assert.equal(await says(here, one, new Uint8Array(16).fill(1)), 'good, looked up')
  t.assert.equal(await says(here, one, new Uint8Array(16).fill(1)), 'good, looked up')
  // Strangers make up as many of these as they like.
  for (let again = 0; again < 2; again++)
    t.assert.equal(await says(here, { serialNumber: 'abcd' }), 'unknown, looked up')

  world.wait(2 * SECOND)
  t.assert.equal(await says(there, one), 'good')
  await revokeCertificate(world, one.id, 'certificate_hold', PLATFORM)
  here.changed()
  t.assert.equal(await says(here, one), 'revoked, looked up')
  t.assert.equal(await says(here, one), 'revoked')
  t.assert.equal(await says(here, two), 'good')
  world.wait(SECOND / 2)
  t.assert.equal(await says(there, one), 'revoked, looked up')
  t.assert.equal(await says(there, one), 'revoked')
  await certificates.release(one.id, world.now())
  world.wait(SECOND / 2)
  t.assert.equal(await says(there, one), 'good, looked up')
  t.assert.equal(await says(here, one), 'good, looked up')

  // After a long silence nothing is taken for known.
  world.wait(1 / 24)
  t.assert.equal(await says(here, one), 'good, looked up')
  // Whatever was passed over is noticed within a minute.
  t.assert.equal(await says(here, two), 'good, looked up')
  for (let second = 0; second < 65; second++) {
    world.wait(SECOND)
    if (second !== 59) t.assert.equal(await says(here, two), 'good', `${second}`)
    else t.assert.equal(await says(here, two), 'good, looked up')
  }
})
