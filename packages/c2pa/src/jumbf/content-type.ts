/** Content types of JUMBF superboxes. ISO/IEC 19566-5 B, C2PA 2.2 §11.1.4. */

const SUFFIX = '00110010800000aa00389b71'
const ofCharacters = (characters: string): string =>
  [...characters].map((character) => character.charCodeAt(0).toString(16).padStart(2, '0')).join('') + SUFFIX

export const MANIFEST_STORE: string = ofCharacters('c2pa')
export const MANIFEST: string = ofCharacters('c2ma')
/** A standard manifest too; claim generators no longer write it. C2PA 2.2 §11.2.2. */
export const OLDER_MANIFEST: string = ofCharacters('c2md')
export const UPDATE_MANIFEST: string = ofCharacters('c2um')
export const COMPRESSED_MANIFEST: string = ofCharacters('c2cm')
/** Not written any more. C2PA 2.2 §11.2.5. */
export const TIME_STAMP_MANIFEST: string = ofCharacters('c2tm')
export const ASSERTION_STORE: string = ofCharacters('c2as')
export const CLAIM: string = ofCharacters('c2cl')
export const CLAIM_SIGNATURE: string = ofCharacters('c2cs')
export const DATABOX_STORE: string = ofCharacters('c2db')
export const CREDENTIAL_STORE: string = ofCharacters('c2vc')
export const CBOR_CONTENT: string = ofCharacters('cbor')
export const JSON_CONTENT: string = ofCharacters('json')
export const UUID_CONTENT: string = ofCharacters('uuid')
export const EMBEDDED_FILE: string = '40cb0c32bb8a489da70b2ad6f47f4369'
