import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { contentTypes } from '../../src/cms/content-info.ts'
import { signatureFault, signSignedData } from '../../src/cms/signature.ts'
import { decodeSignedData } from '../../src/cms/signed-data.ts'
import {
  CertificationRequest,
  createSigner,
  encryptEnvelopedData,
  lintPublicKey,
  type MlDsa,
  name,
  signCertificationRequest,
  validatePath,
  verifyCertificationRequest,
} from '../../src/index.ts'
import { lintCertificate } from '../../src/lint/lint-certificate.ts'
import { authority, endEntity, NOW } from '../issuing.ts'

const SETS: readonly MlDsa[] = ['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87']

function newKey(name: MlDsa): Uint8Array {
  const { privateKey } = generateKeyPairSync(name.toLowerCase() as 'ml-dsa-44')
  return new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' }))
}

for (const algorithm of SETS) {
  test(`${algorithm}: what such an authority issues, for such keys and others, OpenSSL verifies too`, async (t: TestContext) => {
    const root = await authority('Root', undefined, { algorithm, privateKey: newKey(algorithm) })
    const issuing = await authority('Issuing', root, { algorithm, privateKey: newKey(algorithm) })
    const leaves = [
      await endEntity('Device', issuing, { algorithm, privateKey: newKey(algorithm) }),
      await endEntity('Device', issuing),
    ]
    // The OpenSSL in Node, 3.5.
    const judged = new X509Certificate(Buffer.from(issuing.certificate.bytes))
    const above = new X509Certificate(Buffer.from(root.certificate.bytes))
    t.assert.ok(above.verify(above.publicKey) && judged.verify(above.publicKey))
    t.assert.equal(judged.publicKey.asymmetricKeyType, algorithm.toLowerCase())
    for (const { certificate } of leaves) {
      const leaf = new X509Certificate(Buffer.from(certificate.bytes))
      t.assert.ok(leaf.verify(judged.publicKey) && leaf.checkIssued(judged))
      t.assert.equal(leaf.verify(above.publicKey), false)
      const path = await validatePath({
        leaf: certificate,
        intermediates: [issuing.certificate],
        anchors: [root.certificate],
        at: NOW,
      })
      t.assert.deepEqual(path.valid, true)
    }
    const [own] = leaves
    t.assert.equal(own?.certificate.publicKey.type, algorithm)
    const broken = own?.certificate.bytes.slice() as Uint8Array
    broken[broken.length - 100] = (broken[broken.length - 100] as number) ^ 1
    t.assert.equal(new X509Certificate(Buffer.from(broken)).verify(judged.publicKey), false)
    t.assert.deepEqual(lintPublicKey(issuing.certificate.publicKey), [])
    const findings = lintCertificate(own?.certificate.bytes as Uint8Array, 'device')
    t.assert.ok(!findings.some(({ id }) => id.startsWith('key-')), JSON.stringify(findings))
  })

  test(`${algorithm}: a request proves its key, and another signature does not`, async (t: TestContext) => {
    const signer = await createSigner(algorithm, newKey(algorithm))
    const request = CertificationRequest.decode(
      await signCertificationRequest({ subject: name({ CN: 'Device' }) }, signer),
    )
    t.assert.equal(request.publicKey.type, algorithm)
    t.assert.equal(await verifyCertificationRequest(request), true)
    const signature = request.signature.slice()
    signature[7] = (signature[7] as number) ^ 1
    t.assert.equal(await verifyCertificationRequest({ ...request, signature }), false)
    const other = SETS.find((candidate) => candidate !== algorithm) as MlDsa
    const foreign = await (await createSigner(other, newKey(other))).sign(request.info)
    t.assert.equal(await verifyCertificationRequest({ ...request, signature: foreign }), false)
    await t.assert.rejects(createSigner(other, newKey(algorithm)), { code: 'invalid_argument' })
  })
}

test('signed data may be signed with ML-DSA, and nothing be encrypted for it', async (t: TestContext) => {
  const root = await authority('Root')
  const { certificate, signer } = await endEntity('Signer', root, {
    algorithm: 'ML-DSA-65',
    privateKey: newKey('ML-DSA-65'),
  })
  const content = Uint8Array.of(1, 2, 3)
  const signed = await signSignedData(
    { contentType: contentTypes.data, content, certificate, certificates: [], attributes: [] },
    signer,
  )
  const [signerInfo] = decodeSignedData(signed).signerInfos
  t.assert.ok(signerInfo)
  t.assert.equal(await signatureFault(signerInfo, contentTypes.data, content, certificate), undefined)
  await t.assert.rejects(encryptEnvelopedData({ content, recipients: [certificate] }), { code: 'invalid_argument' })
})
