/** The two ports, taken before anything is issued; nothing answers on them yet. */
import type { Config } from './config.ts'
import { type BoundPort, bindPort } from './http/bound-port.ts'
import { keepPorts, keptPorts, portsFile } from './kept-ports.ts'
import { StartError } from './start-error.ts'

export type BoundPorts = { readonly tls: BoundPort; readonly pki: BoundPort; release(): Promise<void> }

/** Takes both ports, or none. */
export async function bindPorts(config: Config): Promise<BoundPorts> {
  const wanted = await keptPorts(config.dataFolder, config)
  const tls = await bind(config, 'PORT', config.port, wanted.port)
  try {
    const pki = await bind(config, 'PKI_PORT', config.pkiPort, wanted.pkiPort)
    const release = async (): Promise<void> => {
      await Promise.all([tls.close(), pki.close()])
    }
    try {
      await keepPorts(config.dataFolder, config, { port: tls.port, pkiPort: pki.port })
    } catch (error) {
      await pki.close()
      throw error
    }
    return { tls, pki, release }
  } catch (error) {
    await tls.close()
    throw error
  }
}

async function bind(config: Config, setting: string, configured: number, port: number): Promise<BoundPort> {
  try {
    return await bindPort(config.host, port)
  } catch (cause) {
    throw new StartError(sentence(cause as NodeJS.ErrnoException, config, setting, configured, port), { cause })
  }
}

function sentence(
  { code, message }: NodeJS.ErrnoException,
  { host, dataFolder }: Config,
  setting: string,
  configured: number,
  port: number,
): string {
  const where = `Port ${port} on ${host}`
  if (code === 'EADDRINUSE')
    return configured === 0
      ? `${where} is in use. It was taken at the first start and is kept in ${portsFile(dataFolder)}, since certificates name it: stop what listens there.`
      : `${where} is in use: stop what listens there, or set COUNTERSIGN_${setting} to another one.`
  if (code === 'EACCES')
    return `${where} needs more rights than this process has: set COUNTERSIGN_${setting} to 1024 or above.`
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `COUNTERSIGN_HOST is ${host}, which is no address of this machine: 127.0.0.1 is, and 0.0.0.0 means all.`
  return `${where} can't be had: ${message}`
}
