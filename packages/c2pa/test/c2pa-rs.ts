/** The reference implementation as a judge: c2pa-rs, compiled to WebAssembly. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { initSync, WasmReader } from '@contentauth/c2pa-wasm'

const require = createRequire(import.meta.url)
let isLoaded = false

const PURPOSES = [
  '1.3.6.1.5.5.7.3.4',
  '1.3.6.1.5.5.7.3.36',
  '1.3.6.1.5.5.7.3.8',
  '1.3.6.1.5.5.7.3.9',
  '1.3.6.1.4.1.62558.2.1',
].join('\n')

export type Status = { readonly code: string; readonly url: string; readonly explanation: string }
type StatusLists = { readonly success: Status[]; readonly informational: Status[]; readonly failure: Status[] }

/** The parts of c2pa-rs's reader report that the tests look at. */
export type ReaderReport = {
  readonly active_manifest: string
  readonly manifests: {
    readonly [label: string]: {
      readonly title?: string
      readonly instance_id: string
      readonly claim_version: number
      readonly thumbnail?: { readonly format: string; readonly identifier: string }
      readonly assertions: readonly { readonly label: string; readonly data: unknown; readonly created?: boolean }[]
      readonly ingredients?: readonly {
        readonly title?: string
        readonly relationship: string
        readonly active_manifest?: string
        readonly validation_results?: { readonly activeManifest: StatusLists }
      }[]
      readonly signature_info: { readonly alg: string; readonly time?: string; readonly revocation_status?: boolean }
    }
  }
  readonly validation_state: 'Trusted' | 'Valid' | 'Invalid'
  readonly validation_results: {
    readonly activeManifest: StatusLists
    readonly ingredientDeltas?: readonly { readonly validationDeltas: StatusLists }[]
  }
}

/** What c2pa-rs says of an asset with these anchors alone; throws what it throws. */
export async function readWithC2paRs(asset: Uint8Array, format: string, anchors: string): Promise<ReaderReport> {
  return (await bothReportsOfC2paRs(asset, format, anchors)).reader as ReaderReport
}

/** The same, and its crJSON. */
export async function bothReportsOfC2paRs(
  asset: Uint8Array,
  format: string,
  anchors: string,
): Promise<{ readonly reader: unknown; readonly crJson: unknown }> {
  if (!isLoaded) {
    initSync({ module: readFileSync(require.resolve('@contentauth/c2pa-wasm/c2pa.wasm')) })
    isLoaded = true
  }
  const settings = JSON.stringify({
    trust: { trust_config: PURPOSES, trust_anchors: anchors },
    verify: { verify_trust: true, verify_after_reading: true, ocsp_fetch: false, remote_manifest_fetch: false },
  })
  const reader = await WasmReader.fromBytes(format, asset, settings)
  try {
    return { reader: JSON.parse(reader.json()), crJson: JSON.parse(reader.crJson()) }
  } finally {
    reader.free()
  }
}

/** Every failure, of the active manifest and of ingredients, as text. */
export function failuresOf(report: ReaderReport): string[] {
  const { activeManifest, ingredientDeltas = [] } = report.validation_results
  return [...activeManifest.failure, ...ingredientDeltas.flatMap((delta) => delta.validationDeltas.failure)].map(
    ({ code, url, explanation }) => `${code} ${url} ${explanation}`,
  )
}
