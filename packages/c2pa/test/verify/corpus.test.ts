import { type TestContext, test } from 'node:test'
import { differences, readCorpus } from './oracle.ts'

/** Where we depart from the oracle, and why. It must not grow. */
const DIFFERENT: { readonly [file: string]: string } = {
  'c2pa-ts/trustnxt-icon-signed-timestamp.jpg': 'its sigTst2 holds a TimeStampResp, which 15.8.1.1 does not allow',
  'ms-validator/cards_expired_with_untrusted_timestamp.jpg':
    'its time stamp is of an authority in no list: its time does not make an expired signer trusted',
  'public-testfiles/adobe-20220124-E-clm-CAICAI.jpg':
    'an ingredient assertion whose hash is wrong is passed over (15.11.3.3): no ingredient.manifest.missing',
}

const corpus = readCorpus(new URL('../../../../../shared/c2pa-corpus/', import.meta.url))
// Those under vectors/ are in this repository, and have a test of their own.
const files = corpus?.files.filter(({ file }) => !file.startsWith('vectors/')) ?? []

test('the corpus is there', (t: TestContext) => {
  if (corpus) t.assert.ok(files.length > 0)
  else t.skip('../shared/c2pa-corpus is absent, and with it the files of other projects')
})

for (const expectation of files) {
  const { file } = expectation
  const reason = DIFFERENT[file]
  if (!corpus) continue
  test(reason === undefined ? `${file}: as c2pa-rs` : `${file}: differs, since ${reason}`, async (t: TestContext) => {
    const found = await differences(corpus, expectation)
    if (reason === undefined) t.assert.deepEqual(found, [])
    else t.assert.notDeepEqual(found, [], 'no longer different: strike it from the table')
  })
}
