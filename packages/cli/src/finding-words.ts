/** What status codes mean to somebody who has never read the specification. */
import { type StatusCode, statusCodes } from '@countersign/c2pa'

const CHANGED = 'The content was changed after it was signed.'
const UNREADABLE = 'A part of the Content Credentials is damaged or against the rules.'
const NOT_COVERED = 'Parts of the file beside its credentials are not covered by the signature.'
const IDENTITY = 'The identity assertion does not hold.'

const WORDS: { readonly [code in StatusCode]?: string } = {
  'algorithm.unsupported': 'It is signed or hashed with an algorithm that is not allowed.',
  'algorithm.deprecated': 'It uses an algorithm that is no longer recommended.',
  'assertion.action.ingredientMismatch': 'The history names a file that it does not say enough about.',
  'assertion.action.malformed': 'The history is told against the rules.',
  'assertion.action.redacted': 'The history was removed, which is not allowed.',
  'assertion.action.redactionMismatch': 'Something is said to have been removed that is not named.',
  'assertion.bmffHash.additionalExclusionsPresent': NOT_COVERED,
  'assertion.boxesHash.additionalExclusionsPresent': NOT_COVERED,
  'assertion.bmffHash.malformed': UNREADABLE,
  'assertion.bmffHash.mismatch': CHANGED,
  'assertion.boxesHash.malformed': UNREADABLE,
  'assertion.boxesHash.mismatch': CHANGED,
  'assertion.boxesHash.unknownBox': 'Something was added to the file after it was signed.',
  'assertion.cbor.invalid': UNREADABLE,
  'assertion.collectionHash.incorrectFileCount': 'Files were added to or taken from the collection.',
  'assertion.collectionHash.mismatch': CHANGED,
  'assertion.dataHash.additionalExclusionsPresent': NOT_COVERED,
  'assertion.dataHash.malformed': UNREADABLE,
  'assertion.dataHash.mismatch': CHANGED,
  'assertion.dataHash.redacted': 'What ties the credentials to the file was removed.',
  'assertion.hashedURI.mismatch': 'A statement was changed after it was signed.',
  'assertion.inaccessible': 'A statement stands elsewhere, and was not fetched.',
  'assertion.ingredient.malformed': 'What is said of a file that went into this one is against the rules.',
  'assertion.json.invalid': UNREADABLE,
  'assertion.metadata.disallowed': 'Its metadata states what it may not state.',
  'assertion.missing': 'A statement that was signed is not there.',
  'assertion.multiAssetHash.mismatch': CHANGED,
  'assertion.multiAssetHash.missingPart': 'A part of the file is not there.',
  'assertion.multipleHardBindings': 'It is tied to content in more than one way, and it is not clear to which.',
  'assertion.notRedacted': 'Something that is said to have been removed is still there.',
  'assertion.outsideManifest': 'It refers to a statement that is not its own.',
  'assertion.selfRedacted': 'It removes a statement of its own.',
  'assertion.undeclared': 'It holds a statement that nobody signed.',
  'cawg.ica.did_unavailable': 'Who vouches for the identity could not be looked up.',
  'cawg.ica.untrusted_issuer': 'Who vouches for the identity is on no list of those you trust.',
  'cawg.identity.assertion.duplicate': IDENTITY,
  'cawg.identity.assertion.mismatch': IDENTITY,
  'cawg.identity.cbor.invalid': IDENTITY,
  'cawg.identity.credential_revoked': 'The certificate of the identity was revoked.',
  'cawg.identity.hard_binding_missing': IDENTITY,
  'cawg.identity.pad.invalid': IDENTITY,
  'cawg.identity.sig_type.unknown': 'The identity assertion is of a kind that is not known here.',
  'cawg.x509.credential.untrusted': 'Who vouches for the identity is on no list of those you trust.',
  'cawg.x509.signature.mismatch': IDENTITY,
  'claim.cbor.invalid': 'The claim, which is what was signed, is damaged.',
  'claim.hardBindings.missing': 'Nothing ties the credentials to this file.',
  'claim.malformed': 'The claim, which is what was signed, is against the rules.',
  'claim.missing': 'There are no Content Credentials to be read.',
  'claim.multiple': 'There is more than one claim, and it is not clear which counts.',
  'claimSignature.mismatch': 'The signature does not match: what was signed was changed, or the signature is forged.',
  'claimSignature.missing': 'The signature is not there.',
  'claimSignature.outsideValidity':
    'The certificate of the signer had ended, or had not begun, and no time stamp that is trusted says that it was signed in time.',
  'general.error': 'It could not be checked to its end.',
  'hashedURI.mismatch': 'Something that it refers to was changed.',
  'hashedURI.missing': 'Something that it refers to is not there.',
  'ingredient.claimSignature.mismatch': 'The credentials of a file that went into this one were changed since.',
  'ingredient.claimSignature.missing': 'The credentials of a file that went into this one have lost their signature.',
  'ingredient.manifest.mismatch': 'The credentials of a file that went into this one were changed since.',
  'ingredient.manifest.missing': 'The credentials of a file that went into this one are not there.',
  'ingredient.unknownProvenance': 'A file that went into this one had no Content Credentials.',
  'manifest.compressed.invalid': 'The credentials are compressed in a way that can not be read.',
  'manifest.inaccessible': 'The Content Credentials stand elsewhere, and were not fetched.',
  'manifest.multipleParents': 'It claims to be made from more than one file where only one can be.',
  'manifest.update.invalid': 'It changes what an update may not change.',
  'manifest.update.wrongParents': 'It updates credentials, and does not say which.',
  'signingCredential.invalid': 'The certificate of the signer is not one that may sign content.',
  'signingCredential.ocsp.inaccessible': 'Whether the certificate of the signer was revoked could not be asked.',
  'signingCredential.ocsp.revoked': 'The certificate of the signer was revoked.',
  'signingCredential.ocsp.unknown': 'The authority of the signer does not know the certificate.',
  'signingCredential.untrusted': 'The signer is on no list of those you trust.',
  'timeStamp.malformed': 'Its time stamp can not be read, and does not count.',
  'timeStamp.mismatch': 'Its time stamp is for something else, and does not count.',
  'timeStamp.outsideValidity':
    'The certificate of the time-stamp authority was not valid at that time: the time does not count.',
  'timeStamp.untrusted': 'The time-stamp authority is on no list of those you trust: the time does not count.',
}

/** A sentence for a status code. */
export function wordsOf(code: StatusCode): string {
  const { explanation } = statusCodes[code]
  return WORDS[code] ?? `${explanation.charAt(0).toUpperCase()}${explanation.slice(1)}.`
}
