/** Ours. */
import { sign, verify } from '@countersign/c2pa'
import { type Library, SOURCE_TYPE } from './contender.ts'

export const countersign: Library = {
  name: 'countersign',
  async signing({ signer, certificates }, _format, file) {
    return async () => {
      const { asset } = await sign(file, {
        signer,
        certificates,
        title: 'bench',
        claimGenerator: { name: 'bench', version: '1' },
        digitalSourceType: SOURCE_TYPE,
      })
      return asset
    }
  },
  async validation({ root }, _format, file) {
    return async () => (await verify(file, { trust: [root], tsaTrust: [], now: new Date() })).state === 'Trusted'
  },
}
