export type * from './api.ts'
export type { AnsweredFile, CallOptions } from './call.ts'
export { type ConnectOptions, type Countersign, connect } from './connect.ts'
export { type ClientErrorCode, CountersignError } from './countersign-error.ts'
export type { CredentialKey, CredentialOptions } from './credential-key.ts'
export type { LocallySigned, LocalSigner, SignImageOptions } from './sign-image.ts'
export type { RemotelySigned, RemoteSigner, ReportedFile, SignRemoteOptions } from './sign-remote.ts'
export type { Source } from './source.ts'
export type {
  BodyPart,
  ClientCertificate,
  ReadablePart,
  Transport,
  TransportAnswer,
  TransportOptions,
  TransportRequest,
} from './transport.ts'
export { TransportError } from './transport.ts'
export type { RemoteVerifier } from './verify.ts'
