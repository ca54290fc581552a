/** OpenSSL as a judge: what it is given lies in a folder that goes with the process. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const version = spawnSync('openssl', ['version'], { encoding: 'utf8' }).stdout ?? ''

/** For the `skip` of a test: why it can't run here, false when it can. */
export const withoutOpenSsl: string | false = version.startsWith('OpenSSL 3') ? false : 'there is no OpenSSL 3 here'

const folder = mkdtempSync(join(tmpdir(), 'countersign-pki-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))

let count = 0

/** The path of a file with that content. */
export function file(content: Uint8Array | string): string {
  const path = join(folder, String(count++))
  writeFileSync(path, content)
  return path
}

/** The path of a file yet to be written. */
export function newPath(): string {
  return join(folder, String(count++))
}

/** All that OpenSSL printed, and whether it was content. */
export function openssl(...args: string[]): { readonly ok: boolean; readonly text: string } {
  const { status, stdout, stderr } = spawnSync('openssl', args, { encoding: 'latin1' })
  return { ok: status === 0, text: `${stdout}${stderr}` }
}
