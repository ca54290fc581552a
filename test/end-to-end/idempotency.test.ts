/** A power cut among requests that each have an Idempotency-Key: sent again, none makes a second certificate. */
import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { encodePem } from '@countersign/codec'
import { createSigner, name, signCertificationRequest } from '@countersign/pki'
import { type Answer, type Platform, startPlatform } from '../platform.ts'

const data = await mkdtemp(join(tmpdir(), 'countersign-idempotency-'))
after(() => rm(data, { recursive: true, force: true }))

const REQUESTS = 48
const PATH = '/iot/api/v1/certificate'

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const signer = await createSigner('ES256', new Uint8Array(privateKey.export({ type: 'pkcs8', format: 'der' })))
const csr = encodePem('CERTIFICATE REQUEST', await signCertificationRequest({ subject: name({ CN: 'c' }) }, signer))

const isServerSide = (index: number): boolean => index % 4 === 0

/** The same each time. */
function enroll({ account, request }: Platform, index: number): Promise<Answer> {
  const key = isServerSide(index) ? { server_side_key_gen: true, private_key_format: 'pem' } : { csr }
  return request('api', PATH, {
    method: 'POST',
    headers: {
      'x-api-key': account.service_api_key,
      'content-type': 'application/json',
      'idempotency-key': `request-${index}`,
    },
    body: Buffer.from(
      JSON.stringify({
        enrollment_profile_id: account.enrollment_profile_id,
        certificate_profile_attributes: [{ id: 'subject.common_name', value: `device-${index}` }],
        ...key,
      }),
    ),
  })
}

/** Sends all at once, cuts the power after some answers, and gives the bodies that were answered. */
async function cutAfter(answers: number): Promise<ReadonlyMap<number, Answer>> {
  const platform = await startPlatform({ data })
  const answered = new Map<number, Answer>()
  await Promise.allSettled(
    Array.from({ length: REQUESTS }, async (_, index) => {
      const answer = await enroll(platform, index)
      if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.body}`)
      answered.set(index, answer)
      if (answered.size === answers) await platform.kill()
    }),
  )
  if (answered.size === REQUESTS) throw new Error('every request was answered: the cut came too late to prove anything')
  return answered
}

test('kill -9 among requests that are sent again afterwards', async (t: TestContext) => {
  const answered = await cutAfter(12)
  t.assert.ok(answered.size >= 12)
  const platform = await startPlatform({ data })
  t.after(() => platform.stop())
  const issued = async (index: number): Promise<readonly { id: string }[]> => {
    const headers = { 'x-api-key': platform.account.service_api_key }
    const answer = await platform.request('api', `${PATH}?common_name=device-${index}`, { headers })
    return answer.json<{ records: { id: string }[] }>().records
  }
  const judge = async (index: number): Promise<void> => {
    const before = await issued(index)
    const first = answered.get(index)
    t.assert.ok(before.length === 1 || (before.length === 0 && !first), `device-${index} has ${before.length}`)
    // What the cut left without a certificate is held for it a while, and free after that.
    if (before.length === 0) return
    const again = await enroll(platform, index)
    if (isServerSide(index)) {
      t.assert.equal(again.status, 409)
      t.assert.match(String(again.body), new RegExp(`"private_key_given_before".*${before[0]?.id}`))
    } else if (first) t.assert.ok(again.body.equals(first.body))
    else t.assert.equal(again.json().certificate_id, before[0]?.id)
    t.assert.deepEqual(await issued(index), before)
  }
  await Promise.all(Array.from({ length: REQUESTS }, (_, index) => judge(index)))
})
