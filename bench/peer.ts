/** The peers, which stand in a folder of their own: nothing of the workspace may come to depend on them. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'

const FOLDER = fileURLToPath(new URL('./peers/', import.meta.url))
const { resolve } = createRequire(`${FOLDER}package.json`)

/** A module of a peer. Peers have no types here: what they take is written as their documents say. */
// biome-ignore lint/suspicious/noExplicitAny: see above
export async function peer(specifier: string): Promise<any> {
  return import(entryOf(specifier))
}

/** The file of a peer that is not a module. */
export function peerFile(specifier: string): Buffer {
  return readFileSync(resolve(specifier))
}

/** The version that is installed. */
export function peerVersion(name: string): string {
  return JSON.parse(readFileSync(`${FOLDER}node_modules/${name}/package.json`, 'utf8')).version
}

/** createRequire looks for CommonJS entries; these packages have only modules. */
function entryOf(specifier: string): string {
  const [scope, name, ...rest] = specifier.split('/')
  const folder = `${FOLDER}node_modules/${scope}/${name}/`
  const manifest = JSON.parse(readFileSync(`${folder}package.json`, 'utf8'))
  const entry = manifest.exports?.[rest.length === 0 ? '.' : `./${rest.join('/')}`]
  return pathToFileURL(folder + (entry?.import ?? manifest.main)).href
}

/** Installs the peers, once, as their lock file has them. None needs its install script. Not `npm ci`: it gives up where a registry lacks an optional package of a peer. */
export function installPeers(): void {
  if (existsSync(`${FOLDER}node_modules/.package-lock.json`)) return
  console.log('Installing the peers to measure against (once) …')
  const { status } = spawnSync(
    'npm',
    ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
    {
      cwd: FOLDER,
      stdio: 'inherit',
      shell: process.platform === 'win32',
    },
  )
  if (status !== 0) throw new Error('the peers could not be installed')
}
