/** Identity assertions of any shape, well signed: for what no honest actor writes. */
import { generateKeyPairSync } from 'node:crypto'
import { encodeBase64, utf8Bytes } from '@countersign/codec'
import {
  createSigner,
  digest,
  ecdsaSignatureToRaw,
  TimeStampReq,
  timeStampRequest,
  timeStampTokenOf,
} from '@countersign/pki'
import { type CborObject, CborTag, type CborValue } from '../../../src/cbor.ts'
import { encodeCbor } from '../../../src/cbor-encode.ts'
import type { TimeStampAuthority } from '../../../src/claim/time-stamp.ts'
import { signatureStructure, timeStampPayload } from '../../../src/cose/sign1.ts'
import { type Entity, issue } from '../../credential.ts'
import type { Content } from '../forge.ts'

/** Whose anchors are for persons and organizations, not for claims. */
export const identityRoot: Entity = await issue('Example Identity Root')
const EMAIL_PROTECTION = '1.3.6.1.5.5.7.3.4'
export const actor: Entity = await issue('Example Actor', { issuer: identityRoot, purposes: [EMAIL_PROTECTION] })

export type ForgedIdentity = {
  readonly by?: Entity
  /** Put into the signer payload, over what it has. */
  readonly payload?: CborObject
  /** Labels of the assertions that are referred to. */
  readonly references?: readonly string[]
  /** Put into the assertion after it was signed, over what it has. */
  readonly assertion?: CborObject
  readonly algorithm?: number
  readonly chain?: CborValue
  readonly timeStamp?: TimeStampAuthority
  readonly unprotected?: readonly (readonly [CborValue, CborValue])[]
}

/** An identity assertion that an X.509 certificate vouches for. */
export function x509Identity(forged: ForgedIdentity = {}): Content {
  const { by = actor, references = ['c2pa.hash.data'] } = forged
  return async ({ reference }) => {
    const payload: CborObject = {
      referenced_assertions: references.map(reference),
      sig_type: 'cawg.x509.cose',
      ...forged.payload,
    }
    const protectedBytes = encodeCbor(
      new Map<CborValue, CborValue>([
        [1, forged.algorithm ?? -7],
        [33, forged.chain ?? by.certificate.bytes],
      ]),
    )
    const signed = signatureStructure('Signature1', protectedBytes, encodeCbor(payload))
    const signature = ecdsaSignatureToRaw(await by.signer.sign(signed), 32)
    const unprotected = new Map(forged.unprotected)
    if (forged.timeStamp)
      unprotected.set('sigTst2', { tstTokens: [{ val: await token(forged.timeStamp, protectedBytes, signature) }] })
    return {
      signer_payload: payload,
      signature: encodeCbor(new CborTag(18, [protectedBytes, unprotected, null, signature])),
      pad1: new Uint8Array(4),
      ...forged.assertion,
    }
  }
}

async function token(
  authority: TimeStampAuthority,
  protectedBytes: Uint8Array,
  signature: Uint8Array,
): Promise<Uint8Array> {
  const stamped = signatureStructure('CounterSignature', protectedBytes, timeStampPayload(signature))
  const request = timeStampRequest({ hash: digest('sha256', stamped), algorithm: 'sha256', certReq: true })
  return timeStampTokenOf(await authority(request), TimeStampReq.decode(request))
}

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const aggregator = await createSigner('EdDSA', new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' })))
const base64Url = (text: string): string => Buffer.from(text).toString('base64url')

/** The aggregator's identifier, which holds its key. */
export const aggregatorDid: string = `did:jwk:${base64Url(JSON.stringify(publicKey.export({ format: 'jwk' })))}`

export type ForgedAggregation = {
  /** Put into the credential, over what it has. */
  readonly credential?: { readonly [field: string]: unknown }
  readonly protectedHeader?: readonly (readonly [CborValue, CborValue])[]
  readonly payload?: Uint8Array | null
  readonly signature?: Uint8Array
  /** In the place of the COSE structure. */
  readonly whole?: Uint8Array
  readonly timeStamp?: TimeStampAuthority
  readonly unprotected?: readonly (readonly [CborValue, CborValue])[]
  /** The label of what is referred to. */
  readonly refersTo?: string
  /** Put into the assertion after it was signed, over what it has. */
  readonly assertion?: CborObject
}

/** An identity assertion that an aggregator of identity claims vouches for. */
export function aggregatedIdentity(forged: ForgedAggregation = {}): Content {
  return async ({ reference }) => {
    const { url, hash } = reference(forged.refersTo ?? 'c2pa.hash.data') as { url: string; hash: Uint8Array }
    const signatureType = 'cawg.identity_claims_aggregation'
    const credential = {
      '@context': ['https://www.w3.org/ns/credentials/v2', 'https://cawg.io/identity/1.1/ica/context/'],
      type: ['VerifiableCredential', 'IdentityClaimsAggregationCredential'],
      issuer: aggregatorDid,
      validFrom: '2020-01-01T00:00:00Z',
      credentialSubject: {
        verifiedIdentities: [
          {
            type: 'cawg.social_media',
            username: 'someone',
            verifiedAt: '2020-01-01T00:00:00Z',
            provider: { id: 'https://example.com', name: 'Example' },
          },
        ],
        c2paAsset: { referenced_assertions: [{ url, hash: encodeBase64(hash) }], sig_type: signatureType },
      },
      ...forged.credential,
    }
    const protectedBytes = encodeCbor(
      new Map<CborValue, CborValue>([[1, -8], [3, 'application/vc'], ...(forged.protectedHeader ?? [])]),
    )
    const payload = forged.payload === undefined ? utf8Bytes(JSON.stringify(credential)) : forged.payload
    const signed = signatureStructure('Signature1', protectedBytes, payload ?? new Uint8Array())
    const signature = forged.signature ?? (await aggregator.sign(signed))
    const unprotected = new Map(forged.unprotected)
    if (forged.timeStamp)
      unprotected.set('sigTst2', { tstTokens: [{ val: await token(forged.timeStamp, protectedBytes, signature) }] })
    return {
      signer_payload: { referenced_assertions: [{ url, hash }], sig_type: signatureType },
      signature: forged.whole ?? encodeCbor(new CborTag(18, [protectedBytes, unprotected, payload, signature])),
      pad1: new Uint8Array(),
      ...forged.assertion,
    }
  }
}
