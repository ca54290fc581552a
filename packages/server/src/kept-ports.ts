/** Ports that were left to chance (0) are kept in the data folder: certificates and clients name them. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { replaceFile } from './quickstart-folder.ts'

export type Ports = { readonly port: number; readonly pkiPort: number }

/** The file that keeps them. */
export function portsFile(dataFolder: string): string {
  return join(dataFolder, 'ports.json')
}

/** For each port that is 0, the one that was taken before; 0 at the first start. */
export async function keptPorts(dataFolder: string, wanted: Ports): Promise<Ports> {
  let kept: Partial<Ports> = {}
  try {
    kept = JSON.parse(await readFile(portsFile(dataFolder), 'utf8')) as Partial<Ports>
  } catch {
    // Not kept yet.
  }
  return { port: wanted.port || numberOf(kept.port), pkiPort: wanted.pkiPort || numberOf(kept.pkiPort) }
}

function numberOf(port: unknown): number {
  return Number.isInteger(port) && (port as number) > 0 && (port as number) < 65536 ? (port as number) : 0
}

/** Keeps the ports that were taken for a 0. */
export async function keepPorts(dataFolder: string, wanted: Ports, taken: Ports): Promise<void> {
  if (wanted.port !== 0 && wanted.pkiPort !== 0) return
  const before = await keptPorts(dataFolder, { port: 0, pkiPort: 0 })
  const kept = {
    ...(wanted.port === 0 ? { port: taken.port } : before.port ? { port: before.port } : {}),
    ...(wanted.pkiPort === 0 ? { pkiPort: taken.pkiPort } : before.pkiPort ? { pkiPort: before.pkiPort } : {}),
  }
  await replaceFile(portsFile(dataFolder), `${JSON.stringify(kept)}\n`)
}
