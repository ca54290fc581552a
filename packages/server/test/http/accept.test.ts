import { type TestContext, test } from 'node:test'
import { acceptedImage } from '../../src/http/accept.ts'

test('the image itself is answered only where it is preferred to JSON', (t: TestContext) => {
  for (const accept of [
    'image/png',
    'image/jpeg',
    'image/*',
    'IMAGE/JPEG',
    'image/png, */*;q=0.8',
    'application/json;q=0.5, image/jpeg',
    'image/jpeg, application/json;q=0',
  ]) {
    t.assert.equal(acceptedImage(accept), true, accept)
  }
  for (const accept of [
    undefined,
    '',
    '*/*',
    'application/json',
    'image/png;q=0.5, */*',
    'image/png, application/json',
    'text/html',
    'image/png;q=0',
    'image/webp',
    'image/png;q=x',
    ';;,,',
  ]) {
    t.assert.equal(acceptedImage(accept), false, accept)
  }
})
