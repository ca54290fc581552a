import { encodePem } from '@countersign/codec'
import { issuerFor } from './domain/issuer.ts'
import type { ServiceIdentity } from './domain/service-identity.ts'
import type { World } from './domain/world.ts'
import type { TlsIdentity } from './http/tls-door.ts'

/** What the TLS port shows, and whose client certificates it asks for; in PEM, as Node takes it. */
export async function tlsIdentity(world: World, { certificate, chain, key }: ServiceIdentity): Promise<TlsIdentity> {
  const authorities = [
    await issuerFor(world, 'root'),
    await issuerFor(world, 'client-auth'),
    await issuerFor(world, 'device'),
  ]
  return {
    privateKey: encodePem('PRIVATE KEY', world.keys.privateKeyBytes(key)),
    chain: [certificate, ...chain].map(({ bytes }) => encodePem('CERTIFICATE', bytes)).join(''),
    clientAuthorities: authorities.map(({ authority }) => encodePem('CERTIFICATE', authority.certificate)),
  }
}
