// Installs what the lock file names and node_modules lacks. Runs before every other script, on whatever Node the
// machine has (20 or newer), so it is plain JavaScript without dependencies.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { environment, root } from './environment.js'

/** @param {string} file */
const packagesOf = (file) => JSON.parse(readFileSync(file, 'utf8')).packages

/** Whether node_modules holds just what the lock file says (npm keeps its own copy of the lock there). */
function isInstalled() {
  const installed = `${root}node_modules/.package-lock.json`
  if (!existsSync(installed)) return false
  // A link that leads to where the command was once is none.
  if (!existsSync(`${root}node_modules/.bin/countersign`)) return false
  const present = packagesOf(installed)
  return Object.entries(packagesOf(`${root}package-lock.json`)).every(([path, wanted]) => {
    if (path === '' || !path.includes('node_modules/')) return true
    if (wanted.link) return existsSync(root + path)
    // Optional ones are for other machines, unless they are there.
    if (wanted.optional && !present[path]) return true
    return wanted.version === present[path]?.version
  })
}

if (!isInstalled()) {
  console.log('Installing what package-lock.json names (once; about a minute) …')
  // No dependency needs its install script, so none is run.
  const npm = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  })
  if (npm.status !== 0) process.exit(npm.status ?? 1)
}

// npm puts node_modules/.bin first on the PATH, where the platform package links its Node 24.
const node = spawnSync('node', ['--version'], {
  env: environment,
  encoding: 'utf8',
  shell: process.platform === 'win32',
})
const major = Number(/^v(\d+)/.exec(node.stdout ?? '')?.[1] ?? 0)
if (major < 24) {
  console.error(
    `Countersign needs Node 24. npm has no build of it for ${process.platform}-${process.arch}, and the machine's own is ${node.stdout?.trim() || 'missing'}: install Node 24 and try again.`,
  )
  process.exit(1)
}
