import { type TestContext, test } from 'node:test'
import {
  Certificate,
  certIdOf,
  randomSerialNumber,
  signOcspResponse,
  signTimeStampToken,
  TimeStampReq,
  timeStampRejection,
  timeStampResponse,
} from '@countersign/pki'
import type { SignOptions } from '../../src/sign/options.ts'
import { sign } from '../../src/sign/sign.ts'
import { failuresOf, readWithC2paRs } from '../c2pa-rs.ts'
import { authority, credential, issue, OCSP_SIGNING, root, rootPem, TIME_STAMPING } from '../credential.ts'
import { noise } from '../pictures.ts'

const jpeg = new Uint8Array(await noise(80, 60).jpeg().toBuffer())
const options: SignOptions = { ...(await credential()), claimGenerator: { name: 'Example' } }

const stampers = await issue('Example Time Stamping CA', { issuer: root })
const stamper = await issue('Example Time Stamper', { issuer: stampers, purposes: [TIME_STAMPING] })
let stamps = 0

/** An authority in this process. `padding` makes its tokens longer, by certificates that are not needed. */
const timeStamp =
  (padding = 0) =>
  async (request: Uint8Array): Promise<Uint8Array> => {
    stamps++
    return timeStampResponse(
      await signTimeStampToken(
        {
          request: TimeStampReq.decode(request),
          policy: '1.3.6.1.4.1.99999.1',
          serialNumber: randomSerialNumber(),
          genTime: new Date(),
          certificate: stamper.certificate,
          chain: [stampers.certificate, ...new Array<Certificate>(padding).fill(authority.certificate)],
        },
        stamper.signer,
      ),
    )
  }

for (const hashAlgorithm of ['sha256', 'sha384', 'sha512'] as const)
  test(`a time stamp over ${hashAlgorithm} is trusted by c2pa-rs`, async (t: TestContext) => {
    const signed = await sign(jpeg, { ...options, hashAlgorithm, timeStamp: timeStamp() })
    const report = await readWithC2paRs(signed.asset, signed.format, rootPem)
    t.assert.deepEqual(failuresOf(report), [])
    t.assert.equal(report.validation_state, 'Trusted')
    const codes = report.validation_results.activeManifest.success.map(({ code }) => code)
    t.assert.ok(codes.includes('timeStamp.validated') && codes.includes('timeStamp.trusted'), codes.join(' '))
    t.assert.deepEqual(
      report.validation_results.activeManifest.informational.filter(({ code }) => code.startsWith('timeStamp')),
      [],
    )
    const time = report.manifests[signed.manifestLabel]?.signature_info.time
    t.assert.ok(Math.abs(new Date(time ?? 0).getTime() - Date.now()) < 10_000)
  })

test('a token longer than its room costs a second round, and fits then', async (t: TestContext) => {
  stamps = 0
  const signed = await sign(jpeg, { ...options, timeStamp: timeStamp(30), timeStampLength: 3000 })
  t.assert.equal(stamps, 2)
  const report = await readWithC2paRs(signed.asset, signed.format, rootPem)
  t.assert.deepEqual(failuresOf(report), [])
  t.assert.ok(report.validation_results.activeManifest.success.some(({ code }) => code === 'timeStamp.validated'))
})

test('an authority that refuses, or answers something else, is an error and no signature', async (t: TestContext) => {
  const refused = (answer: (request: Uint8Array) => Promise<Uint8Array>) =>
    t.assert.rejects(sign(jpeg, { ...options, timeStamp: answer }), { name: 'C2paError', code: 'time_stamp' })
  await refused(async () => timeStampRejection('systemFailure', 'out of order'))
  await refused(async () => new Uint8Array())
  await refused(async () => new TextEncoder().encode('<html>'))
  const earlier: Uint8Array[] = []
  await sign(jpeg, {
    ...options,
    timeStamp: async (request) => {
      earlier.push(await timeStamp()(request))
      return earlier[0] as Uint8Array
    },
  })
  await refused(async () => earlier[0] as Uint8Array)
  const failing = new Error('no network')
  await t.assert.rejects(
    sign(jpeg, {
      ...options,
      timeStamp: async () => {
        throw failing
      },
    }),
    (error) => error === failing,
  )
})

test('a stapled OCSP answer is read by c2pa-rs, with a time stamp and without', async (t: TestContext) => {
  const responder = await issue('Example OCSP Responder', { issuer: authority, purposes: [OCSP_SIGNING] })
  const leaf = Certificate.decode(options.certificates[0] as Uint8Array)
  const now = new Date()
  const response = await signOcspResponse(
    {
      certificate: responder.certificate,
      chain: [authority.certificate],
      producedAt: now,
      responses: [
        {
          certID: certIdOf(authority.certificate, leaf.serialNumber),
          status: 'good',
          thisUpdate: now,
          nextUpdate: new Date(now.getTime() + 86_400_000),
        },
      ],
    },
    responder.signer,
  )
  for (const more of [{}, { timeStamp: timeStamp() }]) {
    const signed = await sign(jpeg, { ...options, ...more, ocspResponses: [response] })
    const report = await readWithC2paRs(signed.asset, signed.format, rootPem)
    t.assert.deepEqual(failuresOf(report), [])
    t.assert.equal(report.validation_state, 'Trusted')
    const { success, informational } = report.validation_results.activeManifest
    t.assert.ok(
      success.some(({ code }) => code === 'signingCredential.ocsp.notRevoked'),
      JSON.stringify([success, informational]),
    )
  }
})
