/** The OCSP responder. RFC 6960, nonces by RFC 9654; each authority delegates to a responder of its own. */
import { encodeHex } from '@countersign/codec'
import {
  type CertID,
  type CertificateStatus,
  certIdOf,
  isOfIssuer,
  OcspRequest,
  ocspErrorResponse,
  ocspNonceOf,
  oids,
  signOcspResponse,
} from '@countersign/pki'
import type { AuthorityPurpose } from './authority.ts'
import type { IssuedCertificate } from './certificate.ts'
import { serialNumberText } from './issue-certificate.ts'
import { issuerFor } from './issuer.ts'
import { knownAuthority } from './known-authorities.ts'
import { LISTED_REASONS } from './revocation-list.ts'
import { type ServiceIdentity, serviceIdentity } from './service-identity.ts'
import type { Repositories } from './store.ts'
import type { World } from './world.ts'

/** An answer of the responder, and for how long others may keep it. */
export type OcspAnswer = {
  /** OCSPResponse, DER. */
  readonly bytes: Uint8Array
  /** Undefined for what nobody may keep: errors, and answers to a nonce. */
  readonly validity: { readonly thisUpdate: Date; readonly nextUpdate: Date } | undefined
  /** Authority and serial number of the one certificate that it is about, where the same request may get it again. */
  readonly about?: string
}

const HOUR = 3_600_000
/** How long an answer holds, and for how long the same signature serves again. The status itself is looked up each time. */
const LASTS = 24 * HOUR
const REUSED = 1 * HOUR

const LONGEST_REQUEST = 16 * 1024
const MOST_SIGNED = 5000

type Signed = { readonly bytes: Uint8Array; readonly thisUpdate: Date; readonly nextUpdate: Date }
const signed = new WeakMap<Repositories, Map<string, Signed>>()

/** Answers an OCSPRequest to the responder of an authority. Always an answer: what can't be read gets malformedRequest. */
export async function answerOcsp(world: World, purpose: AuthorityPurpose, request: Uint8Array): Promise<OcspAnswer> {
  if (request.length > LONGEST_REQUEST) return error('malformedRequest')
  let certIDs: readonly CertID[]
  let nonce: Uint8Array | undefined
  let isPlain: boolean
  try {
    const { tbsRequest, signature } = OcspRequest.decode(request)
    // What must not be ignored is not (RFC 6960 §4.1.2).
    const extensions = [tbsRequest, ...tbsRequest.requests].flatMap((one) => one.extensions ?? [])
    if (extensions.some(({ critical, id }) => critical && id !== oids.ocspNonce)) return error('malformedRequest')
    certIDs = tbsRequest.requests.map(({ certID }) => certID)
    nonce = ocspNonceOf(tbsRequest.extensions)
    // Whatever else a request says, it may say in any number of ways.
    isPlain = !signature && !tbsRequest.requestorName && !tbsRequest.extensions && !tbsRequest.requests[0]?.extensions
  } catch {
    return error('malformedRequest')
  }
  const { certificate: issuer, authority } = await issuerFor(world, purpose)
  // Nothing is said about what another authority issued (RFC 6960 §2.3).
  if (!certIDs.every((certID) => isOfIssuer(certID, issuer))) return error('unauthorized')
  const statuses = await Promise.all(
    certIDs.map(async (certID) => ({
      certID,
      certificate: await world.store.certificates.findBySerialNumber(
        authority.id,
        serialNumberText(certID.serialNumber),
      ),
    })),
  )
  const answer = await answerFor(world, purpose, statuses, nonce)
  const [only, ...others] = statuses
  const about = isPlain && others.length === 0 ? only?.certificate : undefined
  return {
    bytes: answer.bytes,
    validity: nonce ? undefined : answer,
    ...(about && { about: `${authority.id} ${about.serialNumber}` }),
  }
}

/** The answer to staple to what a certificate signs. */
export async function stapledOcspResponse(world: World, certificate: IssuedCertificate): Promise<Uint8Array> {
  const authority = await knownAuthority(world, certificate.authorityId)
  if (!authority) throw new Error(`the authority of the certificate ${certificate.id} is missing`)
  const { certificate: issuer } = await issuerFor(world, authority.purpose)
  const certID = certIdOf(issuer, BigInt(`0x${certificate.serialNumber}`))
  return (await answerFor(world, authority.purpose, [{ certID, certificate }], undefined)).bytes
}

type Asked = { readonly certID: CertID; readonly certificate: IssuedCertificate | undefined }

async function answerFor(
  world: World,
  purpose: AuthorityPurpose,
  asked: readonly Asked[],
  nonce: Uint8Array | undefined,
): Promise<Signed> {
  const responder = await serviceIdentity(world, `ocsp:${purpose}`)
  if (nonce) return sign(world, responder, asked, nonce)
  const known = signed.get(world.store) ?? new Map<string, Signed>()
  signed.set(world.store, known)
  const key = [encodeHex(responder.certificate.signature.subarray(0, 16)), ...asked.map(textOf)].join('|')
  const now = world.now().getTime()
  const found = known.get(key)
  if (found && now >= found.thisUpdate.getTime() && now < found.thisUpdate.getTime() + REUSED) return found
  const fresh = await sign(world, responder, asked, undefined)
  // Only what was issued is kept, else strangers could fill the cache with serial numbers of their own.
  if (asked.length === 1 && asked[0]?.certificate) {
    known.set(key, fresh)
    if (known.size > MOST_SIGNED) known.delete(known.keys().next().value as string)
  }
  return fresh
}

function textOf({ certID, certificate }: Asked): string {
  const { algorithm } = certID.hashAlgorithm
  const { status, revocation } = certificate ?? {}
  // What was on hold may be revoked for good.
  const why = revocation && `${revocation.reason} ${revocation.at.getTime()}`
  return [algorithm, certID.hashAlgorithm.parameters?.length, certID.serialNumber, status, why].join(' ')
}

async function sign(
  world: World,
  responder: ServiceIdentity,
  asked: readonly Asked[],
  nonce: Uint8Array | undefined,
): Promise<Signed> {
  const thisUpdate = new Date(Math.floor(world.now().getTime() / 1000) * 1000)
  const nextUpdate = new Date(Math.min(thisUpdate.getTime() + LASTS, responder.certificate.notAfter.getTime()))
  const bytes = await signOcspResponse(
    {
      certificate: responder.certificate,
      producedAt: thisUpdate,
      responses: asked.map(({ certID, certificate }) => ({
        ...statusOf(certificate),
        certID,
        thisUpdate,
        nextUpdate,
      })),
      ...(nonce && { nonce }),
      chain: responder.chain,
    },
    responder.signer,
  )
  return { bytes, thisUpdate, nextUpdate }
}

function statusOf(certificate: IssuedCertificate | undefined): CertificateStatus {
  if (certificate?.status === 'issued') return { status: 'good' }
  if (!certificate?.revocation) return { status: 'unknown' }
  const { at, reason } = certificate.revocation
  return { status: 'revoked', at, ...(reason === 'unspecified' ? {} : { reason: LISTED_REASONS[reason] }) }
}

function error(status: Parameters<typeof ocspErrorResponse>[0]): OcspAnswer {
  return { bytes: ocspErrorResponse(status), validity: undefined }
}
