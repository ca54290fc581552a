/** c2pa-rs, native, by its own Node package. */
import type { Library } from './contender.ts'
import { MANIFEST_DEFINITION } from './contender.ts'
import { peer } from './peer.ts'

const { Builder, LocalSigner, Reader } = await peer('@contentauth/c2pa-node')

export const c2paNode: Library = {
  name: 'c2pa-node (native c2pa-rs)',
  async signing({ chainPem, privateKeyPem, algorithm }, mimeType, file) {
    const signer = LocalSigner.newSigner(Buffer.from(chainPem), Buffer.from(privateKeyPem), algorithm.toLowerCase())
    const settings = { builder: { thumbnail: { enabled: false } }, verify: { verify_after_sign: false } }
    const source = { buffer: Buffer.from(file), mimeType }
    return async () => {
      const signed: { buffer: Buffer | null } = { buffer: null }
      Builder.withJson(MANIFEST_DEFINITION, settings).sign(signer, source, signed)
      if (!signed.buffer) throw new Error('c2pa-node returned no file')
      return signed.buffer
    }
  },
  async validation({ rootPem }, mimeType, file) {
    const settings = {
      trust: { trust_anchors: rootPem, verify_trust_list: true },
      verify: { verify_trust: true, ocsp_fetch: false, remote_manifest_fetch: false },
    }
    const source = { buffer: Buffer.from(file), mimeType }
    return async () => (await Reader.fromAsset(source, settings)).json().validation_state === 'Trusted'
  },
}
