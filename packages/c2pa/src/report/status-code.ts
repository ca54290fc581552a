/** Status codes of validation: C2PA 2.2 §15.2.2, and those of CAWG and of later versions that this validator gives. */

/** What a finding means for the manifest: only failures reject it. C2PA 2.2 §15.2.2. */
export type FindingKind = 'success' | 'informational' | 'failure'

const success = {
  'assertion.accessible': 'assertion retrieved',
  'assertion.bmffHash.match': 'BMFF hash valid',
  'assertion.boxesHash.match': 'box hash valid',
  'assertion.collectionHash.match': 'collection hash valid',
  'assertion.dataHash.match': 'data hash valid',
  'assertion.hashedURI.match': 'hashed uri matched',
  'assertion.multiAssetHash.match': 'multi-asset hash valid',
  'claimSignature.insideValidity': 'claim signature valid',
  'claimSignature.validated': 'claim signature valid',
  'ingredient.claimSignature.validated': 'ingredient claim signature hash matched',
  'ingredient.manifest.validated': 'ingredient hash matched',
  'signingCredential.ocsp.notRevoked': 'certificate not revoked',
  'signingCredential.trusted': 'signing certificate trusted, found in [system_anchors] trust anchors',
  'timeStamp.trusted': 'timestamp cert trusted',
  'timeStamp.validated': 'timestamp message digest matched',
} as const

const informational = {
  'algorithm.deprecated': 'the algorithm is deprecated',
  'assertion.dataHash.additionalExclusionsPresent': 'extra data hash exclusions found',
  'ingredient.unknownProvenance': 'ingredient does not have provenance',
  'signingCredential.ocsp.inaccessible': 'no answer from the OCSP responder',
  'signingCredential.ocsp.skipped': 'OCSP fetching skipped',
  'timeOfSigning.insideValidity': 'claimed time of signing is inside the validity of the signing certificate',
  'timeOfSigning.outsideValidity': 'claimed time of signing is outside the validity of the signing certificate',
  'timeStamp.malformed': 'could not parse timestamp data',
  'timeStamp.mismatch': 'timestamp message digest did not match',
  'timeStamp.outsideValidity': 'timestamp outside of certificate validity',
  'timeStamp.untrusted': 'timestamp cert untrusted',
} as const

const failure = {
  'algorithm.unsupported': 'unsupported or missing algorithm',
  'assertion.action.ingredientMismatch': 'an action lacks the ingredient it needs',
  'assertion.action.malformed': 'the actions assertion is malformed',
  'assertion.action.redacted': 'an actions assertion was redacted',
  'assertion.action.redactionMismatch': 'a c2pa.redacted action lacks the assertion it needs',
  'assertion.bmffHash.malformed': 'the BMFF hash assertion is malformed',
  'assertion.bmffHash.mismatch': 'BMFF hash does not match',
  'assertion.boxesHash.malformed': 'the box hash assertion is malformed',
  'assertion.boxesHash.mismatch': 'box hash does not match',
  'assertion.boxesHash.unknownBox': 'a box that no hash covers',
  'assertion.cbor.invalid': 'invalid assertion cbor',
  'assertion.cloud-data.actions': 'cloud data holds an actions assertion in an update manifest',
  'assertion.cloud-data.hardBinding': 'cloud data holds a hard binding',
  'assertion.cloud-data.malformed': 'the cloud data assertion is incomplete',
  'assertion.collectionHash.incorrectFileCount': 'a file of the collection is missing',
  'assertion.collectionHash.invalidURI': 'a URI of the collection leaves it',
  'assertion.collectionHash.malformed': 'the collection hash assertion is incomplete',
  'assertion.collectionHash.mismatch': 'collection hash does not match',
  'assertion.dataHash.malformed': 'the data hash assertion is malformed',
  'assertion.dataHash.mismatch': 'asset hash error',
  'assertion.dataHash.redacted': 'a hard binding was redacted',
  'assertion.hashedURI.mismatch': 'hash does not match assertion data',
  'assertion.inaccessible': 'a remote assertion is inaccessible',
  'assertion.ingredient.malformed': 'the ingredient assertion is malformed',
  'assertion.json.invalid': 'invalid assertion json',
  'assertion.metadata.disallowed': 'the metadata assertion holds a field that is not allowed',
  'assertion.missing': 'cannot find matching assertion',
  'assertion.multiAssetHash.malformed': 'the multi-asset hash assertion is malformed',
  'assertion.multiAssetHash.mismatch': 'multi-asset hash does not match',
  'assertion.multiAssetHash.missingPart': 'a part of the asset is missing',
  'assertion.multipleHardBindings': 'claim has multiple data bindings',
  'assertion.notRedacted': 'a redacted assertion is still there',
  'assertion.outsideManifest': 'assertion outside of manifest',
  'assertion.selfRedacted': 'the claim redacts an assertion of its own',
  'assertion.timestamp.malformed': 'the time-stamp assertion is malformed',
  'assertion.undeclared': 'assertion is not referenced by the claim',
  'cawg.identity.sig_type.unknown': 'the identity assertion is of a kind that is not checked here',
  'claim.cbor.invalid': 'invalid claim cbor',
  'claim.hardBindings.missing': 'claim missing hard binding',
  'claim.malformed': 'claim is malformed',
  'claim.missing': 'claim missing',
  'claim.multiple': 'more than one claim box',
  'claimSignature.mismatch': 'claim signature is not valid',
  'claimSignature.missing': 'claim signature missing',
  'claimSignature.outsideValidity': 'claim signature outside of the validity of the signing certificate',
  'general.error': 'not checked',
  'hashedURI.mismatch': 'hash does not match what the uri points to',
  'hashedURI.missing': 'cannot find what the uri points to',
  'ingredient.claimSignature.mismatch': 'ingredient claim signature hash does not match',
  'ingredient.claimSignature.missing': 'ingredient claim signature missing',
  'ingredient.manifest.mismatch': 'ingredient hash does not match',
  'ingredient.manifest.missing': 'ingredient not found',
  'manifest.compressed.invalid': 'the compressed manifest can not be read',
  'manifest.inaccessible': 'the remote manifest was not fetched',
  'manifest.multipleParents': 'more than one parent ingredient',
  'manifest.timestamp.invalid': 'disallowed assertion in a time-stamp manifest',
  'manifest.timestamp.wrongParents': 'time-stamp manifest without exactly one parent',
  'manifest.update.invalid': 'disallowed assertion in an update manifest',
  'manifest.update.wrongParents': 'update manifest without exactly one parent',
  'signingCredential.invalid': 'certificate params incorrect',
  'signingCredential.ocsp.revoked': 'certificate revoked',
  'signingCredential.ocsp.unknown': 'certificate status unknown',
  'signingCredential.untrusted': 'signing certificate untrusted',
} as const

/** Every status code that this validator knows. */
export type StatusCode = keyof typeof success | keyof typeof informational | keyof typeof failure

/** Kind and plain explanation of each status code. C2PA 2.2 §15.2.2, tables 2 to 4. */
export const statusCodes: {
  readonly [code in StatusCode]: { readonly kind: FindingKind; readonly explanation: string }
} = Object.fromEntries(
  Object.entries({ success, informational, failure }).flatMap(([kind, codes]) =>
    Object.entries(codes).map(([code, explanation]) => [code, { kind, explanation }]),
  ),
) as never
