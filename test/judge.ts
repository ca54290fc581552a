/** c2pa-rs, compiled to WebAssembly: the independent implementation that says what a signed file is worth. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { initSync, WasmReader } from '@contentauth/c2pa-wasm'

const wasm = createRequire(import.meta.url).resolve('@contentauth/c2pa-wasm/c2pa.wasm')
initSync({ module: readFileSync(wasm) })

/** The purposes a C2PA validator keeps anchors for. */
const PURPOSES = [
  '1.3.6.1.5.5.7.3.4',
  '1.3.6.1.5.5.7.3.36',
  '1.3.6.1.5.5.7.3.8',
  '1.3.6.1.5.5.7.3.9',
  '1.3.6.1.4.1.62558.2.1',
].join('\n')

export type Finding = { readonly code: string; readonly url?: string; readonly explanation?: string }
export type Findings = {
  readonly success: readonly Finding[]
  readonly informational: readonly Finding[]
  readonly failure: readonly Finding[]
}

/** The parts of c2pa-rs's reader report that tests look at. */
export type ReaderReport = {
  readonly active_manifest: string
  readonly manifests: Readonly<Record<string, ReportedManifest>>
  readonly validation_state: 'Trusted' | 'Valid' | 'Invalid'
  readonly validation_status?: readonly Finding[]
  readonly validation_results: { readonly activeManifest: Findings }
}

export type ReportedManifest = {
  readonly title?: string
  readonly claim_version: number
  readonly assertions: readonly { readonly label: string; readonly data: Record<string, unknown> }[]
  readonly ingredients?: readonly { readonly relationship: string; readonly active_manifest?: string }[]
  readonly signature_info: { readonly alg: string; readonly time?: string; readonly common_name?: string }
  readonly thumbnail?: { readonly format: string }
}

/** What c2pa-rs says of a file when `anchors` (PEM) are all it trusts. */
export async function judge(format: string, bytes: Uint8Array, anchors: string): Promise<ReaderReport> {
  const settings = JSON.stringify({
    trust: { trust_config: PURPOSES, trust_anchors: anchors },
    verify: { verify_trust: true, verify_after_reading: true, ocsp_fetch: false, remote_manifest_fetch: false },
  })
  const reader = await WasmReader.fromBytes(format, bytes, settings)
  try {
    return JSON.parse(reader.json())
  } finally {
    reader.free()
  }
}

/** The active manifest of a report. */
export function activeManifest(report: ReaderReport): ReportedManifest {
  const manifest = report.manifests[report.active_manifest]
  if (!manifest) throw new Error('the report has no active manifest')
  return manifest
}
