/** What the reference implementation does with Blobs: c2pa-rs, compiled to WebAssembly, signs assets, and reads fragments. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { initSync, WasmBuilder, WasmReader } from '@contentauth/c2pa-wasm'
import { ecdsaSignatureToRaw } from '@countersign/pki'
import type { CborValue } from '../src/cbor.ts'
import { encodeCbor } from '../src/cbor-encode.ts'
import { encodeCoseSign1, signatureStructure } from '../src/cose/sign1.ts'
import type { ReaderReport } from './c2pa-rs.ts'
import { credential, rootPem } from './credential.ts'
import { MemoryBlob } from './memory-blob.ts'

const require = createRequire(import.meta.url)

const RESERVE = 10_240
const signing = await credential()
const protectedBytes = encodeCbor(
  new Map<CborValue, CborValue>([
    [1, -7],
    [33, signing.certificates],
  ]),
)

const MANIFEST = {
  claim_generator_info: [{ name: 'Example' }],
  assertions: [
    {
      label: 'c2pa.actions.v2',
      data: {
        actions: [
          {
            action: 'c2pa.created',
            digitalSourceType: 'http://cv.iptc.org/newscodes/digitalsourcetype/digitalCreation',
          },
        ],
      },
    },
  ],
}

/** c2pa-rs has no signer of its own: the callback makes the whole COSE_Sign1, by a credential under the tests' root. */
export const c2paRsSigner = {
  alg: 'es256',
  reserveSize: RESERVE,
  async sign(claim: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
    const signature = await signing.signer.sign(signatureStructure('Signature1', protectedBytes, claim))
    const sign1 = { protectedBytes, unprotectedHeader: new Map(), signature: ecdsaSignatureToRaw(signature, 32) }
    return new Uint8Array(encodeCoseSign1(sign1, RESERVE))
  },
}

/** A builder of c2pa-rs for a manifest of a created picture; `free` it. */
export function c2paRsBuilder(settings: { readonly [name: string]: unknown } = {}): WasmBuilder {
  load()
  return WasmBuilder.fromJson(
    JSON.stringify(MANIFEST),
    JSON.stringify({ builder: { thumbnail: { enabled: false } }, verify: { verify_after_sign: false }, ...settings }),
  )
}

let isLoaded = false
function load(): void {
  if (!isLoaded) initSync({ module: readFileSync(require.resolve('@contentauth/c2pa-wasm/c2pa.wasm')) })
  isLoaded = true
}

/** What c2pa-rs says of an initialization segment with one fragment, under the tests' root. */
export async function readFragmentWithC2paRs(initialization: Uint8Array, fragment: Uint8Array): Promise<ReaderReport> {
  load()
  const settings = JSON.stringify({ trust: { trust_anchors: rootPem }, verify: { verify_trust: true } })
  const [first, second] = [new MemoryBlob(initialization), new MemoryBlob(fragment)]
  const reader = await WasmReader.fromBlobFragment('video/mp4', first, second, settings)
  try {
    return JSON.parse(reader.json()) as ReaderReport
  } finally {
    reader.free()
  }
}

/** An asset signed by c2pa-rs with a credential under the tests' root; throws what it throws. */
export async function signWithC2paRs(
  asset: Uint8Array,
  format: string,
  settings: { readonly [name: string]: unknown } = {},
): Promise<Uint8Array> {
  const builder = c2paRsBuilder(settings)
  try {
    return await builder.sign(c2paRsSigner, [], format, new MemoryBlob(asset))
  } finally {
    builder.free()
  }
}
