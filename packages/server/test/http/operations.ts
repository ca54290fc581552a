/** The operations of the OpenAPI document, and for each how to ask for it so that it succeeds. */
import { generateKeyPairSync } from 'node:crypto'
import { encodePem } from '@countersign/codec'
import { createSigner, name, signCertificationRequest } from '@countersign/pki'
import { newEnrollmentProfileId } from '../../src/domain/enrollment-profile.ts'
import { type Answer, type AskOptions, json, type TestPlatform } from './test-platform.ts'

export type Operation = {
  readonly operationId: string
  readonly method: string
  /** With its parameters in braces. */
  readonly path: string
  readonly security: readonly Readonly<Record<string, unknown>>[]
  readonly responses: Readonly<Record<string, unknown>>
  readonly 'x-permission'?: string
}

/** Every operation of the document. */
export async function operationsOf(platform: TestPlatform): Promise<readonly Operation[]> {
  const { paths } = json<{ paths: Record<string, Record<string, Omit<Operation, 'path' | 'method'>>> }>(
    await platform.ask('/openapi.json', { door: 'api' }),
  )
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, method: method.toUpperCase(), path })),
  )
}

export const isOpen = ({ security }: Operation): boolean => security.length === 0
export const takes = ({ security }: Operation, scheme: string): boolean => security.some((one) => scheme in one)

/** Whoever may do everything in the account of the platform, and what is asked for by it. */
export type Owner = { readonly platform: TestPlatform; readonly key: string }

/** What a path or a body names: made for the one operation, in the owner's account. */
type Named = Readonly<Record<string, string>>

/** How an operation is asked for so that it succeeds. */
type Wish = {
  /** Makes what stands in the path. */
  readonly object?: (owner: Owner) => Promise<Named>
  readonly body?: (named: Named) => object | Promise<object>
  /** The owner too is declined, and hears what is missing: what it would take is made elsewhere. */
  readonly isDeclined?: true
}

/** Asks for an operation with a JSON body; what is not named stands there as it is. */
export function askFor(
  platform: TestPlatform,
  { method, path }: Pick<Operation, 'method' | 'path'>,
  options: AskOptions,
  { named = {}, body }: { readonly named?: Named; readonly body?: object | undefined } = {},
): Promise<Answer> {
  const bytes = body && Buffer.from(JSON.stringify(body))
  return platform.ask(
    path.replaceAll(/\{(\w+)\}/g, (_, parameter: string) => named[parameter] ?? UNKNOWN_ID),
    {
      ...options,
      method,
      ...(bytes && { body: bytes }),
      headers: {
        ...(options.headers as object),
        ...(bytes && { 'content-type': 'application/json', 'content-length': bytes.length }),
      },
    },
  )
}

/** The id of nothing. */
export const UNKNOWN_ID = '019ab2c4-4a52-7d02-8f5e-4c1a9b7b2f10'

/** By an API key, on the API host. */
export const byKey = (key: string): AskOptions => ({ door: 'api', headers: { 'x-api-key': key } })

let names = 0
const newName = (): string => `walked-${++names}`

/** A request for a certificate, PEM, and its key. */
export async function certificationRequest(): Promise<{ readonly csr: string; readonly key: string }> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const bytes = new Uint8Array(privateKey.export({ type: 'pkcs8', format: 'der' }))
  const csr = await signCertificationRequest({ subject: name({ CN: 'c' }) }, await createSigner('ES256', bytes))
  return { csr: encodePem('CERTIFICATE REQUEST', csr), key: encodePem('PRIVATE KEY', bytes) }
}

const API = '/account/api/v1'

async function post<T = { id: string }>({ platform, key }: Owner, path: string, body?: object): Promise<T> {
  const answer = await askFor(
    platform,
    { method: 'POST', path: path.startsWith('/') ? path : `${API}/${path}` },
    byKey(key),
    { body },
  )
  if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${answer.body}`)
  return json<T>(answer)
}

const apiKey = (owner: Owner): Promise<Named> => post(owner, 'api-key', { name: newName() })
const user = (owner: Owner): Promise<Named> =>
  post(owner, 'user', { friendly_name: newName(), roles: ['CTM_VIEW_ONLY'] })
const ownAccount = async ({ platform }: Owner): Promise<Named> => ({ id: platform.account.account_id })
const certificate = async (owner: Owner): Promise<Named> =>
  post(owner, 'client-auth-certificate', { csr: (await certificationRequest()).csr, name: newName() })
const generated = (owner: Owner): Promise<Named> => post(owner, 'client-auth-certificate/generate', { name: newName() })
const WEBHOOK = { url: 'https://hooks.invalid/', events: ['api_key.created'] }
const webhook = (owner: Owner): Promise<Named> => post(owner, 'webhook', WEBHOOK)
const delivery = async (owner: Owner): Promise<Named> => {
  const { id = '' } = await webhook(owner)
  const { id: delivery_id } = await post(owner, `webhook/${id}/test`)
  return { id, delivery_id }
}
const CREDENTIAL = '/documentmanager/api/v2/credential'
const wishedCredential = (): object => ({
  nickname: newName(),
  key_type: 'p_256',
  common_name: 'Desk',
})
const credential = (owner: Owner): Promise<Named> => post(owner, CREDENTIAL, wishedCredential())
const usersCredential = (owner: Owner): Promise<Named> =>
  post(owner, CREDENTIAL, { ...wishedCredential(), user_id: owner.platform.account.service_user_id })
const suspended = async (owner: Owner): Promise<Named> => {
  const made = await credential(owner)
  const suspend = { method: 'PUT', path: `${CREDENTIAL}/${made.id}/suspend` }
  await askFor(owner.platform, suspend, byKey(owner.key))
  return made
}
const requested = (owner: Owner): Promise<Named> => post(owner, `${CREDENTIAL}/request`, wishedCredential())
const wishedRole = (): object => ({
  name: newName(),
  application_code: 'account_manager',
  permissions: ['VIEW_AM_USER'],
})
const role = (owner: Owner): Promise<Named> => post(owner, 'role', wishedRole())
const person = (owner: Owner): Promise<Named> =>
  post(owner, 'user', {
    user_type: 'standard',
    friendly_name: newName(),
    email: `${crypto.randomUUID()}@example.com`,
    roles: ['CTM_VIEW_ONLY'],
  })
const enrolled = async (owner: Owner): Promise<{ readonly certificate_id: string; readonly pem: string }> =>
  post(owner, '/iot/api/v1/certificate', {
    enrollment_profile_id: owner.platform.account.enrollment_profile_id,
    csr: (await certificationRequest()).csr,
  })
const deviceCertificate = async (owner: Owner): Promise<Named> => ({ id: (await enrolled(owner)).certificate_id })
const enrolledDevice = async (owner: Owner): Promise<Named> => {
  const identifier = newName()
  await post(owner, '/iot/api/v1/certificate', {
    enrollment_profile_id: owner.platform.account.enrollment_profile_id,
    csr: (await certificationRequest()).csr,
    device_attributes: [{ id: 'DEVICE_IDENTIFIER', value: identifier }],
  })
  const list = { method: 'GET', path: `/iot/api/v2/device?device_identifier=${identifier}` }
  const { records } = json<{ records: { id: string }[] }>(await askFor(owner.platform, list, byKey(owner.key)))
  return { id: records[0]?.id ?? UNKNOWN_ID }
}
const ofFirstProfile = ({ platform }: Owner, what: string): string =>
  `/iot/api/v1/enrollment-profile/${platform.account.enrollment_profile_id}/${what}`
const passcode = async (owner: Owner): Promise<Named> => {
  const { id: passcode_id } = await post(owner, ofFirstProfile(owner, 'passcode'), named())
  return { ...(await firstProfile(owner)), passcode_id }
}
const authenticationCertificate = async (owner: Owner): Promise<Named> => {
  const path = ofFirstProfile(owner, 'authentication-certificate')
  const { id: authentication_certificate_id } = await post(owner, path, { pem: (await enrolled(owner)).pem })
  return { ...(await firstProfile(owner)), authentication_certificate_id }
}
const firstProfile = async ({ platform }: Owner): Promise<Named> => ({ id: platform.account.enrollment_profile_id })
const settingsOfProfile = async ({ platform }: Owner): Promise<Named> => {
  const first = await platform.world.store.enrollmentProfiles.find(platform.account.enrollment_profile_id)
  return first ? { division: first.divisionId, certificateProfile: first.certificateProfileId } : {}
}
const wishedProfile = ({ division = UNKNOWN_ID, certificateProfile = UNKNOWN_ID }: Named): object => ({
  name: newName(),
  division_id: division,
  certificate_profile_id: certificateProfile,
})
/** A request under a profile where somebody has to approve it, by another user than the owner, or by the owner. */
const certificateRequest = async (owner: Owner, key = owner.platform.account.service_api_key): Promise<Named> => {
  const { platform } = owner
  const { enrollmentProfiles } = platform.world.store
  const first = await enrollmentProfiles.find(platform.account.enrollment_profile_id)
  if (!first) throw new Error('there is no first profile')
  const enrollment_profile_id = newEnrollmentProfileId(new Date())
  await enrollmentProfiles.add({
    ...first,
    id: enrollment_profile_id,
    name: enrollment_profile_id,
    approval: 'manual',
  })
  const { certificate_request_id: id } = await post<{ certificate_request_id: string }>(
    { platform, key },
    '/iot/api/v1/certificate',
    {
      enrollment_profile_id,
      server_side_key_gen: true,
      private_key_format: 'pem',
      certificate_profile_attributes: [{ id: 'subject.common_name', value: newName() }],
    },
  )
  return { id }
}
const ownRequest = (owner: Owner): Promise<Named> => certificateRequest(owner, owner.key)
const approvedRequest = async (owner: Owner): Promise<Named> => {
  const { id = '' } = await ownRequest(owner)
  const { certificateApprovals } = owner.platform.world.store
  const approval = await certificateApprovals.find(id)
  if (approval) await certificateApprovals.change({ ...approval, status: 'APPROVED' }, approval.status)
  return { id }
}
const enrollmentProfile = async (owner: Owner): Promise<Named> =>
  post(owner, '/iot/api/v1/enrollment-profile', wishedProfile(await settingsOfProfile(owner)))
const heldCertificate = async (owner: Owner): Promise<Named> => {
  const made = await deviceCertificate(owner)
  const hold = { method: 'PUT', path: `/iot/api/v1/certificate/${made.id}/revoke` }
  await askFor(owner.platform, hold, byKey(owner.key), { body: { reason: 'certificate_hold' } })
  return made
}
const IOT = '/iot/api/v1'
const division = (owner: Owner): Promise<Named> => post(owner, `${IOT}/division`, named())
const wishedCertificateProfile = (): object => ({
  ...named(),
  fields: [{ id: 'subject.common_name', rule: 'required', update_from_csr: true }],
  key_types: ['p_256'],
  validity_days: 30,
})
const certificateProfile = (owner: Owner): Promise<Named> =>
  post(owner, `${IOT}/certificate-profile`, wishedCertificateProfile())
const inDivision = async (owner: Owner): Promise<Named> => ({ division: (await division(owner)).id ?? '' })
const deviceProfile = async (owner: Owner): Promise<Named> => {
  const { division = '' } = await inDivision(owner)
  return post(owner, `${IOT}/device-profile`, { ...named(), division_id: division })
}
const wishedDevice = ({ division = UNKNOWN_ID }): object => ({ device_identifier: newName(), division_id: division })
const device = async (owner: Owner): Promise<Named> =>
  post(owner, '/iot/api/v2/device', wishedDevice(await inDivision(owner)))
/** A batch that stays as it is: held by nobody who works on it, or ended. */
const batch =
  (isDone: boolean) =>
  async ({ platform: { world, account } }: Owner): Promise<Named> => {
    const createdAt = new Date()
    const id = crypto.randomUUID()
    const until = new Date(createdAt.getTime() + 86_400_000)
    await world.store.transaction(async ({ batches }) => {
      await batches.add({
        id,
        accountId: account.account_id,
        asker: {
          userId: account.service_user_id,
          apiKeyId: undefined,
          clientAuthCertificateId: undefined,
          address: undefined,
        },
        settings: {
          enrollmentProfileId: account.enrollment_profile_id,
          name: undefined,
          certificateFormat: 'pem',
          includesChain: false,
          serverKeys: undefined,
        },
        ...{ status: 'APPROVED', reason: undefined, total: 1, succeeded: 0, failed: 0 },
        ...{ createdAt, startedAt: undefined, finishedAt: undefined },
      })
      if (isDone) await batches.finish(id, { status: 'CANCELLED', at: createdAt })
      else while ((await batches.take({ by: 'nobody', at: createdAt, until }))?.id !== id);
    })
    return { id }
  }
const enabled = (): object => ({ enabled: true })
const named = (): object => ({ name: newName() })

/**
 * Every operation of the account API that a key can ask for, by its id. One that is added is added here, so that it is
 * asked by strangers: with what stands in its path, and with what is a body that it takes.
 */
export const WISHES: Readonly<Record<string, Wish>> = {
  listWebhooks: {},
  createWebhook: { body: () => WEBHOOK },
  getWebhook: { object: webhook },
  changeWebhook: { object: webhook, body: () => ({ events: ['api_key.ending'] }) },
  deleteWebhook: { object: webhook },
  enableWebhook: { object: webhook, body: enabled },
  rotateWebhook: { object: webhook },
  listWebhookDeliveries: { object: webhook },
  testWebhook: { object: webhook },
  resendWebhookDelivery: { object: delivery },
  listApiKeys: {},
  createApiKey: { body: named },
  getApiKey: { object: apiKey },
  changeApiKey: { object: apiKey, body: named },
  deleteApiKey: { object: apiKey },
  enableApiKey: { object: apiKey, body: enabled },
  rotateApiKey: { object: apiKey },
  listRoles: {},
  createRole: { body: wishedRole },
  getRole: { object: role },
  changeRole: { object: role, body: () => ({ description: newName() }) },
  deleteRole: { object: role },
  listUsers: {},
  inviteUser: { object: person },
  endSessionsOfUser: { object: person },
  resetTotp: { object: person, isDeclined: true },
  listCredentials: {},
  issueCredential: { body: wishedCredential },
  requestCredential: { body: wishedCredential },
  downloadCredentialRequest: { object: requested },
  uploadCredentialCertificate: {
    object: requested,
    body: () => ({ certificates: 'none' }),
    isDeclined: true,
  },
  getCredential: { object: credential },
  downloadCredentialChain: { object: credential },
  listCredentialSignatures: { object: credential },
  exportCredentialSignatures: { object: credential },
  changeCredentialPin: {
    object: usersCredential,
    body: () => ({ pin: '12345678', new_pin: '87654321' }),
    isDeclined: true,
  },
  unlockCredential: { object: usersCredential },
  suspendCredential: { object: credential },
  resumeCredential: { object: suspended },
  reissueCredentialPin: { object: usersCredential },
  revokeCredential: { object: credential },
  renewCredential: { object: credential },
  createUser: { body: () => ({ friendly_name: newName(), roles: ['CTM_VIEW_ONLY'] }) },
  getUser: { object: user },
  changeUser: { object: user, body: () => ({ friendly_name: newName() }) },
  deleteUser: { object: user },
  enableUser: { object: user, body: enabled },
  listAccounts: {},
  createAccount: { body: named },
  getAccount: { object: ownAccount },
  changeAccount: { object: ownAccount, body: () => ({ locale: 'en_US' }) },
  enableAccount: { object: async (owner) => post(owner, 'account', named()), body: enabled },
  listAuditLog: {},
  exportAuditLog: {},
  getCurrentUser: {},
  createClientAuthCertificate: {
    body: async () => ({ csr: (await certificationRequest()).csr, name: newName() }),
  },
  listClientAuthCertificates: {},
  getClientAuthCertificate: { object: certificate },
  deleteClientAuthCertificate: { object: certificate },
  enableClientAuthCertificate: { object: certificate, body: enabled },
  renewClientAuthCertificate: {
    object: certificate,
    body: async () => ({ csr: (await certificationRequest()).csr }),
  },
  generateClientAuthCertificate: { body: named },
  downloadClientAuthCertificate: { object: generated },
  createEnrollmentProfile: { object: settingsOfProfile, body: wishedProfile },
  listEnrollmentProfiles: {},
  getEnrollmentProfile: { object: enrollmentProfile },
  changeEnrollmentProfile: { object: enrollmentProfile, body: named },
  deleteEnrollmentProfile: { object: enrollmentProfile },
  listCertificateRequests: {},
  getCertificateRequest: { object: certificateRequest },
  approveCertificateRequest: { object: certificateRequest },
  rejectCertificateRequest: { object: certificateRequest, body: () => ({ reason: 'walked' }) },
  cancelCertificateRequest: { object: ownRequest },
  pickUpCertificate: { object: approvedRequest, body: () => ({ private_key_format: 'pem' }) },
  getEnrollmentSpecification: { object: firstProfile },
  getEnrollmentSample: { object: firstProfile },
  listDivisions: {},
  createDivision: { body: named },
  getDivision: { object: division },
  changeDivision: { object: division, body: named },
  deleteDivision: { object: division },
  listDeviceProfiles: {},
  createDeviceProfile: {
    object: inDivision,
    body: ({ division = UNKNOWN_ID }) => ({ ...named(), division_id: division }),
  },
  getDeviceProfile: { object: deviceProfile },
  changeDeviceProfile: { object: deviceProfile, body: named },
  deleteDeviceProfile: { object: deviceProfile },
  listDevices: {},
  createDevice: { object: inDivision, body: wishedDevice },
  getDevice: { object: device },
  renewDevice: { object: enrolledDevice, body: async () => ({ csr: (await certificationRequest()).csr }) },
  changeDevice: { object: device, body: () => ({ device_identifier: newName() }) },
  disableDevice: { object: device },
  enableDevice: { object: device },
  deleteDevice: { object: device },
  listCertificateProfiles: {},
  createCertificateProfile: { body: wishedCertificateProfile },
  getCertificateProfile: { object: certificateProfile },
  changeCertificateProfile: { object: certificateProfile, body: named },
  deleteCertificateProfile: { object: certificateProfile },
  listCertificates: {},
  getCertificate: { object: deviceCertificate },
  downloadCertificate: { object: deviceCertificate },
  revokeCertificate: { object: deviceCertificate, body: () => ({ reason: 'superseded' }) },
  renewCertificate: {
    object: deviceCertificate,
    body: async () => ({ csr: (await certificationRequest()).csr }),
  },
  releaseCertificate: { object: heldCertificate },
  createEnrollmentPasscode: { object: firstProfile, body: named },
  listEnrollmentPasscodes: { object: firstProfile },
  getEnrollmentPasscode: { object: passcode },
  changeEnrollmentPasscode: { object: passcode, body: () => ({ status: 'DISABLED' }) },
  deleteEnrollmentPasscode: { object: passcode },
  assignAuthenticationCertificate: {
    object: async (owner) => ({ ...(await firstProfile(owner)), pem: (await enrolled(owner)).pem }),
    body: ({ pem = 'none' }) => ({ pem }),
  },
  listAuthenticationCertificates: { object: firstProfile },
  getAuthenticationCertificate: { object: authenticationCertificate },
  changeAuthenticationCertificate: { object: authenticationCertificate, body: () => ({ status: 'DISABLED' }) },
  deleteAuthenticationCertificate: { object: authenticationCertificate },
  listBatches: {},
  // One that is taken would go on by itself.
  createBatch: {
    object: firstProfile,
    body: ({ id = UNKNOWN_ID }) => ({ enrollment_profile_id: id, requests: [{ csr: 'of no profile for batches' }] }),
    isDeclined: true,
  },
  getBatch: { object: batch(false) },
  cancelBatch: { object: batch(false) },
  deleteBatch: { object: batch(true) },
  downloadBatchCertificates: { object: batch(true) },
  enrollCertificate: {
    object: async ({ platform }) => ({ profile: platform.account.enrollment_profile_id }),
    body: async ({ profile = UNKNOWN_ID }) => ({
      enrollment_profile_id: profile,
      csr: (await certificationRequest()).csr,
    }),
  },
}
