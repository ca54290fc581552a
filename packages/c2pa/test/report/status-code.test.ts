import { type TestContext, test } from 'node:test'
import { finding, hasFailure } from '../../src/report/finding.ts'
import { statusCodes } from '../../src/report/status-code.ts'

/** Codes beside the 86 of C2PA 2.2 §15.2.2. */
const BEYOND = ['assertion.dataHash.additionalExclusionsPresent', 'assertion.metadata.disallowed']

test('15 success, 10 informational and 61 failure codes of 2.2, and few beyond', (t: TestContext) => {
  const own = Object.entries(statusCodes).filter(([code]) => !BEYOND.includes(code) && !code.startsWith('cawg.'))
  const count = (kind: string) => own.filter(([, status]) => status.kind === kind).length
  t.assert.deepEqual([count('success'), count('informational'), count('failure')], [15, 10, 61])
  t.assert.equal(own.length, 86)
})

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
