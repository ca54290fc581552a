/** Batches over HTTP, from the file that is sent to the file that comes back, on both databases. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { decodePem } from '@countersign/codec'
import { CertificationRequest } from '@countersign/pki'
import { unzipSync } from 'fflate'
import type { EnrollmentProfile } from '../../src/domain/enrollment-profile.ts'
import { wipeBatches } from '../../src/domain/wipe-batches.ts'
import { openssl, skipWithoutOpenssl } from '../openssl.ts'
import { hasPostgres } from '../store/postgres.ts'
import { batchProfile } from './batch-profile.ts'
import { askFor, byKey, certificationRequest } from './operations.ts'
import { type Answer, json, MULTIPART, multipart, startTestPlatform, type TestPlatform } from './test-platform.ts'

const PATH = '/iot/api/v1/batch'

type View = {
  id: string
  status: string
  reason: string | null
  total: number
  succeeded: number
  failed: number
  finished_at: string | null
  kept_until: string | null
}

const quoted = (text: string): string => `"${text}"`
const table = (text: string): { name: string; bytes: Buffer; type: string } => ({
  name: 'devices.csv',
  bytes: Buffer.from(text),
  type: 'text/csv',
})

function declare(engine: 'SQLite' | 'PostgreSQL', start: () => Promise<TestPlatform | undefined>): void {
  let platform: TestPlatform
  let isThere = false
  let folder: string
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'countersign-batch-'))
    const started = await start()
    if (!started) return
    platform = started
    isThere = true
  })
  after(async () => {
    rmSync(folder, { recursive: true, force: true })
    if (isThere) await platform.stop()
  })

  const key = (): string => platform.account.service_api_key
  const ask = (method: string, path: string, as = key(), body?: object): Promise<Answer> =>
    askFor(platform, { method, path }, byKey(as), { ...(body && { body }) })

  function send(fields: Parameters<typeof multipart>[0], as = key()): Promise<Answer> {
    const options = byKey(as)
    return platform.ask(PATH, {
      ...options,
      body: multipart(fields),
      headers: { ...(options.headers as object), 'content-type': MULTIPART },
    })
  }

  async function accepted(t: TestContext, answer: Promise<Answer>): Promise<View> {
    const { status, body } = await answer
    t.assert.equal(status, 201, String(body))
    return json<View>({ status, body, headers: {} })
  }

  async function done(id: string): Promise<View> {
    for (;;) {
      const view = json<View>(await ask('GET', `${PATH}/${id}`))
      if (view.finished_at) return view
      await pause(50)
    }
  }

  /** The files of the result; what the table has is by line. */
  async function resultOf(t: TestContext, id: string) {
    const { status, headers, body } = await ask('GET', `${PATH}/${id}/download-certificates`)
    t.assert.equal(status, 200)
    t.assert.equal(headers['content-type'], 'application/zip')
    const files = Object.fromEntries(
      Object.entries(unzipSync(body)).map(([name, bytes]) => [name, Buffer.from(bytes)] as const),
    )
    const [head = '', ...lines] = String(files['results.csv']).trimEnd().split('\r\n')
    const names = head.split(',')
    const rows = lines.map((text) => {
      const cells = text.match(/"(?:[^"]|"")*"|[^,]+|(?<=,|^)(?=,|$)/g) ?? []
      return Object.fromEntries(names.map((name, index) => [name, (cells[index] ?? '').replaceAll('"', '')]))
    })
    return { body, files, rows }
  }

  /** What was done to a batch. */
  async function eventsOf(id: string): Promise<string[]> {
    const path = `/account/api/v1/audit-log?resource_id=${id}&sort=created_at`
    return json<{ action: string }[]>(await ask('GET', path, platform.account.admin_api_key)).map(
      ({ action }) => action,
    )
  }

  /** Whether a private exponent or number is in the files of SQLite. */
  function isStored(privateKeys: readonly Buffer[]): boolean {
    const names = readdirSync(platform.folder).filter((name) => name.startsWith('countersign.db'))
    const files = names.map((name) => readFileSync(join(platform.folder, name)))
    return files.some((file) => privateKeys.some((one) => file.includes(one)))
  }

  async function profile(changes: Partial<EnrollmentProfile> = {}): Promise<string> {
    return batchProfile(platform, changes)
  }

  test('a table with a CSR in each line gives a certificate for each, or says why not', async (t: TestContext) => {
    if (!isThere) return t.skip('there is no PostgreSQL')
    const { csr } = await certificationRequest()
    const { csr: other } = await certificationRequest()
    // As Excel writes it: with a mark before it, carriage returns, and quotes where they are needed.
    const lines = [
      'csr,subject.common_name,subject.organization_unit,subject.organization_unit,DEVICE_IDENTIFIER',
      `${quoted(csr)},first,Line 1,Hall 2,MAC0001`,
      `${quoted(other)},"second, and ""last""",,,`,
      ',,,,',
      'none,third,,,MAC0003',
      `${quoted(csr)},${'x'.repeat(70)},,,`,
    ].filter((text) => text !== ',,,,')
    const sent = await accepted(
      t,
      send({
        enrollment_profile_id: await profile(),
        name: 'Week 48',
        include_full_chain_with_each_certificate: 'true',
        file: table(`\uFEFF${lines.join('\r\n')}\r\n\r\n`),
      }),
    )
    t.assert.deepEqual([sent.status, sent.total], ['APPROVED', 4])
    const view = await done(sent.id)
    t.assert.deepEqual([view.status, view.succeeded, view.failed, view.reason], ['COMPLETE', 2, 2, null])

    const { body, files, rows } = await resultOf(t, sent.id)
    const csrLines = csr.split('\n').length - 1
    const [first, second, third, fourth] = [2, 3, 4, 5].map((line, index) => line + csrLines * Math.min(index, 2))
    t.assert.deepEqual(
      rows.map(({ line, status, common_name }) => [Number(line), status, common_name]),
      [
        [first, 'SUCCEEDED', 'first'],
        [second, 'SUCCEEDED', 'second, and last'],
        [third, 'FAILED', ''],
        [fourth, 'FAILED', ''],
      ],
    )
    t.assert.match(rows[2]?.error ?? '', /^csr: it is no/)
    t.assert.match(rows[3]?.error ?? '', /subject\.common_name/)
    const leaf = new X509Certificate(files[rows[0]!.certificate!]!)
    t.assert.match(leaf.subject, /OU=Line 1\nOU=Hall 2|OU=Hall 2\nOU=Line 1/)
    t.assert.equal(leaf.serialNumber.replace(/^0+/, ''), rows[0]?.serial_number)
    const [requested] = decodePem(csr)
    t.assert.deepEqual(
      Buffer.from(CertificationRequest.decode(requested!.bytes).publicKey.bytes),
      leaf.publicKey.export({ type: 'spki', format: 'der' }),
    )
    t.assert.equal(String(files[rows[0]!.certificate!]).match(/BEGIN/g)?.length, 3)
    t.assert.equal(String(files['chain.pem']).match(/BEGIN/g)?.length, 2)
    const found = json<{ id: string; enrollment_method?: string }>(
      await ask('GET', `/iot/api/v1/certificate/${rows[0]?.certificate_id}`),
    )
    t.assert.equal(found.id, rows[0]?.certificate_id)
    t.assert.equal(Object.keys(files).length, 4)

    if (skipWithoutOpenssl(t)) return
    for (const name of ['chain.pem', rows[0]!.certificate!])
      writeFileSync(join(folder, name.replace('/', '-')), files[name]!)
    openssl(t, folder, ['verify', '-CAfile', 'chain.pem', rows[0]!.certificate!.replace('/', '-')])
    const events = await eventsOf(sent.id)
    t.assert.deepEqual(events, ['batch.create', 'batch.finish'])
    t.assert.ok(body.length > 0)
  })

  test('keys that are made here are in the result for their recipients alone', async (t: TestContext) => {
    if (!isThere || skipWithoutOpenssl(t)) return t.skip('there is no PostgreSQL, or no OpenSSL')
    for (const [name, kind] of [
      ['rsa', ['rsa:2048']],
      ['ec', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256']],
    ] as const)
      openssl(t, folder, [
        ...['req', '-x509', '-nodes', '-days', '2', '-subj', `/CN=${name}`, '-newkey', ...kind],
        ...[
          '-addext',
          'basicConstraints=critical,CA:FALSE',
          '-addext',
          'keyUsage=keyEncipherment,keyAgreement',
          '-keyout',
          `${name}.key`,
          '-out',
          `${name}.pem`,
        ],
      ])
    const recipient = (name: string): string => readFileSync(join(folder, `${name}.pem`), 'utf8')
    const attributes = (common: string) => [{ id: 'subject.common_name', value: common }]
    const sent = await accepted(
      t,
      ask('POST', PATH, key(), {
        // Behind the requests as before them.
        requests: [
          { certificate_profile_attributes: attributes('for rsa') },
          {
            certificate_profile_attributes: attributes('for ec'),
            encryption_certificate: recipient('ec'),
            key_type: 'P_384',
          },
          { certificate_profile_attributes: attributes('for nobody'), encryption_certificate: platform.ca },
          { certificate_profile_attributes: attributes('of rsa'), key_type: 'rsa_2048' },
        ],
        enrollment_profile_id: await profile(),
        certificate_format: 'DER',
        server_side_key_gen: true,
        encryption_certificate: recipient('rsa'),
      }),
    )
    const view = await done(sent.id)
    t.assert.deepEqual([view.status, view.succeeded, view.failed], ['COMPLETE', 3, 1])
    const { files, rows } = await resultOf(t, sent.id)
    t.assert.deepEqual(
      rows.map(({ line }) => line),
      ['1', '2', '3', '4'],
    )
    t.assert.match(rows[2]?.error ?? '', /^encryption_certificate: it is that of an authority/)
    const privateKeys: Buffer[] = []
    for (const [index, name, type] of [
      [0, 'rsa', 'ec'],
      [1, 'ec', 'ec'],
      [3, 'rsa', 'rsa'],
    ] as const) {
      const row = rows[index]!
      writeFileSync(join(folder, 'key.p7m'), files[row.private_key!]!)
      const decrypted = openssl(t, folder, [
        ...['cms', '-decrypt', '-inform', 'DER', '-in', 'key.p7m', '-inkey', `${name}.key`, '-recip', `${name}.pem`],
      ])
      const privateKey = createPrivateKey(decrypted)
      t.assert.equal(privateKey.asymmetricKeyType, type)
      privateKeys.push(Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url'))
      t.assert.ok(new X509Certificate(files[row.certificate!]!).checkPrivateKey(privateKey))
    }
    t.assert.equal(isStored(privateKeys), false)
    t.assert.ok(privateKeys.every(({ length }) => length >= 32))
    // Not from the pool, which is for those who wait.
    t.assert.equal(await platform.world.store.settings.find('key_pool.rsa_2048.asked_at'), undefined)
  })

  test('what is wrong in a file is named by its line, and nothing of it is kept', async (t: TestContext) => {
    if (engine === 'PostgreSQL') return t.skip('on one database is enough')
    const enrollment_profile_id = await profile()
    const { csr } = await certificationRequest()
    const { records, total } = json<{ records: View[]; total: number }>(await ask('GET', PATH))
    const fields = { enrollment_profile_id }
    for (const [sent, sentence, status = 400] of [
      [{ file: table('csr\na,b\n') }, /^line 2: it has 2 cells, and the first line has 1\.$/],
      [
        { file: table('csr,subject.common_name\n"a\nb",c\n,d\n"e",f,g\n,h') },
        /^line 4: csr: .*line 5: it has 3.*line 6: csr: it is missing/s,
      ],
      [{ file: table('csr\n"a') }, /^line 2: a quote that begins a cell has none that ends it\.$/],
      [{ file: table('csr,common_name\n') }, /^line 1: there is no column "common_name"; there are csr, key_type/],
      [{ file: table('csr;subject.common_name\n') }, /^line 1: there is no column .* with commas between them\.$/],
      [{ file: table('csr,csr\n') }, /^line 1: there is more than one column csr\.$/],
      [{ file: table('') }, /^requests: there is none\.$/],
      [{ file: table('csr\n') }, /^requests: there is none\.$/],
      [{ file: table('\u00e9csr\n') }, /^line 1: there is no column/],
      [{ file: { ...table(''), bytes: Buffer.from([0x63, 0xff, 0xfe]) } }, /^it is no text in UTF-8\.$/],
      [
        { file: table('[{"csr":"a"},{"crs":"b"},{}]') },
        /^line 2: there is no field "crs" here; .* line 3: csr: it is missing/,
      ],
      [{ file: table('[{"csr":"a"}') }, /^requests: it is cut short\.$/],
      [{ file: table('[{"csr":1}]') }, /^line 1: csr: must be/],
      // As many as one request can have: all of them are wrong, and the first is told.
      [
        { file: table(`[{"device_attributes":[${'1,'.repeat(250_000)}1]}]`) },
        /^line 1: device_attributes\.0: must be object\.$/,
      ],
      [{}, /^file: it is missing/],
      [{ file: table(`csr\n"${csr}"`), colour: 'red' }, /^there is no field "colour" here/],
      [{ file: table(`csr\n"${csr}"`), key_type: 'p_256' }, /^key_type: only together with server_side_key_gen\.$/],
      [{ file: table(`csr\n"${csr}"`), server_side_key_gen: 'yes' }, /^server_side_key_gen: true or false\.$/],
      [
        { file: table(`csr\n"${csr}"`), server_side_key_gen: 'true' },
        /^line 2: csr: not together .* line 2: encryption_certificate: it is missing/,
      ],
      [
        { file: table('subject.common_name\na\nb\nc'), server_side_key_gen: 'true' },
        /^lines 2 to 4: encryption_certificate: it is missing, here and for the batch: [^:]*$/,
      ],
      [
        { file: table('csr,subject.common_name\na\n,b\n,c\n,d,e\n,f') },
        /^line 2: it has 1 [^:]* lines 3 to 4: csr: [^:]* line 5: it has 3 [^:]* line 6: csr: it is missing;/,
      ],
      [{ file: table(`csr\n"${csr}"`), enrollment_profile_id: undefined }, /^enrollment_profile_id: it is missing\.$/],
      [
        { file: table('subject.common_name\na'), server_side_key_gen: 'true', encryption_certificate: platform.ca },
        /^encryption_certificate: it is that of an authority/,
      ],
      [{ file: table(`csr\n"${csr}"`), certificate_format: 'p7b' }, /^certificate_format: one of pem, der\.$/],
      [{ file: table(`csr\n"${csr}"`), name: 'x'.repeat(101) }, /^name: 1 to 100 characters/],
      [{ file: table(`csr\n"${csr}"`), enrollment_profile_id: 'IOT_' }, /^There is no such enrollment profile\.$/, 404],
      [
        { file: table(`csr\n"${csr}"`), enrollment_profile_id: platform.account.enrollment_profile_id },
        /BATCH is none of the enrollment methods/,
      ],
      [
        { file: table(`csr\n"${csr}"`), enrollment_profile_id: await profile({ approval: 'manual' }) },
        /somebody approves each certificate/,
        409,
      ],
      [
        { file: table(`csr\n"${csr}"`), enrollment_profile_id: await profile({ keyGenerationOption: 'server_side' }) },
        /^server_side_key_gen: under this profile keys are made here/,
      ],
    ] as const) {
      const answer = await send({ ...fields, ...sent })
      t.assert.equal(answer.status, status, String(answer.body))
      t.assert.match(json(answer).errors[0]!.message, sentence as RegExp)
    }
    const many = await send({ ...fields, file: table(`csr\n${'a,b\n'.repeat(50)}`) })
    t.assert.equal(json(many).errors[0]?.message, 'lines 2 to 11: it has 2 cells, and the first line has 1.')
    const far = await ask('GET', `${PATH}?offset=9223372036854775808`)
    t.assert.deepEqual([far.status, json(far).errors[0]?.message], [400, 'offset: must be <= 1000000'])
    const notJson = await platform.ask(PATH, {
      ...byKey(key()),
      headers: { 'x-api-key': key(), 'content-type': 'text/csv' },
      body: Buffer.from('csr\n'),
    })
    t.assert.equal(notJson.status, 415)
    const nothing = await ask('POST', PATH)
    t.assert.deepEqual([nothing.status, json(nothing).errors[0]?.code], [400, 'invalid_request'])
    t.assert.deepEqual(json<object>(await ask('GET', PATH)), { limit: 20, offset: 0, total, records })
    await wipeBatches(platform.world)
    const rest = platform.world.store.batches
    t.assert.deepEqual(await rest.listToWipe(new Date(Date.now() + 1_000)), [])
  })

  test('a batch is cancelled while it is worked on, and deleted with its keys once it is done', async (t: TestContext) => {
    if (!isThere) return t.skip('there is no PostgreSQL')
    const { csr } = await certificationRequest()
    const lines = Array.from({ length: 700 }, (_, index) => `device ${index}`)
    const enrollment_profile_id = await profile()
    const file = table(`subject.common_name,csr\n${lines.map((line) => `${line},${quoted(csr)}\n`).join('')}`)
    const { id } = await accepted(t, send({ enrollment_profile_id, file }))
    const refused = async (method: string, path: string, code: string): Promise<void> => {
      const answer = await ask(method, path)
      t.assert.deepEqual([answer.status, json(answer).errors[0]?.code], [409, code])
    }
    await refused('DELETE', `${PATH}/${id}`, 'batch_not_done')
    await refused('GET', `${PATH}/${id}/download-certificates`, 'batch_not_done')
    while (json<View>(await ask('GET', `${PATH}/${id}`)).succeeded === 0) await pause(20)
    t.assert.equal((await ask('PUT', `${PATH}/${id}/cancel`)).status, 204)
    await refused('PUT', `${PATH}/${id}/cancel`, 'batch_done')
    const view = json<View>(await ask('GET', `${PATH}/${id}`))
    t.assert.equal(view.status, 'CANCELLED')
    const { rows, files } = await resultOf(t, id)
    t.assert.equal(rows.length, 700)
    const made = rows.filter(({ status }) => status === 'SUCCEEDED')
    t.assert.equal(made.length, view.succeeded)
    t.assert.ok(made.length > 0 && made.length < 700)
    t.assert.equal(rows.filter(({ status }) => status === 'WAITING').length, 700 - made.length)
    t.assert.equal(Object.keys(files).length, made.length + 2)
    const counted = json<{ total: number }>(
      await ask('GET', `/iot/api/v1/certificate?limit=1&enrollment_profile_id=${enrollment_profile_id}`),
    )
    t.assert.equal(counted.total, made.length)

    t.assert.equal((await ask('DELETE', `${PATH}/${id}`)).status, 204)
    t.assert.equal((await ask('GET', `${PATH}/${id}`)).status, 404)
    t.assert.equal((await ask('DELETE', `${PATH}/${id}`)).status, 404)
    t.assert.deepEqual(await eventsOf(id), ['batch.create', 'batch.cancel', 'batch.delete'])
    await wipeBatches(platform.world)
    t.assert.equal(await platform.world.store.batches.find(id), undefined)
    t.assert.deepEqual(await platform.world.store.batches.listResults(id, 0, 1), [])
    t.assert.equal((await ask('GET', `/iot/api/v1/certificate/${made[0]?.certificate_id}`)).status, 200)
  })
}

describe('on SQLite', () => declare('SQLite', () => startTestPlatform({ COUNTERSIGN_REQUEST_RATE: '0' })))
describe('on PostgreSQL', () =>
  declare('PostgreSQL', async () => {
    const options = { engine: 'postgres' } as const
    return (await hasPostgres()) ? startTestPlatform({ COUNTERSIGN_REQUEST_RATE: '0' }, undefined, options) : undefined
  }))
