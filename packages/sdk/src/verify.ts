import type { Api, CrJson, ReaderReport } from './api.ts'
import type { CallOptions } from './call.ts'
import type { Source } from './source.ts'

/** Verifying by the platform: by whom it believes. */
export type RemoteVerifier = {
  /** Says who signed a file, and what is wrong with it. */
  verify(file: Source, options?: CallOptions): Promise<ReaderReport>
  /** As `verify`, told as the C2PA conformance program asks for it. */
  verifyAsCrJson(file: Source, options?: CallOptions): Promise<CrJson>
}

/** Sends files to be verified. */
export function createRemoteVerifier({ content }: Pick<Api, 'content'>): RemoteVerifier {
  return {
    verify: async (file, options) =>
      (await content.verify({ image: { file } }, { format: 'reader' }, options)) as ReaderReport,
    verifyAsCrJson: async (file, options) =>
      (await content.verify({ image: { file } }, { format: 'crjson' }, options)) as CrJson,
  }
}
