/** What the first start of all makes: authorities, the platform's own certificates, and an account to begin with. */
import { encodePem } from '@countersign/codec'
import { Certificate, encodePkcs12 } from '@countersign/pki'
import type { Account } from './account.ts'
import { newApiKey } from './api-key.ts'
import { AUTHORITY_PURPOSES, type AuthorityPurpose } from './authority.ts'
import { createCredential } from './create-credential.ts'
import { certificateOf, chainPem } from './credential-certificate.ts'
import { authorityKeyType, establishAuthority, establishRoot } from './establish-authority.ts'
import { establishDeviceTrust } from './establish-device-trust.ts'
import { issueClientAuthCertificate } from './issue-client-auth-certificate.ts'
import type { Issuer } from './issuer.ts'
import type { Permission } from './permission.ts'
import type { WrappedKey } from './private-key.ts'
import { randomPassword, randomPin } from './random-secret.ts'
import { auditEvent, PLATFORM } from './record-event.ts'
import { ADMINISTRATOR_ROLES, PLATFORM_ROLES, permissionsOfRoles } from './role.ts'
import { installServiceCertificate, serviceNames, type TlsNames } from './service-identity.ts'
import { withinTransaction } from './transaction-world.ts'
import type { User } from './user.ts'
import { uuidV7 } from './uuid.ts'
import type { World } from './world.ts'

/** What the first start hands over, once: names as in quickstart/account.json. */
export type QuickstartFacts = {
  readonly account_id: string
  readonly admin_email: string
  readonly admin_password: string
  readonly admin_api_key: string
  readonly service_user_id: string
  readonly service_api_key: string
  readonly client_p12_password: string
  /** Of the service user's own credential: the nickname. */
  readonly credential_id: string
  readonly credential_pin: string
  /** Under which devices get certificates. */
  readonly enrollment_profile_id: string
}

/** The quickstart folder: what it takes to sign by the seeds' own lines. */
export type Quickstart = {
  readonly facts: QuickstartFacts
  readonly clientP12: Uint8Array
  /** PEM. */
  readonly certificate: string
  readonly key: string
  /** The certificate, its authority and the root: what a chain.pem is in every answer of the platform. */
  readonly chain: string
  /** The same of the service user's own credential. */
  readonly signingChain: string
}

export type FirstStartOptions = {
  readonly domain: string
  readonly tlsNames: TlsNames
  /** Argon2id in PHC form. */
  readonly hashPassword: (password: string) => Promise<string>
  /** Puts the quickstart where a crash does not lose it; what was made counts only if this resolves. */
  readonly deliver: (quickstart: Quickstart) => Promise<void>
}

const DAY = 86_400_000

/** `busy` while another node is at it. */
export type FirstStartOutcome = 'made' | 'made_before' | 'busy'

const SERVICE_PERMISSIONS: readonly Permission[] = [
  'SIGN_CTM_CONTENT',
  'VIEW_CTM_CREDENTIAL',
  'MANAGE_AM_CLIENT_AUTH_CERTIFICATE',
  'MANAGE_IOT_CERTIFICATE',
  'VIEW_IOT_CERTIFICATE',
  'VIEW_IOT_ENROLLMENT_PROFILE',
]

/** Makes everything in one transaction, unless it was made before: a crash on the way leaves nothing. */
export async function firstStart(world: World, options: FirstStartOptions): Promise<FirstStartOutcome> {
  if (await world.store.authorities.findByPurpose('root')) return 'made_before'
  // What takes long comes first, so that the transaction is short.
  const materials = await prepare(world, options)
  return world.store.transaction(async (repositories) => {
    if (!(await repositories.locks.tryTake('first-start'))) return 'busy'
    if (await repositories.authorities.findByPurpose('root')) return 'made_before'
    const inside = withinTransaction(world, repositories)
    const issuers = await establishAuthorities(inside, materials.authorityKeys)
    for (const [service, key] of materials.serviceKeys)
      await installServiceCertificate(inside, service, options.tlsNames, key)
    await options.deliver(await makeAccount(inside, options, materials, issuers))
    return 'made'
  })
}

type Materials = Awaited<ReturnType<typeof prepare>>

async function prepare({ keys, now }: World, { hashPassword }: FirstStartOptions) {
  const adminPassword = randomPassword()
  const binding = { credentialId: uuidV7(now()), pin: randomPin() }
  const [authorityKeys, serviceKeys, ec, rsa, bound, client, passwordHash] = await Promise.all([
    Promise.all(
      AUTHORITY_PURPOSES.map(async (purpose) => [purpose, await keys.generate(authorityKeyType(purpose))] as const),
    ),
    Promise.all(serviceNames().map(async (service) => [service, await keys.generate('p256')] as const)),
    keys.generate('p256'),
    keys.generate('rsa2048'),
    keys.generate('p256', binding),
    keys.generate('p256'),
    hashPassword(adminPassword),
  ])
  return {
    adminPassword,
    passwordHash,
    authorityKeys: new Map(authorityKeys),
    serviceKeys,
    ec,
    rsa,
    binding,
    bound,
    client,
  }
}

async function establishAuthorities(
  world: World,
  keys: ReadonlyMap<AuthorityPurpose, WrappedKey>,
): Promise<ReadonlyMap<AuthorityPurpose, Issuer>> {
  const keyFor = (purpose: AuthorityPurpose): WrappedKey => {
    const key = keys.get(purpose)
    if (!key) throw new TypeError(`no key was made for ${purpose}`)
    return key
  }
  const root = await establishRoot(world, keyFor('root'))
  const issuers = new Map<AuthorityPurpose, Issuer>([['root', root]])
  for (const purpose of AUTHORITY_PURPOSES)
    if (purpose !== 'root') issuers.set(purpose, await establishAuthority(world, root, purpose, keyFor(purpose)))
  return issuers
}

async function makeAccount(
  world: World,
  { domain }: FirstStartOptions,
  { adminPassword, passwordHash, ec, rsa, binding, bound, client }: Materials,
  issuers: ReadonlyMap<AuthorityPurpose, Issuer>,
): Promise<Quickstart> {
  const at = world.now()
  const account: Account = {
    id: uuidV7(at),
    name: 'Countersign Quickstart',
    friendlyIdentifier: '1000001',
    active: true,
    servicePeriod: { from: new Date(Math.floor(at.getTime() / DAY) * DAY), to: undefined },
    locale: 'en_US',
    defaultDigitalSourceType: undefined,
    createdAt: at,
  }
  const administratorRoles = [...ADMINISTRATOR_ROLES, ...PLATFORM_ROLES]
  const administrator = userOf(account, at, {
    kind: 'standard',
    email: `admin@${domain}`,
    friendlyName: 'Administrator',
    description: 'Made by the first start',
    roles: administratorRoles,
    permissions: permissionsOfRoles(administratorRoles),
    passwordHash,
    createdBy: undefined,
  })
  const service = userOf(account, at, {
    kind: 'service',
    email: `quickstart@${domain}`,
    friendlyName: 'Quickstart Service',
    description: 'Signs by the lines of the quickstart',
    roles: [],
    permissions: SERVICE_PERMISSIONS,
    passwordHash: undefined,
    createdBy: administrator.id,
  })
  await world.store.accounts.add(account)
  await world.store.auditEvents.append(
    auditEvent(at, PLATFORM, {
      action: 'account.create',
      resourceType: 'account',
      resourceId: account.id,
      accountId: account.id,
      details: { name: account.name },
    }),
  )
  const adminApiKey = await addUser(world, administrator)
  const serviceApiKey = await addUser(world, service)
  await createCredential(world, { account, nickname: 'quickstart-ec', key: ec, actor: PLATFORM })
  await createCredential(world, { account, nickname: 'quickstart-rsa', key: rsa, actor: PLATFORM })
  const own = await createCredential(world, {
    id: binding.credentialId,
    account,
    userId: service.id,
    nickname: 'quickstart',
    key: bound,
    actor: PLATFORM,
  })
  const signing = await certificateOf(world, own)
  if (!signing) throw new TypeError('a credential that was issued has a certificate')
  const enrollmentProfile = await establishDeviceTrust(world, account)
  const { certificate } = await issueClientAuthCertificate(world, {
    user: service,
    nickname: 'quickstart',
    publicKey: client.publicKey,
    actor: PLATFORM,
  })
  const privateKey = world.keys.privateKeyBytes(client)
  const chain = [issuers.get('client-auth'), issuers.get('root')].flatMap((issuer) => issuer?.certificate ?? [])
  const password = randomPassword()
  const leaf = Certificate.decode(certificate.bytes)
  return {
    facts: {
      account_id: account.id,
      admin_email: administrator.email,
      admin_password: adminPassword,
      admin_api_key: adminApiKey,
      service_user_id: service.id,
      service_api_key: serviceApiKey,
      client_p12_password: password,
      credential_id: own.nickname,
      credential_pin: binding.pin,
      enrollment_profile_id: enrollmentProfile.id,
    },
    clientP12: await encodePkcs12({
      privateKey,
      certificate: leaf.bytes,
      chain: chain.map(({ bytes }) => bytes),
      friendlyName: 'Countersign quickstart',
      password,
    }),
    certificate: encodePem('CERTIFICATE', leaf.bytes),
    key: encodePem('PRIVATE KEY', privateKey),
    chain: [leaf, ...chain].map(({ bytes }) => encodePem('CERTIFICATE', bytes)).join(''),
    signingChain: chainPem(signing),
  }
}

function userOf(
  account: Account,
  at: Date,
  user: Pick<
    User,
    'kind' | 'email' | 'friendlyName' | 'description' | 'roles' | 'permissions' | 'passwordHash' | 'createdBy'
  >,
): User {
  return {
    id: uuidV7(at),
    accountId: account.id,
    status: 'active',
    endsAt: undefined,
    locale: 'en_US',
    customPermissions: [],
    managers: [],
    createdAt: at,
    ...user,
  }
}

/** Adds the user with an API key, and gives the key: it is kept as its hash only. */
async function addUser(world: World, user: User): Promise<string> {
  const { users, apiKeys, auditEvents } = world.store
  const at = world.now()
  const { text, apiKey } = newApiKey(at, { userId: user.id, name: 'quickstart' })
  await users.add(user)
  await auditEvents.append(
    auditEvent(at, PLATFORM, {
      action: 'user.create',
      resourceType: 'user',
      resourceId: user.id,
      accountId: user.accountId,
      details: { kind: user.kind, email: user.email },
    }),
  )
  await apiKeys.add(apiKey)
  await auditEvents.append(
    auditEvent(at, PLATFORM, {
      action: 'api_key.create',
      resourceType: 'api_key',
      resourceId: apiKey.id,
      accountId: user.accountId,
      details: { userId: user.id, prefix: apiKey.prefix },
    }),
  )
  return text
}
