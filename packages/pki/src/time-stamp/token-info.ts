/** What a time-stamp token says. RFC 3161 §2.4.2. */
import { type Der, der } from '@countersign/codec'
import { named } from '../error.ts'
import { type Extension, Extensions } from '../x509/extension.ts'
import { MessageImprint } from './request.ts'

/**
 *     Accuracy ::= SEQUENCE {
 *       seconds INTEGER OPTIONAL, millis [0] INTEGER (1..999) OPTIONAL, micros [1] INTEGER (1..999) OPTIONAL }
 *
 * RFC 3161 §2.4.2.
 */
export type Accuracy = {
  readonly seconds?: number
  readonly millis?: number
  readonly micros?: number
}
/** The DER codec of Accuracy, RFC 3161 §2.4.2. */
export const Accuracy: Der<Accuracy> = der.sequence<Accuracy>({
  seconds: der.optional(der.smallInteger),
  millis: der.optional(der.implicit(0, der.smallInteger)),
  micros: der.optional(der.implicit(1, der.smallInteger)),
})

/**
 *     TSTInfo ::= SEQUENCE {
 *       version INTEGER { v1(1) }, policy TSAPolicyId, messageImprint MessageImprint, serialNumber INTEGER,
 *       genTime GeneralizedTime, accuracy Accuracy OPTIONAL, ordering BOOLEAN DEFAULT FALSE,
 *       nonce INTEGER OPTIONAL, tsa [0] GeneralName OPTIONAL, extensions [1] IMPLICIT Extensions OPTIONAL }
 *
 * RFC 3161 §2.4.2. `tsa` is a hint that nothing relies on, and is kept as the bytes of its GeneralName.
 */
export type TSTInfo = {
  readonly version: number
  readonly policy: string
  readonly messageImprint: MessageImprint
  readonly serialNumber: bigint
  readonly genTime: Date
  readonly accuracy?: Accuracy
  readonly ordering: boolean
  readonly nonce?: bigint
  readonly tsa?: Uint8Array
  readonly extensions?: readonly Extension[]
}
/** The DER codec of TSTInfo, RFC 3161 §2.4.2. */
export const TSTInfo: Der<TSTInfo> = named(
  'a TSTInfo',
  der.sequence<TSTInfo>({
    version: der.smallInteger,
    policy: der.oid,
    messageImprint: MessageImprint,
    serialNumber: der.integer,
    genTime: der.generalizedTimeWithFraction,
    accuracy: der.optional(Accuracy),
    ordering: der.withDefault(der.boolean, false),
    nonce: der.optional(der.integer),
    tsa: der.optional(der.explicit(0, der.any)),
    extensions: der.optional(der.implicit(1, Extensions)),
  }),
)
