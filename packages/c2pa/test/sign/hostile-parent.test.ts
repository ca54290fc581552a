/** Pictures whose manifest store was made to spoil the next one: what is signed stays readable for everyone. */
import { type TestContext, test } from 'node:test'
import type { CborValue } from '../../src/cbor.ts'
import { sign } from '../../src/sign/sign.ts'
import { verify } from '../../src/verify/verify.ts'
import { readWithC2paRs } from '../c2pa-rs.ts'
import { credential, root, rootPem } from '../credential.ts'
import { type Boxes, CREATED, type ForgedManifest, forge, manifestLabel } from '../verify/forge.ts'

const signer = await credential()
const options = { trust: [root.certificate.bytes], tsaTrust: [], now: new Date() }

type Assertion = readonly [label: string, content: (boxes: Boxes) => CborValue | string]
const bound: Assertion = ['c2pa.hash.data', ({ dataHash }) => dataHash]
const created: Assertion = ['c2pa.actions.v2', () => CREATED]
const ingredient = (manifest: (boxes: Boxes) => CborValue): Assertion => [
  'c2pa.ingredient.v3',
  (boxes) => ({
    relationship: 'componentOf',
    activeManifest: manifest(boxes),
    validationResults: { activeManifest: { success: [], informational: [], failure: [] } },
  }),
]
const unhashed = (number: number) => (): CborValue => ({
  url: `self#jumbf=/c2pa/${manifestLabel(number)}`,
  hash: new Uint8Array(32),
})
const below: Assertion = ingredient(({ reference }) => reference(manifestLabel(2)))

const SPOILT: { readonly [what: string]: readonly ForgedManifest[] } = {
  'a manifest that is its own ingredient': [
    { label: manifestLabel(1), assertions: [bound, created, ingredient(unhashed(1))] },
  ],
  'two manifests that are ingredients of each other': [
    { label: manifestLabel(2), assertions: [bound, created, ingredient(unhashed(1))] },
    { label: manifestLabel(1), assertions: [bound, created, below] },
  ],
  'a redaction without the signature that would be left': [
    { label: manifestLabel(2), assertions: [bound, created, ['org.example.a', () => ({ a: 1 })]] },
    {
      label: manifestLabel(1),
      assertions: [bound, created, below],
      claim: { redacted_assertions: [`self#jumbf=/c2pa/${manifestLabel(2)}/c2pa.assertions/org.example.a`] },
    },
  ],
  'an ingredient assertion that is none': [
    { label: manifestLabel(1), assertions: [bound, created, ['c2pa.ingredient.v3', () => ({ relationship: 'x' })]] },
  ],
}

for (const [what, manifests] of Object.entries(SPOILT))
  test(`${what} stays behind`, async (t: TestContext) => {
    const asset = await forge(manifests)
    t.assert.equal((await verify(asset, options)).state, 'Invalid')
    const signed = await sign(asset, { ...signer, claimGenerator: { name: 'Example' } })
    t.assert.equal(signed.hadManifest, true)
    t.assert.equal(signed.isParentCarried, false)
    t.assert.equal((await verify(signed.asset, options)).state, 'Trusted')
    t.assert.equal((await readWithC2paRs(signed.asset, signed.format, rootPem)).validation_state, 'Trusted')
  })

test('a manifest whose label is a path is none', async (t: TestContext) => {
  const asset = await forge([{ label: `${manifestLabel(1)}:a/b`, assertions: [bound, created] }])
  t.assert.equal((await verify(asset, options)).state, 'Invalid')
  await t.assert.rejects(sign(asset, { ...signer, claimGenerator: { name: 'Example' } }), {
    code: 'malformed_manifest',
  })
})
