/** A real TLS server that answers as a test wants: late, wrong, or never. */
import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { extensions } from '@countersign/pki'
import { selfSigned } from './identity.ts'

export type TlsServer = {
  readonly url: string
  readonly ca: string
  /** How many connections were made. */
  connections(): number
  stop(): Promise<void>
}

export async function startTlsServer(listener: RequestListener): Promise<TlsServer> {
  const name = extensions.subjectAlternativeName([{ type: 'dNSName', value: 'server.localhost' }])
  const { cert: ca, key } = await selfSigned('A server', [name])
  const server: Server = createServer({ cert: ca, key }, listener)
  let connections = 0
  server.on('secureConnection', () => {
    connections += 1
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `https://server.localhost:${port}`,
    ca,
    connections: () => connections,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
