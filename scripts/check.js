// Types, lint and format. The architecture has its own test, test/architecture.test.ts, run here too.
import { spawnSync } from 'node:child_process'
import { environment, root } from './environment.js'

/** @type {[string, string, string[]][]} */
const steps = [
  ['types', 'tsc', ['--project', 'tsconfig.json']],
  ['types of the libraries, each export saying its own', 'tsc', ['--project', 'tsconfig.libraries.json']],
  ['lint and format', 'biome', ['ci', '--error-on-warnings', '--colors=off', '.']],
  ['architecture', 'node', ['--test', '--test-reporter=dot', 'test/architecture.test.ts']],
  ['what is made from the OpenAPI document', 'node', ['scripts/generate.ts', '--check']],
]

const failed = steps.filter(([name, command, args]) => {
  console.log(`\n# ${name}`)
  const options = { cwd: root, env: environment, shell: process.platform === 'win32' }
  return spawnSync(command, args, { ...options, stdio: 'inherit' }).status !== 0
})

if (failed.length > 0) {
  console.error(`\nFailed: ${failed.map(([name]) => name).join(', ')}.`)
  process.exit(1)
}
