/** Certificate requests: looked for, approved by somebody else, rejected, cancelled, picked up. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { newEnrollmentProfileId } from '../../src/domain/enrollment-profile.ts'
import { type Asker, onBothPlatforms } from './both-platforms.ts'
import { certificationRequest } from './operations.ts'
import { json } from './test-platform.ts'

const PATH = '/iot/api/v1/certificate-request'
const CERTIFICATE = '/iot/api/v1/certificate'

type Outcome = { certificate_request_id: string; status: string; result: string; pem?: string; private_key?: string }
type View = {
  id: string
  status: string
  requested_by: { kind: string; id: string }
  certificate_id: string | null
  certificate: { status: string; body: string } | null
  pem: string | null
  approval: {
    subject: string
    csr: string | null
    decided_by: string | null
    reason: string | null
    expires_at: string | null
  } | null
}

const { csr } = await certificationRequest()

onBothPlatforms('certificate requests', (suite) => {
  /** A profile under which somebody has to approve. */
  async function manual({ platform }: Asker): Promise<string> {
    const { enrollmentProfiles } = platform.world.store
    const first = (await enrollmentProfiles.find(platform.account.enrollment_profile_id))!
    const id = newEnrollmentProfileId(new Date())
    await enrollmentProfiles.add({ ...first, id, name: id, approval: 'manual' })
    return id
  }
  const named = (value: string) => [{ id: 'subject.common_name', value }]
  const byCsr = (name: string) => ({ csr, certificate_profile_attributes: named(name) })
  const withKey = (name: string) => ({
    server_side_key_gen: true,
    private_key_format: 'pem',
    certificate_profile_attributes: named(name),
  })
  /** Asked by the service user, who may not approve. */
  async function request(asker: Asker, enrollment_profile_id: string, body: object, key?: string): Promise<Outcome> {
    const { service_api_key } = asker.platform.account
    const answer = await asker.ask('POST', CERTIFICATE, { enrollment_profile_id, ...body }, key ?? service_api_key)
    if (answer.status !== 200) throw new Error(String(answer.body))
    return json<Outcome>(answer)
  }
  const found = (asker: Asker, id: string) => asker.get<View>('GET', `${PATH}/${id}`)
  const issued = async (asker: Asker, name: string): Promise<number> =>
    (await asker.get<{ total: number }>('GET', `${CERTIFICATE}?common_name=${name}`)).total

  test('requests are listed and found with their certificates', async (t: TestContext) => {
    const asker = suite()
    const { enrollment_profile_id, service_user_id } = asker.platform.account
    const device_attributes = [{ id: 'DEVICE_IDENTIFIER', value: 'MAC-1' }]
    const first = await request(asker, enrollment_profile_id, { ...byCsr('listed-1'), device_attributes })
    const second = await request(asker, enrollment_profile_id, withKey('listed-2'))
    const profile = await manual(asker)
    const third = await request(asker, profile, { ...byCsr('listed-3'), device_attributes })
    const ids = [third, second, first].map(({ certificate_request_id: id }) => id)
    const list = async (query: Record<string, string>) => {
      const page = await asker.get<{ total: number; records: View[] }>('GET', `${PATH}/?${new URLSearchParams(query)}`)
      return { total: page.total, ids: page.records.map(({ id }) => id) }
    }
    const requested_by = service_user_id
    t.assert.deepEqual(await list({ requested_by }), { total: 3, ids })
    t.assert.deepEqual(await list({ requested_by, limit: '1', offset: '1' }), { total: 3, ids: ids.slice(1, 2) })
    t.assert.deepEqual((await list({ device_identifier: 'MAC-1' })).ids, [ids[0], ids[2]])
    t.assert.deepEqual((await list({ device_identifier: 'MAC-2' })).ids, [])
    t.assert.deepEqual((await list({ status: 'pending_approval', enrollment_profile_id: profile })).ids, [ids[0]])
    t.assert.deepEqual((await list({ status: 'AUTO_APPROVED', enrollment_profile_id })).ids, ids.slice(1))
    t.assert.deepEqual((await list({ requested_by: 'nobody' })).total, 0)
    const today = new Date().toISOString().slice(0, 10)
    t.assert.equal((await list({ created_from: today, created_to: today })).total, 3)
    t.assert.equal((await list({ created_to: '2026-01-01' })).total, 0)
    t.assert.equal((await list({ created_from: '2126-01-01' })).total, 0)

    const view = await found(asker, first.certificate_request_id)
    t.assert.equal(view.pem, first.pem)
    t.assert.equal(view.certificate?.status, 'ISSUED')
    t.assert.deepEqual(view.requested_by, { kind: 'user', id: service_user_id })
    t.assert.equal(view.approval, null)

    for (const query of ['status=open', 'created_from=yesterday', 'stat=x', 'limit=0', 'requested_by=%00'])
      t.assert.equal((await asker.ask('GET', `${PATH}?${query}`)).status, 400, query)
    const stranger = await asker.stranger()
    t.assert.equal(json<{ total: number }>(await asker.ask('GET', PATH, undefined, stranger)).total, 0)
    for (const id of [...ids, 'x'])
      t.assert.deepEqual((await asker.refusal('GET', `${PATH}/${id}`, undefined, stranger)).slice(0, 2), [
        404,
        'certificate_request_not_found',
      ])
  })

  test('with a CSR somebody else approves, and then there is a certificate', async (t: TestContext) => {
    const asker = suite()
    const { account } = asker.platform
    const unread = named('approved').map((attribute) => ({ ...attribute, unread: [[[]]] }))
    const asked = await request(asker, await manual(asker), { csr, certificate_profile_attributes: unread })
    // What stands beside is not kept: it may be deeper than anybody can write it.
    const { certificateApprovals } = asker.platform.world.store
    const kept = await certificateApprovals.find(asked.certificate_request_id)
    t.assert.deepEqual(kept?.wish.attributes, named('approved'))
    t.assert.deepEqual(asked, {
      certificate_request_id: asked.certificate_request_id,
      status: 'PENDING_APPROVAL',
      result: 'PENDING',
    })
    const path = `${PATH}/${asked.certificate_request_id}`
    const before = await found(asker, asked.certificate_request_id)
    t.assert.deepEqual([before.certificate_id, before.certificate, before.pem], [null, null, null])
    t.assert.deepEqual([before.approval?.subject, before.approval?.csr], ['CN=approved', csr])
    t.assert.ok(before.approval?.expires_at)
    t.assert.equal(await issued(asker, 'approved'), 0)

    // Who asked may not approve, whatever it may otherwise; nor who may only ask or look; nor another account.
    const { users } = asker.platform.world.store
    const service = (await users.find(account.service_user_id))!
    await users.update({ ...service, permissions: [...service.permissions, 'APPROVE_IOT_CERTIFICATE'] })
    const [status, code, sentence] = await asker.refusal('PUT', `${path}/approve`, undefined, account.service_api_key)
    t.assert.deepEqual([status, code], [403, 'access_denied'])
    t.assert.match(sentence, /^Somebody else has to approve it/)
    await users.update(service)
    const viewer = await asker.somebody(['VIEW_IOT_CERTIFICATE', 'MANAGE_IOT_CERTIFICATE'])
    for (const verb of ['approve', 'reject'])
      t.assert.equal((await asker.refusal('PUT', `${path}/${verb}`, { reason: 'x' }, viewer))[0], 403)
    const stranger = await asker.stranger()
    for (const verb of ['approve', 'reject', 'cancel'])
      t.assert.equal((await asker.refusal('PUT', `${path}/${verb}`, { reason: 'x' }, stranger))[0], 404, verb)
    t.assert.equal(await issued(asker, 'approved'), 0)

    const approver = await asker.somebody(['APPROVE_IOT_CERTIFICATE'])
    const approved = json<View>(await asker.ask('PUT', `${path}/approve`, undefined, approver))
    t.assert.equal(approved.status, 'APPROVED')
    t.assert.equal(new X509Certificate(approved.pem ?? '').subject, 'CN=approved')
    t.assert.deepEqual(await found(asker, asked.certificate_request_id), approved)
    t.assert.equal(approved.approval?.expires_at, null)
    t.assert.equal(await issued(asker, 'approved'), 1)
    for (const [verb, refused] of [
      ['approve', 'certificate_request_not_pending'],
      ['reject', 'certificate_request_not_pending'],
    ] as const)
      t.assert.equal((await asker.refusal('PUT', `${path}/${verb}`, { reason: 'late' }))[1], refused)
    const late = await asker.refusal('PUT', `${path}/cancel`, undefined, account.service_api_key)
    t.assert.equal(late[1], 'certificate_request_settled')
    const pickup = { private_key_format: 'pem' }
    const picked = await asker.refusal('POST', `${path}/pickup`, pickup, account.service_api_key)
    t.assert.deepEqual(picked.slice(0, 2), [409, 'nothing_to_pick_up'])
    t.assert.deepEqual((await asker.actionsOn(asked.certificate_request_id)).toSorted(), [
      'certificate_request.approve',
      'certificate_request.create',
      'certificate_request.submit',
    ])
  })

  test('a key that is made here is made when who asked picks it up, once', async (t: TestContext) => {
    const asker = suite()
    const { service_api_key } = asker.platform.account
    const profile = await manual(asker)
    const { certificate_request_id: id } = await request(asker, profile, withKey('picked'))
    const path = `${PATH}/${id}`
    const pickUp = (body: object, key = service_api_key) => asker.ask('POST', `${path}/pickup`, body, key)
    const pem = { private_key_format: 'pem' }
    t.assert.equal(json(await pickUp(pem)).errors[0]?.code, 'certificate_request_not_approved')
    const approved = await asker.get<View>('PUT', `${path}/approve`)
    t.assert.deepEqual([approved.status, approved.certificate_id], ['APPROVED', null])
    t.assert.equal(await issued(asker, 'picked'), 0)

    t.assert.equal((await pickUp(pem, asker.platform.account.admin_api_key)).status, 403)
    t.assert.equal((await pickUp(pem, await asker.stranger())).status, 404)
    for (const wrong of [{}, { private_key_format: 'pkcs_12', pkcs12_password: 'x' }, { ...pem, csr }])
      t.assert.equal((await pickUp(wrong)).status, 400, JSON.stringify(wrong))

    const answers = await Promise.all([pickUp(pem), pickUp(pem), pickUp(pem)])
    const good = answers.filter(({ status }) => status === 200)
    t.assert.equal(good.length, 1, answers.map(({ body }) => String(body)).join())
    const made = json<Outcome>(good[0]!)
    t.assert.deepEqual([made.status, made.result, made.certificate_request_id], ['APPROVED', 'SUCCESS', id])
    t.assert.ok(new X509Certificate(made.pem ?? '').checkPrivateKey(createPrivateKey(made.private_key ?? '')))
    t.assert.equal(await issued(asker, 'picked'), 1)
    const after = await found(asker, id)
    t.assert.equal(after.pem, made.pem)
    const again = json(await pickUp(pem)).errors[0]!
    t.assert.equal(again.code, 'private_key_given_before')
    t.assert.ok(again.message.includes(after.certificate_id ?? 'no id'))

    const file = await request(asker, profile, withKey('file'))
    await asker.get('PUT', `${PATH}/${file.certificate_request_id}/approve`)
    const p12 = { private_key_format: 'pkcs_12', pkcs12_password: 'Abc12345', response_with_certificate_file: true }
    const answer = await asker.ask('POST', `${PATH}/${file.certificate_request_id}/pickup`, p12, service_api_key)
    t.assert.deepEqual([answer.status, answer.headers['content-type']], [200, 'application/x-pkcs12'])
  })

  test('what is rejected or cancelled comes to nothing', async (t: TestContext) => {
    const asker = suite()
    const { service_api_key } = asker.platform.account
    const profile = await manual(asker)
    const rejected = `${PATH}/${(await request(asker, profile, byCsr('rejected'))).certificate_request_id}`
    for (const body of [{}, { reason: ' ' }, { reason: 'a\nb' }, { reason: 'x', more: 1 }])
      t.assert.equal((await asker.ask('PUT', `${rejected}/reject`, body)).status, 400, JSON.stringify(body))
    const view = await asker.get<View>('PUT', `${rejected}/reject`, { reason: 'Not one of ours' })
    t.assert.deepEqual([view.status, view.approval?.reason], ['REJECTED', 'Not one of ours'])
    t.assert.equal((await asker.refusal('PUT', `${rejected}/approve`))[1], 'certificate_request_not_pending')

    const cancelled = `${PATH}/${(await request(asker, profile, withKey('cancelled'))).certificate_request_id}`
    await asker.get('PUT', `${cancelled}/approve`)
    const other = await asker.refusal('PUT', `${cancelled}/cancel`)
    t.assert.deepEqual(other.slice(0, 2), [403, 'access_denied'])
    const answer = await asker.ask('PUT', `${cancelled}/cancel`, undefined, service_api_key)
    t.assert.equal(json<View>(answer).status, 'CANCELLED')
    const pickup = await asker.refusal('POST', `${cancelled}/pickup`, { private_key_format: 'pem' }, service_api_key)
    t.assert.equal(pickup[1], 'certificate_request_not_approved')
    t.assert.deepEqual([await issued(asker, 'rejected'), await issued(asker, 'cancelled')], [0, 0])
  })

  test('under an Idempotency-Key the answer is what has come of the request', async (t: TestContext) => {
    const asker = suite()
    const { platform } = asker
    const enrollment_profile_id = await manual(asker)
    const ask = async (key: string, body: object): Promise<Outcome> => {
      const answer = await platform.ask(CERTIFICATE, {
        door: 'api',
        headers: {
          'x-api-key': platform.account.service_api_key,
          'content-type': 'application/json',
          'idempotency-key': key,
        },
        body: Buffer.from(JSON.stringify({ enrollment_profile_id, ...body })),
      })
      t.assert.equal(answer.status, 200, String(answer.body))
      return json<Outcome>(answer)
    }
    const first = await ask('a', byCsr('idempotent'))
    t.assert.deepEqual(await ask('a', byCsr('idempotent')), first)
    await asker.get('PUT', `${PATH}/${first.certificate_request_id}/approve`)
    const then = await ask('a', byCsr('idempotent'))
    t.assert.deepEqual(
      [then.status, then.result, then.certificate_request_id],
      ['APPROVED', 'SUCCESS', first.certificate_request_id],
    )
    t.assert.equal(new X509Certificate(then.pem ?? '').subject, 'CN=idempotent')
    const second = await ask('b', withKey('idempotent'))
    await asker.get('PUT', `${PATH}/${second.certificate_request_id}/reject`, { reason: 'No' })
    t.assert.deepEqual(await ask('b', withKey('idempotent')), { ...second, status: 'REJECTED', result: 'FAILURE' })
  })

  test('who asked by a passcode looks for the certificate with it, used up or not', async (t: TestContext) => {
    const asker = suite()
    const enrollment_profile_id = await manual(asker)
    const passcode = async (): Promise<string> => {
      const path = `/iot/api/v1/enrollment-profile/${enrollment_profile_id}/passcode`
      return (await asker.get<{ passcode: string }>('POST', path, { name: 'Once', usage_limit: 1 })).passcode
    }
    const by = async (text: string, path: string, body?: object) =>
      asker.platform.ask(path, {
        door: 'api',
        headers: { 'x-passcode': text, ...(body && { 'content-type': 'application/json' }) },
        ...(body && { body: Buffer.from(JSON.stringify(body)) }),
      })
    const [mine, theirs] = [await passcode(), await passcode()]
    const asked = await by(mine, CERTIFICATE, byCsr('passcode'))
    t.assert.equal(asked.status, 200, String(asked.body))
    const path = `${PATH}/${json<Outcome>(asked).certificate_request_id}`
    t.assert.equal(json<View>(await by(mine, path)).status, 'PENDING_APPROVAL')
    t.assert.equal((await by(theirs, path)).status, 404)
    t.assert.equal((await by(mine, CERTIFICATE, byCsr('passcode'))).status, 401)
    // Who made the passcode has the text of it, and may have asked.
    t.assert.equal((await asker.ask('PUT', `${path}/approve`)).status, 403)
    const approver = await asker.somebody(['APPROVE_IOT_CERTIFICATE'])
    t.assert.equal((await asker.ask('PUT', `${path}/approve`, undefined, approver)).status, 200)
    t.assert.equal(new X509Certificate(json<View>(await by(mine, path)).pem ?? '').subject, 'CN=passcode')
    t.assert.equal((await by(theirs, path)).status, 404)
    t.assert.equal((await by(mine, PATH)).status, 401)
  })

  test('webhooks are told of what waits, and of what was decided', async (t: TestContext) => {
    const asker = suite()
    const events = ['pending', 'approved', 'rejected'].map((word) => `certificate_request.${word}`)
    const { id } = await asker.get<{ id: string }>('POST', '/account/api/v1/webhook', {
      url: 'https://hooks.invalid/',
      events,
    })
    const profile = await manual(asker)
    for (const verb of ['approve', 'reject']) {
      const asked = await request(asker, profile, byCsr('told'))
      await asker.get(
        'PUT',
        `${PATH}/${asked.certificate_request_id}/${verb}`,
        verb === 'reject' ? { reason: 'No' } : undefined,
      )
    }
    const told = await asker.get<{ event: string }[]>('GET', `/account/api/v1/webhook/${id}/delivery`)
    t.assert.deepEqual(told.map(({ event }) => event).toSorted(), [
      'certificate_request.approved',
      'certificate_request.pending',
      'certificate_request.pending',
      'certificate_request.rejected',
    ])
  })

  test('an approved request is judged by what is so now', async (t: TestContext) => {
    const asker = suite()
    const { account, world } = asker.platform
    const { enrollmentProfiles, deviceCertificateProfiles, users } = world.store
    const profile = await manual(asker)
    const { certificate_request_id: id } = await request(asker, profile, byCsr('judged'))
    const approve = () => asker.refusal('PUT', `${PATH}/${id}/approve`)
    const template = (await enrollmentProfiles.find(profile))!
    const certificateProfile = (await deviceCertificateProfiles.find(template.certificateProfileId))!
    const under = async (changes: object) => {
      const other = { ...certificateProfile, id: crypto.randomUUID(), name: crypto.randomUUID(), ...changes }
      await deviceCertificateProfiles.add(other)
      await enrollmentProfiles.update({ ...template, certificateProfileId: other.id })
    }

    await under({ keyTypes: ['p_384'] })
    t.assert.match((await approve())[2], /its key is not accepted: p_384 are/)
    const fixed = { rule: 'fixed', values: ['Other'], pattern: undefined, most: 1, isFromCsr: false }
    await under({ fields: [...certificateProfile.fields.slice(-3), { ...fixed, id: 'subject.common_name' }] })
    t.assert.equal((await approve())[0], 400)
    await under({
      fields: [
        ...certificateProfile.fields.filter((field) => field.id !== 'subject.organization_name'),
        { ...fixed, id: 'subject.organization_name' },
      ],
    })
    t.assert.deepEqual((await approve()).slice(0, 2), [409, 'certificate_request_outdated'])
    await enrollmentProfiles.update(template)

    const service = (await users.find(account.service_user_id))!
    for (const lost of [{ permissions: [] }, { status: 'disabled' as const }]) {
      await users.update({ ...service, ...lost })
      t.assert.deepEqual((await approve()).slice(0, 2), [409, 'applicant_not_allowed'])
    }
    const admin = (await users.list(account.account_id)).find(({ kind }) => kind === 'standard')!
    await users.update({ ...service, managers: [admin.id] })
    t.assert.deepEqual((await approve()).slice(0, 2), [403, 'access_denied'])
    await users.update(service)
    t.assert.equal(await issued(asker, 'judged'), 0)
    t.assert.equal((await asker.ask('PUT', `${PATH}/${id}/approve`)).status, 200)
    t.assert.equal(await issued(asker, 'judged'), 1)
  })
})
