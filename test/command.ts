/** Command-line tools that judge what the platform makes: curl and OpenSSL. */
import { spawn, spawnSync } from 'node:child_process'

/** Whether a tool is there; a test that needs one prints the reason why it is skipped. */
export function missing(command: string): string | false {
  const isThere = spawnSync(command, ['--version'], { stdio: 'ignore' }).error === undefined
  return isThere ? false : `${command} is not on this machine`
}

export type Outcome = { readonly status: number | null; readonly stdout: string; readonly stderr: string }

/** Runs a command to its end without blocking: a platform of the same process tree must answer it meanwhile. */
export function run(command: string, args: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv } = {}) {
  return new Promise<Outcome>((resolve, reject) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (piece) => {
      stdout += piece
    })
    child.stderr.on('data', (piece) => {
      stderr += piece
    })
    child.on('error', reject)
    child.on('close', (status) => resolve({ status, stdout, stderr }))
  })
}
