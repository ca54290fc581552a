import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'

const LABEL = 'EXPORTER-Channel-Binding'
const LENGTH = 32

/**
 * What tells a TLS connection from all others, known to both of its ends and to nobody else: tls-exporter of TLS 1.3
 * (RFC 9266 §2), tls-unique of TLS 1.2 (RFC 5929 §3), which is the first Finished message. Base64, RFC 7030 §3.5.
 */
export function channelBindingOf(socket: Socket): string | undefined {
  const secure = socket as TLSSocket
  if (secure.getProtocol() === 'TLSv1.3')
    return secure.exportKeyingMaterial(LENGTH, LABEL, Buffer.alloc(0)).toString('base64')
  // Of a session that is resumed the server's comes first.
  const first = secure.isSessionReused() ? secure.getFinished() : secure.getPeerFinished()
  return first?.toString('base64')
}
