/** src/api.ts is what the API's document makes of it. */
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { run } from '../../../test/command.ts'
import { ROOT, readText } from '../../../test/repository.ts'
import { VERSION } from '../src/version.ts'

test('every operation of the document has its function, as it is now', async (t: TestContext) => {
  const { status, stderr } = await run(process.execPath, [join(ROOT, 'scripts/generate.ts'), '--check'])
  t.assert.equal(status, 0, stderr)
})

test('the version is that of the package', (t: TestContext) => {
  t.assert.equal(VERSION, JSON.parse(readText('packages/sdk/package.json')).version)
})
