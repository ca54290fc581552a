import { type TestContext, test } from 'node:test'
import { acceptsFile } from '../../src/http/accept.ts'

test('the file itself is answered only where it is preferred to JSON', (t: TestContext) => {
  for (const accept of [
    'image/png',
    'image/jpeg',
    'image/*',
    'image/webp',
    'video/mp4',
    'audio/*',
    'application/octet-stream',
    'text/html,image/avif,image/webp,*/*;q=0.8',
    'IMAGE/JPEG',
    'image/png, */*;q=0.8',
    'application/json;q=0.5, image/jpeg',
    'image/jpeg, application/json;q=0',
  ]) {
    t.assert.equal(acceptsFile(accept), true, accept)
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
    'image/png;q=x',
    ';;,,',
  ]) {
    t.assert.equal(acceptsFile(accept), false, accept)
  }
})
