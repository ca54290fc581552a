/** c2pa-rs, compiled to WebAssembly. It has no signer of its own: its callback makes the whole COSE_Sign1. */
import { constants, createPrivateKey, sign } from 'node:crypto'
import { encode } from 'cborg'
import { MemoryBlob } from '../packages/c2pa/test/memory-blob.ts'
import { type Library, MANIFEST_DEFINITION } from './contender.ts'
import type { BenchCredential } from './credential.ts'
import { peer, peerFile } from './peer.ts'

const { initSync, WasmBuilder, WasmReader } = await peer('@contentauth/c2pa-wasm')
initSync({ module: peerFile('@contentauth/c2pa-wasm/c2pa.wasm') })

const RESERVE = 10_240

function coseSigner({ algorithm, certificates, privateKey }: BenchCredential) {
  const key = createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' })
  const headers = new Map<number, unknown>([
    [1, algorithm === 'ES256' ? -7 : -37],
    [33, certificates],
  ])
  const protectedHeaders = encode(headers)
  const options =
    algorithm === 'ES256'
      ? { key, dsaEncoding: 'ieee-p1363' as const }
      : { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
  return {
    alg: algorithm.toLowerCase(),
    reserveSize: RESERVE,
    async sign(claim: Uint8Array): Promise<Uint8Array> {
      const signature = sign('sha256', encode(['Signature1', protectedHeaders, new Uint8Array(), claim]), options)
      const message = (pad: number): Uint8Array =>
        Buffer.concat([
          Buffer.from([0xd2]),
          encode([protectedHeaders, { pad: new Uint8Array(pad) }, null, new Uint8Array(signature)]),
        ])
      // The length of the pad's own head is part of the size: measure with one of the same width.
      return message(RESERVE - message(1000).length + 1000)
    },
  }
}

export const c2paWasm: Library = {
  name: 'c2pa-wasm (c2pa-rs)',
  async signing(credential, format, file) {
    const signer = coseSigner(credential)
    const settings = JSON.stringify({
      builder: { thumbnail: { enabled: false } },
      verify: { verify_after_sign: false },
    })
    return async () => {
      const builder = WasmBuilder.fromJson(JSON.stringify(MANIFEST_DEFINITION), settings)
      try {
        return await builder.sign(signer, [], format, new MemoryBlob(file))
      } finally {
        builder.free()
      }
    }
  },
  async validation({ rootPem }, format, file) {
    const settings = JSON.stringify({
      trust: { trust_anchors: rootPem },
      verify: { verify_trust: true, ocsp_fetch: false, remote_manifest_fetch: false },
    })
    return async () => {
      const reader = await WasmReader.fromBytes(format, file, settings)
      try {
        return JSON.parse(reader.json()).validation_state === 'Trusted'
      } finally {
        reader.free()
      }
    }
  },
}
