export type { GeneratorInfo } from './assertions/actions.ts'
export type { ContentHashAlgorithm } from './assertions/assertion.ts'
export { C2paError, type C2paErrorCode } from './c2pa-error.ts'
export type { TimeStampAuthority } from './claim/time-stamp.ts'
export { type Asset, type AssetReader, bytesOf, piecesOf } from './formats/asset.ts'
export type { ByteRange, MediaType, Part } from './formats/asset-format.ts'
export { checkSignable, detectFormat, hasManifest, signableFormats } from './formats/detect.ts'
export { crJson } from './report/cr-json.ts'
export { type Finding, finding } from './report/finding.ts'
export { type JsonValue, jsonValue } from './report/json-value.ts'
export { readerReport } from './report/reader-report.ts'
export type {
  AssertionReport,
  IngredientDelta,
  ManifestReport,
  Report,
  SignatureReport,
  ValidationState,
} from './report/report.ts'
export { type FindingKind, type StatusCode, statusCodes } from './report/status-code.ts'
export type { CustomAssertion, SignedAsset, SignedParts, SignOptions, Thumbnail } from './sign/options.ts'
export { sign, signInParts } from './sign/sign.ts'
export type { FetchedData, Fetchers } from './verify/fetchers.ts'
export { signingPurposes } from './verify/signing-credential.ts'
export { type VerifyOptions, verify } from './verify/verify.ts'
