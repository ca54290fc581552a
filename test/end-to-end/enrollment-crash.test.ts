/**
 * Power cuts in the middle of many enrollments: what was answered is there, no serial number is there twice, what was about
 * to be signed is finished or marked as failed, and no key that was handed out is anywhere. COUNTERSIGN_TEST_ENROLLMENTS
 * says how many there are.
 */
import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, type TestContext, test } from 'node:test'
import { encodePem } from '@countersign/codec'
import { createSigner, name, signCertificationRequest } from '@countersign/pki'
import { type Platform, startPlatform } from '../platform.ts'

const data = await mkdtemp(join(tmpdir(), 'countersign-enrollment-crash-'))
after(() => rm(data, { recursive: true, force: true }))

const REQUESTS = Number(process.env.COUNTERSIGN_TEST_ENROLLMENTS ?? 240)
const AT_ONCE = 32
const CUTS = 2

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const signer = await createSigner('ES256', new Uint8Array(pair.export({ type: 'pkcs8', format: 'der' })))
const csr = encodePem('CERTIFICATE REQUEST', await signCertificationRequest({ subject: name({ CN: 'csr' }) }, signer))

/** A CSR, and a key that is made here in two forms. */
const KEYS = [
  { csr },
  { server_side_key_gen: true, private_key_format: 'pem' },
  { server_side_key_gen: true, private_key_format: 'der', private_key_syntax: 'pkcs1' },
] as const

type Enrolled = { readonly certificate_id: string; readonly pem: string; readonly private_key?: string }

async function enroll({ account, request }: Platform, index: number): Promise<Enrolled> {
  const answer = await request('api', '/iot/api/v1/certificate', {
    method: 'POST',
    headers: { 'x-api-key': account.service_api_key, 'content-type': 'application/json' },
    body: Buffer.from(
      JSON.stringify({
        enrollment_profile_id: account.enrollment_profile_id,
        certificate_profile_attributes: [{ id: 'subject.common_name', value: `device-${index}` }],
        ...KEYS[index % KEYS.length],
      }),
    ),
  })
  if (answer.status !== 200) throw new Error(`${answer.status}: ${answer.body}`)
  return answer.json<Enrolled>()
}

/** Enrolls one after the other, many at once, and cuts the power in the middle; what was answered. */
async function cutInTheMiddle(count: number): Promise<readonly Enrolled[]> {
  const platform = await startPlatform({ data, environment: { COUNTERSIGN_REQUEST_RATE: '0' } })
  const answered: Enrolled[] = []
  let [next, lost] = [0, 0]
  const work = async (): Promise<void> => {
    while (next < count && lost === 0) {
      const enrolled = await enroll(platform, next++).catch(() => undefined)
      if (!enrolled) lost++
      else if (answered.push(enrolled) === Math.ceil(count / 2)) await platform.kill()
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  if (lost === 0) throw new Error('every request was answered: the cut came too late to prove anything')
  return answered
}

type Row = { readonly id: string; readonly serial_number: string; readonly status: string; readonly bytes: Uint8Array }

function inDatabase<T>(work: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(join(data, 'countersign.db'))
  try {
    return work(database)
  } finally {
    database.close()
  }
}

const certificates = (): readonly Row[] =>
  inDatabase((database) =>
    database.prepare('SELECT id, serial_number, status, bytes FROM certificates').all(),
  ) as unknown as readonly Row[]

/** Half the number that the key is, in the clear and in hexadecimal, and a line of it as it was handed out. */
function marksOf(privateKey: string): readonly Buffer[] {
  const isPem = privateKey.startsWith('-----')
  const key = createPrivateKey(
    isPem ? privateKey : { key: Buffer.from(privateKey, 'base64'), format: 'der', type: 'sec1' },
  )
  const secret = Buffer.from(String(key.export({ format: 'jwk' }).d), 'base64url')
  const text = isPem ? (privateKey.split('\n')[1] ?? '') : privateKey
  const hex = secret.toString('hex')
  return [secret, Buffer.from(hex), Buffer.from(hex.toUpperCase()), Buffer.from(text.slice(40, 64))].map((mark) =>
    mark.subarray(0, 16),
  )
}

/** Which of the marks are in the files of a folder: each file is gone through once, however many marks there are. */
function found(marks: readonly Buffer[], folder: string): string[] {
  const byBeginning = new Map(marks.map((mark) => [mark.readUIntBE(0, 6), mark]))
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return files.flatMap(({ name: file, parentPath }) => {
    const bytes = readFileSync(join(parentPath, file))
    const hits: string[] = []
    for (let at = 0; at + 16 <= bytes.length; at++) {
      const mark = byBeginning.get(bytes.readUIntBE(at, 6))
      if (mark?.equals(bytes.subarray(at, at + 16))) hits.push(`${file} at ${at}`)
    }
    return hits
  })
}

test(`kill -9 in the middle of ${REQUESTS} enrollments`, async (t: TestContext) => {
  const answered: Enrolled[] = []
  let reserved = 0
  for (let cut = 0; cut < CUTS; cut++) {
    answered.push(...(await cutInTheMiddle(REQUESTS / CUTS)))
    reserved = inDatabase((database) => database.prepare('SELECT id FROM reserved_certificates').all()).length
  }
  // What stands at once as if it were long ago is given up by the next start.
  inDatabase((database) => database.exec('UPDATE reserved_certificates SET created_at = created_at - 600000'))
  const platform = await startPlatform({ data })
  try {
    const again = await enroll(platform, 0)
    const one = answered.at(-1)!
    const { account, request } = platform
    const view = await request('api', `/iot/api/v1/certificate/${one.certificate_id}`, {
      headers: { 'x-api-key': account.service_api_key },
    })
    t.assert.equal(view.status, 200)
    answered.push(again)
  } finally {
    await platform.stop()
  }

  const rows = certificates()
  const byId = new Map(rows.map((row) => [row.id, row]))
  const lost = answered.filter(({ certificate_id, pem }) => {
    const row = byId.get(certificate_id)
    return row?.status !== 'issued' || !new X509Certificate(pem).raw.equals(row.bytes)
  })
  t.assert.deepEqual(lost, [], 'answered, and not on record')
  const numbers = answered.map(({ pem }) => new X509Certificate(pem).serialNumber)
  t.assert.equal(new Set(numbers).size, answered.length)
  t.assert.equal(new Set(rows.map((row) => row.serial_number)).size, rows.length)

  const failed = rows.filter(({ status }) => status === 'failed')
  t.assert.deepEqual(
    rows.filter(({ status }) => status !== 'issued' && status !== 'failed'),
    [],
  )
  t.assert.ok(failed.length >= reserved)
  const told = inDatabase((database) =>
    database
      .prepare("SELECT resource_id FROM audit_events WHERE action = 'certificate.issue' AND status = 'failed'")
      .all(),
  )
  t.assert.deepEqual(told.map((row) => String(row.resource_id)).sort(), failed.map(({ id }) => id).sort())
  t.diagnostic(`${answered.length} answered, ${rows.length} on record, ${failed.length} of them failed`)

  const keys = answered.flatMap(({ private_key }) => private_key ?? [])
  t.assert.ok(keys.length > 0)
  const marks = keys.flatMap(marksOf)
  t.assert.deepEqual(found(marks, data), [], 'keys that were handed out')
  // The search finds what is there.
  const own = readFileSync(join(data, 'quickstart', 'key.pem'), 'utf8')
  t.assert.equal(found(marksOf(own), join(data, 'quickstart')).length, 1)
})
