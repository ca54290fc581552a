// npm run --silent verify -- FILE [ROOT.pem]: what two implementations make of a file's Content Credentials: this
// project's own, and c2pa-rs, the reference (compiled to WebAssembly). Trusted is only what chains to the root.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { initSync, WasmReader } from '@contentauth/c2pa-wasm'
import { detectFormat, readerReport, verify } from '@countersign/c2pa'
import { decodePem } from '@countersign/codec'

const [path, root] = process.argv.slice(2)
if (!path) {
  console.error('usage: npm run --silent verify -- FILE [ROOT.pem]')
  process.exit(2)
}
const bytes = new Uint8Array(readFileSync(path))
const anchors = root ? readFileSync(root, 'utf8') : undefined

async function ours() {
  const trust = anchors ? decodePem(anchors).map(({ bytes }) => bytes) : []
  return readerReport(await verify(bytes, { trust, tsaTrust: trust, now: new Date() }))
}

async function reference() {
  const wasm = createRequire(import.meta.url).resolve('@contentauth/c2pa-wasm/c2pa.wasm')
  initSync({ module: readFileSync(wasm) })
  const settings = { trust: anchors ? { trust_anchors: anchors } : {}, verify: { verify_trust: true } }
  const reader = await WasmReader.fromBytes(detectFormat(bytes) ?? 'image/jpeg', bytes, JSON.stringify(settings))
  return JSON.parse(reader.json())
}

/** @param {string} name @param {() => Promise<any>} read */
async function report(name, read) {
  try {
    const {
      validation_state: state,
      active_manifest: active,
      manifests = {},
      validation_status: failures = [],
    } = await read()
    const signature = manifests[active]?.signature_info
    const by = signature ? `, signed by ${signature.common_name}${signature.time ? ` at ${signature.time}` : ''}` : ''
    console.log(`${name.padEnd(12)}${state}${by}`)
    for (const { code, explanation } of failures) console.log(`${' '.repeat(12)}${code}: ${explanation}`)
    return state
  } catch (error) {
    console.log(`${name.padEnd(12)}can't read it: ${error instanceof Error ? error.message : error}`)
    return 'Invalid'
  }
}

const states = [await report('Countersign', ours), await report('c2pa-rs', reference)]
process.exitCode = states.every((state) => state === (anchors ? 'Trusted' : state) && state !== 'Invalid') ? 0 : 1
