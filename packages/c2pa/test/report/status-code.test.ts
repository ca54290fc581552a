import { readdirSync, readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { finding, hasFailure } from '../../src/report/finding.ts'
import { statusCodes } from '../../src/report/status-code.ts'

/** Codes beside the 86 of C2PA 2.2 §15.2.2: 2.2 gives these outside its tables, and 2.3 and 2.4 brought the others; CAWG has its own. */
const BEYOND =
  /^(?:cawg\.|assertion\.(?:(?:data|bmff|boxes)Hash\.additionalExclusionsPresent$|metadata\.disallowed$|action\.softBindingMissing$|external-reference\.|alternativeContentRepresentation\.|hardBinding\.redacted$))/

test('15 success, 10 informational and 61 failure codes of 2.2, and few beyond', (t: TestContext) => {
  const own = Object.entries(statusCodes).filter(([code]) => !BEYOND.test(code))
  const count = (kind: string) => own.filter(([, status]) => status.kind === kind).length
  t.assert.deepEqual([count('success'), count('informational'), count('failure')], [15, 10, 61])
  t.assert.equal(own.length, 86)
})

/** Codes that nothing can produce, and why. */
const NEVER: { readonly [code: string]: string } = {
  'algorithm.deprecated': 'the lists of deprecated hashes and signatures are empty (13.1 and 13.2.1)',
}

const folder = new URL('../../src/', import.meta.url)
const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.endsWith('status-code.ts'))
  .map((path) => readFileSync(new URL(path.replaceAll('\\', '/'), folder), 'utf8'))

/** Whether some file has the code whole, or its last part beside a file that puts it behind the others. */
function isProduced(code: string): boolean {
  const end = code.lastIndexOf('.') + 1
  const isPutTogether = sources.some((text) => text.includes(`finding(\`${code.slice(0, end)}\${`))
  return sources.some((text) => text.includes(`'${code}'`) || (isPutTogether && text.includes(`'${code.slice(end)}'`)))
}

for (const code of Object.keys(statusCodes)) {
  const reason = NEVER[code]
  test(reason === undefined ? `${code} is found by some rule` : `${code}: never, since ${reason}`, (t: TestContext) => {
    t.assert.equal(isProduced(code), reason === undefined)
  })
}

test('a finding has the kind of its code, and its explanation unless there is a better one', (t: TestContext) => {
  t.assert.deepEqual(finding('assertion.dataHash.match', 'self#jumbf=/c2pa'), {
    code: 'assertion.dataHash.match',
    kind: 'success',
    url: 'self#jumbf=/c2pa',
    explanation: 'data hash valid',
  })
  t.assert.equal(finding('general.error', '', 'because').explanation, 'because')
  t.assert.ok(hasFailure([finding('claim.missing', '')]))
  t.assert.ok(!hasFailure([finding('timeStamp.untrusted', '')]))
})
