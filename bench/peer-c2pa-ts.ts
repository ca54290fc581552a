/** c2pa-ts, pure TypeScript. It checks no trust. */
import type { Library, MediaType } from './contender.ts'
import { SOURCE_TYPE } from './contender.ts'
import { peer } from './peer.ts'

const { JPEG, PNG } = await peer('@trustnxt/c2pa-ts/asset')
const { SuperBox } = await peer('@trustnxt/c2pa-ts/jumbf')
const { LocalSigner, CoseAlgorithmIdentifier } = await peer('@trustnxt/c2pa-ts/cose')
const { ActionAssertion, ClaimVersion, DataHashAssertion, ManifestStore } = await peer('@trustnxt/c2pa-ts/manifest')
const { X509Certificate } = await peer('@peculiar/x509')

const assetOf = (format: MediaType, file: Uint8Array) => (format === 'image/jpeg' ? new JPEG(file) : new PNG(file))

export const c2paTs: Library = {
  name: 'c2pa-ts',
  async signing({ privateKey, certificates, algorithm }, assetFormat, file) {
    const [leaf, ...chain] = certificates.map((der) => new X509Certificate(der))
    const signer = new LocalSigner(privateKey, CoseAlgorithmIdentifier[algorithm], leaf, chain)
    return async () => {
      const asset = assetOf(assetFormat, file)
      const store = new ManifestStore()
      const options = { assetFormat, instanceID: 'xmp:iid:bench', defaultHashAlgorithm: 'SHA-256', signer }
      const manifest = store.createManifest({ claimVersion: ClaimVersion.V2, ...options })
      const actions = new ActionAssertion()
      actions.actions.push({ action: 'c2pa.created', digitalSourceType: SOURCE_TYPE })
      manifest.addAssertion(actions)
      const binding = DataHashAssertion.create('SHA-256')
      manifest.addAssertion(binding)
      await asset.ensureManifestSpace(store.measureSize())
      await binding.updateWithAsset(asset)
      await manifest.sign(signer)
      await asset.writeManifestJUMBF(store.getBytes())
      return asset.getDataRange()
    }
  },
  async validation(_credential, format, file) {
    return async () => {
      const asset = assetOf(format, file)
      const store = ManifestStore.read(SuperBox.fromBuffer(asset.getManifestJUMBF()))
      return (await store.validate(asset)).isValid
    }
  },
}
