// Runs every test, or those of the paths given: npm test -- packages/codec
import { spawnSync } from 'node:child_process'

const paths = process.argv.slice(2)
const globs = (paths.length > 0 ? paths : ['packages', 'test']).map((path) =>
  path.endsWith('.ts') ? path : `${path.replace(/\/$/, '')}/**/*.test.ts`,
)
const { status } = spawnSync('node', ['--test', '--test-concurrency=2', '--test-timeout=240000', ...globs], {
  stdio: 'inherit',
  shell: process.platform === 'win32',
})
process.exit(status ?? 1)
