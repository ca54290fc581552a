import { type TestContext, test } from 'node:test'
import { type Reason, Refusal } from '../../src/domain/refusal.ts'
import { problemOf } from '../../src/http/problem.ts'

const refusal = (reason: Reason, code = 'some_code') => new Refusal(reason, code, 'A sentence.')

test("what is ours or an upstream's has the documented status, error and sentence", (t: TestContext) => {
  for (const [error, status, code, sentence] of [
    [
      new Error('secret'),
      500,
      'server_error',
      'An unexpected condition occurred on the server. Please try again later or contact support if the issue persists.',
    ],
    [
      refusal('upstream'),
      500,
      'Upstream service error',
      'The server received an invalid response from an upstream dependency. Please retry the request after some time.',
    ],
    [
      refusal('unavailable'),
      500,
      'temporarily_unavailable',
      'The service is temporarily unavailable due to maintenance or high load. Please try again after some time.',
    ],
    [
      refusal('timeout'),
      504,
      'request_timeout',
      'The server did not receive a timely response from an upstream service. Please retry your request later.',
    ],
    [refusal('invalid'), 400, 'invalid_request', 'A sentence.'],
    [refusal('too_large'), 413, 'invalid_request', 'A sentence.'],
    [refusal('forbidden'), 403, 'access_denied', 'A sentence.'],
  ] as const) {
    t.assert.deepEqual(problemOf(error, 'c2pa'), { status, body: { error: code, error_description: sentence } })
  }
})

test('the account API has its reasons as statuses', (t: TestContext) => {
  const expected = {
    invalid: 400,
    unauthenticated: 401,
    forbidden: 403,
    not_found: 404,
    conflict: 409,
    too_large: 413,
    too_slow: 408,
    rate_limited: 429,
    upstream: 502,
    unavailable: 503,
    timeout: 504,
  } as const
  for (const [reason, status] of Object.entries(expected)) {
    t.assert.deepEqual(problemOf(refusal(reason as Reason), 'account'), {
      status,
      body: { errors: [{ code: 'some_code', message: 'A sentence.' }] },
    })
  }
})

test('an unknown error says nothing of itself', (t: TestContext) => {
  for (const error of [
    new Error('secret'),
    new TypeError('secret'),
    'secret',
    undefined,
    null,
    { statusCode: 400, message: 'secret' },
  ]) {
    const problem = problemOf(error, 'account')
    t.assert.equal(problem.status, 500)
    t.assert.ok(!JSON.stringify(problem).includes('secret'))
  }
})

test('failed authentication has one body, whatever the API', (t: TestContext) => {
  for (const style of ['account', 'c2pa'] as const) {
    t.assert.equal(problemOf(refusal('unauthenticated', 'AUTHORIZATION_ERROR'), style).status, 403)
    t.assert.equal(problemOf(refusal('unauthenticated', 'invalid_api_key'), style).status, 401)
    t.assert.deepEqual(Object.keys(problemOf(refusal('unauthenticated'), style).body), ['errors'])
  }
})
