/** `openssl verify` as a second judge of paths. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodePem } from '@countersign/codec'
import type { Certificate } from '../../src/index.ts'

/** Why OpenSSL can't be asked here; undefined when it can. */
export const opensslIsAbsent: string | undefined = (() => {
  try {
    const version = execFileSync('openssl', ['version'], { encoding: 'utf8' })
    return /^OpenSSL [3-9]/.test(version) ? undefined : `OpenSSL 3 is wanted, here is ${version.trim()}`
  } catch {
    return 'there is no openssl on this machine'
  }
})()

/** Whether OpenSSL finds a path. */
export function opensslVerifies(
  leaf: Certificate,
  intermediates: readonly Certificate[],
  anchors: readonly Certificate[],
  at: Date,
): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-verify-'))
  try {
    const file = (name: string, certificates: readonly Certificate[]): string => {
      const path = join(folder, name)
      writeFileSync(path, certificates.map(({ bytes }) => encodePem('CERTIFICATE', bytes)).join(''))
      return path
    }
    const seconds = String(Math.floor(at.getTime() / 1000))
    const untrusted = intermediates.length > 0 ? ['-untrusted', file('untrusted.pem', intermediates)] : []
    const { status } = spawnSync(
      'openssl',
      [
        ...['verify', '-partial_chain', '-attime', seconds, '-auth_level', '1', '-no-CApath', '-no-CAstore'],
        ...['-CAfile', file('anchors.pem', anchors), ...untrusted, file('leaf.pem', [leaf])],
      ],
      { stdio: 'ignore' },
    )
    return status === 0
  } finally {
    rmSync(folder, { recursive: true })
  }
}
