/** `countersign serve` as a process of its own, to be killed. */
import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

export const FREE_PORTS = { COUNTERSIGN_PORT: '0', COUNTERSIGN_PKI_PORT: '0' }

const MAIN = fileURLToPath(new URL('../../cli/src/main.js', import.meta.url))

/** Starts it in a data folder on free ports. */
export function spawnServe(data: string, env: Readonly<Record<string, string>> = {}): ChildProcess {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('COUNTERSIGN_')))
  return spawn(process.execPath, [MAIN, 'serve'], {
    env: { ...clean, COUNTERSIGN_DATA: data, ...FREE_PORTS, COUNTERSIGN_LOG_LEVEL: 'fatal', ...env },
    stdio: 'ignore',
  })
}

/** Waits until something is so. */
export async function until(condition: () => boolean, withinMs = 60_000): Promise<void> {
  for (const end = Date.now() + withinMs; !condition(); await delay(2))
    if (Date.now() > end) throw new Error('waited too long')
}
