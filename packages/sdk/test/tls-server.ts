/** A real TLS server that answers as a test wants: late, wrong, or never. */
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { encodePem } from '@countersign/codec'
import { createSigner, extensions, name, randomSerialNumber, signCertificate } from '@countersign/pki'

export type TlsServer = {
  readonly url: string
  readonly ca: string
  /** How many connections were made. */
  connections(): number
  stop(): Promise<void>
}

export async function startTlsServer(listener: RequestListener): Promise<TlsServer> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signer = await createSigner('ES256', privateKey.export({ format: 'der', type: 'pkcs8' }))
  const subject = name({ CN: 'A server' })
  const certificate = await signCertificate(
    {
      serialNumber: randomSerialNumber(),
      issuer: subject,
      subject,
      notBefore: new Date(Date.now() - 3_600_000),
      notAfter: new Date(Date.now() + 86_400_000),
      publicKey: signer.publicKey,
      extensions: [extensions.subjectAlternativeName([{ type: 'dNSName', value: 'server.localhost' }])],
    },
    signer,
  )
  const ca = encodePem('CERTIFICATE', certificate)
  const key = privateKey.export({ format: 'pem', type: 'pkcs8' })
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
