/** Who is measured: one way to sign and one to validate each, with the same minimal manifest for all. */
import type { BenchCredential } from './credential.ts'

export type MediaType = 'image/jpeg' | 'image/png'

export type Library = {
  readonly name: string
  /** Gives a function that signs `file` once, without thumbnail and time stamp. */
  signing(credential: BenchCredential, format: MediaType, file: Uint8Array): Promise<() => Promise<Uint8Array>>
  /** Gives a function that validates `file` once, with the credential's root as anchor; false when it is not valid. */
  validation(credential: BenchCredential, format: MediaType, file: Uint8Array): Promise<() => Promise<boolean>>
}

export const SOURCE_TYPE = 'http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture'

/** What c2pa-rs takes as a manifest definition. */
export const MANIFEST_DEFINITION = {
  claim_generator_info: [{ name: 'bench', version: '1' }],
  title: 'bench',
  assertions: [
    {
      label: 'c2pa.actions.v2',
      data: { actions: [{ action: 'c2pa.created', digitalSourceType: SOURCE_TYPE }], allActionsIncluded: true },
    },
  ],
}

/** Of the names in `LIBRARIES`: only the one asked for is loaded, since memory is measured too. */
export async function library(name: LibraryName): Promise<Library> {
  switch (name) {
    case 'countersign':
      return (await import('./countersign.ts')).countersign
    case 'c2pa-node':
      return (await import('./peer-c2pa-node.ts')).c2paNode
    case 'c2pa-wasm':
      return (await import('./peer-c2pa-wasm.ts')).c2paWasm
    case 'c2pa-ts':
      return (await import('./peer-c2pa-ts.ts')).c2paTs
  }
}

export const LIBRARIES = ['countersign', 'c2pa-node', 'c2pa-wasm', 'c2pa-ts'] as const
export type LibraryName = (typeof LIBRARIES)[number]
