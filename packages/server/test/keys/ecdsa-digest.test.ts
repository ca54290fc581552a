import { createHash, generateKeyPairSync, verify } from 'node:crypto'
import { test } from 'node:test'
import { ecdsaSignatureToRaw } from '@countersign/pki'
import { type EcdsaCurve, signEcdsaDigest, signWithNonce } from '../../src/keys/ecdsa-digest.ts'

type Vector = {
  readonly curve: EcdsaCurve
  readonly hash: string
  readonly x: string
  readonly k: string
  readonly r: string
  readonly s: string
}

/** RFC 6979 A.2.5, A.2.6 and A.2.7, of the message "sample". */
const VECTORS: readonly Vector[] = [
  {
    curve: 'prime256v1',
    hash: 'sha256',
    x: 'C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721',
    k: 'A6E3C57DD01ABE90086538398355DD4C3B17AA873382B0F24D6129493D8AAD60',
    r: 'EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716',
    s: 'F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8',
  },
  {
    curve: 'prime256v1',
    hash: 'sha512',
    x: 'C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721',
    k: '5FA81C63109BADB88C1F367B47DA606DA28CAD69AA22C4FE6AD7DF73A7173AA5',
    r: '8496A60B5E9B47C825488827E0495B0E3FA109EC4568FD3F8D1097678EB97F00',
    s: '2362AB1ADBE2B8ADF9CB9EDAB740EA6049C028114F2460F96554F61FAE3302FE',
  },
  {
    curve: 'secp384r1',
    hash: 'sha384',
    x: '6B9D3DAD2E1B8C1C05B19875B6659F4DE23C3B667BF297BA9AA47740787137D896D5724E4C70A825F872C9EA60D2EDF5',
    k: '94ED910D1A099DAD3254E9242AE85ABDE4BA15168EAF0CA87A555FD56D10FBCA2907E3E83BA95368623B8C4686915CF9',
    r: '94EDBB92A5ECB8AAD4736E56C691916B3F88140666CE9FA73D64C4EA95AD133C81A648152E44ACF96E36DD1E80FABE46',
    s: '99EF4AEB15F178CEA1FE40DB2603138F130E740A19624526203B6351D0A3A94FA329C145786E679E7B82C71A38628AC8',
  },
  {
    curve: 'secp521r1',
    hash: 'sha512',
    x: '00FAD06DAA62BA3B25D2FB40133DA757205DE67F5BB0018FEE8C86E1B68C7E75CAA896EB32F1F47C70855836A6D16FCC1466F6D8FBEC67DB89EC0C08B0E996B83538',
    k: '1DAE2EA071F8110DC26882D4D5EAE0621A3256FC8847FB9022E2B7D28E6F10198B1574FDD03A9053C08A1854A168AA5A57470EC97DD5CE090124EF52A2F7ECBFFD3',
    r: '0C328FAFCBD79DD77850370C46325D987CB525569FB63C5D3BC53950E6D4C5F174E25A1EE9017B5D450606ADD152B534931D7D4E8455CC91F9B15BF05EC36E377FA',
    s: '0617CCE7CF5064806C467F678D3B4080D6F1CC50AF26CA209417308281B68AF282623EAA63E5B5C0723D8B8C37FF0777B1A20F8CCB1DCCC43997F1EE0E44DA4A67A',
  },
]
for (const { curve, hash, x, k, r, s } of VECTORS)
  test(`the vector of RFC 6979 for ${curve} with ${hash}, every time`, (t) => {
    const digest = createHash(hash).update('sample').digest()
    const length = { prime256v1: 32, secp384r1: 48, secp521r1: 66 }[curve]
    const raw = [r, s]
      .map((text) => text.padStart(2 * length, '0'))
      .join('')
      .toLowerCase()
    // A random factor goes in each time, and comes out again.
    for (let run = 0; run < 20; run++) {
      const signature = signWithNonce(curve, { secret: Buffer.from(x, 'hex'), nonce: BigInt(`0x${k}`) }, digest)
      t.assert.equal(Buffer.from(ecdsaSignatureToRaw(signature!, length)).toString('hex'), raw)
    }
  })

for (const [namedCurve, hashes] of [
  ['P-256', ['sha256', 'sha384', 'sha512']],
  ['P-384', ['sha256', 'sha384', 'sha512']],
  ['P-521', ['sha256', 'sha512']],
] as const)
  test(`OpenSSL accepts every signature on ${namedCurve}, and no two have the same nonce`, (t) => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve })
    const halves = new Set<string>()
    let count = 0
    for (const hash of hashes)
      for (let run = 0; run < 100; run++) {
        // The same digest over and over, and others.
        const data = Buffer.from(`what is signed ${run < 50 ? '' : run}`)
        const signature = signEcdsaDigest(privateKey, createHash(hash).update(data).digest())
        t.assert.equal(verify(hash, data, publicKey, signature), true)
        const length = { 'P-256': 32, 'P-384': 48, 'P-521': 66 }[namedCurve]
        halves.add(Buffer.from(ecdsaSignatureToRaw(signature, length).subarray(0, length)).toString('hex'))
        count++
      }
    t.assert.equal(halves.size, count)
  })
