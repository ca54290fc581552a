import { Certificate, type SignatureAlgorithm, type Signer, subjectKeyIdentifier } from '@countersign/pki'
import type { Authority, AuthorityPurpose } from './authority.ts'
import { type AuthorityUrls, authorityUrls } from './certificate-profile.ts'
import type { Repositories } from './store.ts'
import { throwAwaySigner } from './throw-away-key.ts'
import type { World } from './world.ts'

/** An authority ready to sign. */
export type Issuer = {
  readonly authority: Authority
  readonly certificate: Certificate
  readonly keyIdentifier: Uint8Array
  readonly signer: Signer
  /** Signs what is linted before `signer` signs it. */
  readonly throwAway: Signer
  readonly urls: AuthorityUrls
  /** Above it and below the root: what goes along with what it issues, itself first. */
  readonly chain: readonly Certificate[]
}

/** Authorities change once in years; another node's new one is seen after this long. */
const FRESH_MS = 60_000

type Remembered = { readonly until: number; readonly issuer: Issuer }
const remembered = new WeakMap<Repositories, Map<AuthorityPurpose, Remembered>>()

/** The authority that issues for a purpose. */
export async function issuerFor(world: World, purpose: AuthorityPurpose): Promise<Issuer> {
  const known = remembered.get(world.store) ?? new Map<AuthorityPurpose, Remembered>()
  remembered.set(world.store, known)
  const now = world.now().getTime()
  const found = known.get(purpose)
  if (found && now < found.until && now >= found.until - FRESH_MS) return found.issuer
  const authority = await world.store.authorities.findByPurpose(purpose)
  if (!authority) throw new Error(`there is no authority for ${purpose}`)
  const issuer = await issuerOf(world, authority)
  known.set(purpose, { until: now + FRESH_MS, issuer })
  return issuer
}

/** An authority, with its key at hand. */
export async function issuerOf(world: World, authority: Authority): Promise<Issuer> {
  const key = await world.store.privateKeys.find(authority.keyId)
  if (!key) throw new Error(`the key of the authority for ${authority.purpose} is missing`)
  const certificate = Certificate.decode(authority.certificate)
  const keyIdentifier = subjectKeyIdentifier(certificate)
  if (!keyIdentifier) throw new Error(`the authority for ${authority.purpose} has no key identifier`)
  const signer = world.keys.signer(key)
  return {
    authority,
    certificate,
    keyIdentifier,
    signer,
    throwAway: await throwAwaySigner(world.keys, key.type, signer.algorithm),
    urls: authorityUrls(world.pkiUrl, authority.purpose),
    chain: authority.issuerId === undefined ? [] : [certificate],
  }
}

/** The hashes that an authority may sign with. */
export const SIGNATURE_HASHES = ['SHA-256', 'SHA-384', 'SHA-512'] as const

export type SignatureHash = (typeof SIGNATURE_HASHES)[number]

/** The authority, signing with another hash. */
export async function signingWith(world: World, issuer: Issuer, hash: SignatureHash): Promise<Issuer> {
  const algorithm = issuer.signer.algorithm.replace(/\d{3}$/, hash.slice(4)) as SignatureAlgorithm
  if (algorithm === issuer.signer.algorithm) return issuer
  const key = await world.store.privateKeys.find(issuer.authority.keyId)
  if (!key) throw new Error(`the key of the authority for ${issuer.authority.purpose} is missing`)
  const throwAway = await throwAwaySigner(world.keys, key.type, algorithm)
  return { ...issuer, signer: world.keys.signer(key, algorithm), throwAway }
}
