/** Tokens that authorities in the field made, as they stand in published C2PA files. */
import { existsSync, readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { decodePem } from '@countersign/codec'
import { Certificate, decodeTimeStampToken, hashAlgorithmFrom, verifyTimeStampToken } from '../../src/index.ts'

const corpus = new URL('../../../../../shared/c2pa-corpus/', import.meta.url)
const skip = existsSync(corpus) ? false : 'the corpus of C2PA files is not beside this repository'

const SIGNED_DATA = Buffer.from('06092a864886f70d010702', 'hex')

/** Every ContentInfo of signed data that stands in a file, found by its object identifier. */
function tokensOf(path: string): Uint8Array[] {
  const bytes = readFileSync(new URL(path, corpus))
  const tokens: Uint8Array[] = []
  for (let at = bytes.indexOf(SIGNED_DATA); at >= 0; at = bytes.indexOf(SIGNED_DATA, at + 1)) {
    const start = at - 4
    if (bytes[start] !== 0x30 || bytes[start + 1] !== 0x82) continue
    tokens.push(new Uint8Array(bytes.subarray(start, start + 4 + bytes.readUInt16BE(start + 2))))
  }
  return tokens
}

function anchorsOf(path: string): Certificate[] {
  return decodePem(readFileSync(new URL(`trust/${path}`, corpus), 'latin1')).map(({ bytes }) =>
    Certificate.decode(bytes),
  )
}

/** Verifies each token against the imprint it names itself: what it is of is the business of who stamps. */
async function statuses(path: string, anchorFile: string): Promise<string[]> {
  const anchors = anchorsOf(anchorFile)
  return Promise.all(
    tokensOf(path).map(async (token) => {
      const { hashAlgorithm, hashedMessage: hash } = decodeTimeStampToken(token).info.messageImprint
      const algorithm = hashAlgorithmFrom(hashAlgorithm) ?? 'sha1'
      const result = await verifyTimeStampToken(token, { of: { algorithm, hash }, anchors })
      return result.trusted ? result.status : `${result.status}: ${result.reason}`
    }),
  )
}

for (const [path, anchorFile, expected] of [
  ['vectors/tst2-ok-png.png', 'vectors-tsa-root.pem', /^trusted$/],
  ['vectors/tst1-ok-claim-v2.jpg', 'vectors-tsa-root.pem', /^trusted$/],
  ['vectors/tst2-untrusted-tsa.jpg', 'vectors-tsa-root.pem', /^untrusted/],
  ['ms-validator/cards_trusted.mp4', 'ms-validator-digicert-tsa.pem', /^trusted$/],
  ['ms-validator/cards_expired_with_timestamp.jpg', 'ms-validator-digicert-tsa.pem', /^trusted$/],
  ['ms-validator/cards_expired_with_untrusted_timestamp.jpg', 'ms-validator-digicert-tsa.pem', /^untrusted/],
] as const)
  test(path, { skip }, async (t: TestContext) => {
    const found = await statuses(path, anchorFile)
    t.assert.equal(found.length, 1)
    for (const status of found) t.assert.match(status, expected)
  })
