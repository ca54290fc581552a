import { type TestContext, test } from 'node:test'
import { differences, readCorpus } from './oracle.ts'

/** Where we depart from the oracle, and why. It must not grow. */
const DIFFERENT: { readonly [file: string]: string } = {
  'assert-duplicate-label.jpg':
    'the second of two boxes with one label can not be referred to: also assertion.undeclared',
}

const vectors = readCorpus(new URL('../../../../test/vectors/c2pa/', import.meta.url))
if (!vectors) throw new Error('test/vectors/c2pa is missing')

for (const expectation of vectors.files) {
  const { file, spec_2_2 } = expectation
  const by = spec_2_2 ? `C2PA 2.2, ${spec_2_2.clause}` : 'c2pa-rs'
  const reason = DIFFERENT[file]
  test(reason === undefined ? `${file}: as ${by}` : `${file}: differs, since ${reason}`, async (t: TestContext) => {
    const found = await differences(vectors, expectation)
    if (reason === undefined) t.assert.deepEqual(found, [])
    else t.assert.notDeepEqual(found, [], 'no longer different: strike it from the table')
  })
}
