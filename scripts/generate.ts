// Writes what is made from the OpenAPI document of a started platform: the functions of the SDK. With --check it only
// says whether they are what the document makes of them.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startPlatform } from '../test/platform.ts'
import { environment, root } from './environment.js'
import { sdkSource } from './sdk-source.ts'

const PATH = 'packages/sdk/src/api.ts'

function formatted(source: string): string {
  const biome = spawnSync('biome', ['format', `--stdin-file-path=${PATH}`], {
    cwd: root,
    env: environment,
    input: source,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  if (biome.status !== 0) throw new Error(`The source of the SDK can't be formatted:\n${biome.stderr}`)
  return biome.stdout
}

const platform = await startPlatform()
try {
  const document = await platform.request('api', '/openapi.json')
  const source = formatted(sdkSource(document.json()))
  const file = join(root, PATH)
  if (!process.argv.includes('--check')) writeFileSync(file, source)
  else if (readFileSync(file, 'utf8') !== source) {
    console.error(
      `${PATH} is not what the API's document makes of it: run "npm run generate", and commit what changed.`,
    )
    process.exitCode = 1
  }
} finally {
  await platform.remove()
}
