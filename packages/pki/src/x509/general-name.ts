/** GeneralName, RFC 5280 §4.2.1.6. */
import { type Der, der } from '@countersign/codec'
import { Name } from './name.ts'

type Alternatives = {
  otherName: Uint8Array
  rfc822Name: string
  dNSName: string
  x400Address: Uint8Array
  directoryName: Name
  ediPartyName: Uint8Array
  uniformResourceIdentifier: string
  iPAddress: Uint8Array
  registeredID: string
}
/**
 *     GeneralName ::= CHOICE {
 *       otherName [0] OtherName, rfc822Name [1] IA5String, dNSName [2] IA5String, x400Address [3] ORAddress,
 *       directoryName [4] Name, ediPartyName [5] EDIPartyName, uniformResourceIdentifier [6] IA5String,
 *       iPAddress [7] OCTET STRING, registeredID [8] OBJECT IDENTIFIER }
 *
 * The three that no one uses are kept as their bytes.
 */
export type GeneralName = der.Choice<Alternatives>
/** The DER codec of GeneralName. */
export const GeneralName: Der<GeneralName> = der.choice<Alternatives>({
  otherName: whole(0xa0),
  rfc822Name: der.implicit(1, der.ia5String),
  dNSName: der.implicit(2, der.ia5String),
  x400Address: whole(0xa3),
  directoryName: der.explicit(4, Name),
  ediPartyName: whole(0xa5),
  uniformResourceIdentifier: der.implicit(6, der.ia5String),
  iPAddress: der.implicit(7, der.octetString),
  registeredID: der.implicit(8, der.oid),
})

/** The DER codec of GeneralNames. */
export const GeneralNames: Der<readonly GeneralName[]> = der.sequenceOf(GeneralName)

/** An element under one identifier, kept as its bytes. */
function whole(tag: number): Der<Uint8Array> {
  return { ...der.any, tag, accepts: (candidate) => candidate === tag }
}
