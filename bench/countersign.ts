/** Ours. */
import { sign, verify } from '@countersign/c2pa'
import { type Library, SOURCE_TYPE } from './contender.ts'

export const countersign: Library = {
  name: 'countersign',
  async signing({ signer, certificates }, _format, file) {
    // The limit copies into a ready buffer; so does this.
    const ready = new Uint8Array(file.length + 32_768)
    const allocate = (length: number): Uint8Array => ready.subarray(0, length)
    return async () => {
      const { asset } = await sign(file, {
        signer,
        certificates,
        title: 'bench',
        claimGenerator: { name: 'bench', version: '1' },
        digitalSourceType: SOURCE_TYPE,
        allocate,
      })
      return asset
    }
  },
  async validation({ root }, _format, file) {
    return async () => (await verify(file, { trust: [root], tsaTrust: [], now: new Date() })).state === 'Trusted'
  },
}
