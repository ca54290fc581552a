/** What players and viewers make of a file: the judges of whether signing left its content as it was. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Whether a program is installed. */
export function isInstalled(program: string): boolean {
  return spawnSync(program, ['-version'], { stdio: 'ignore' }).error === undefined
}

/** Runs a program with the name of a file of these bytes as its last argument but `behind`; gives what it says, and throws where it fails. */
export function judged(
  bytes: Uint8Array,
  suffix: string,
  [program, ...args]: readonly [string, ...string[]],
  behind: readonly string[] = [],
): string {
  const folder = mkdtempSync(join(tmpdir(), 'c2pa-judge-'))
  try {
    const file = join(folder, `file.${suffix}`)
    writeFileSync(file, bytes)
    const { status, stdout, stderr, error } = spawnSync(program, [...args, file, ...behind], { encoding: 'utf8' })
    if (error) throw error
    if (status !== 0) throw new Error(`${program}: ${status} ${stderr}`)
    return stdout + stderr
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The hash of every frame and sample that ffmpeg decodes; it fails at the first that is damaged. */
export function framesByFfmpeg(bytes: Uint8Array, suffix: string): string {
  const options = ['-v', 'error', '-xerror', '-err_detect', 'explode', '-i']
  return judged(bytes, suffix, ['ffmpeg', ...options], ['-f', 'framemd5', '-bitexact', '-'])
}
