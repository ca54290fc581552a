// Types, lint and format. The architecture has its own test, test/architecture.test.ts, run here too.
import { spawnSync } from 'node:child_process'

/** @type {[string, string, string[]][]} */
const steps = [
  ['types', 'tsc', ['--project', 'tsconfig.json']],
  ['lint and format', 'biome', ['ci', '--error-on-warnings', '.']],
  ['architecture', 'node', ['--test', '--test-reporter=dot', 'test/architecture.test.ts']],
]

for (const [name, command, args] of steps) {
  console.log(`\n# ${name}`)
  const { status } = spawnSync(command, args, { stdio: 'inherit', shell: process.platform === 'win32' })
  if (status !== 0) {
    console.error(`\nThe check of ${name} failed.`)
    process.exit(status ?? 1)
  }
}
