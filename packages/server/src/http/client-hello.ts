/** The first message of a TLS client, read only as far as telling the host it wants takes. RFC 8446 §4.1.2, RFC 6066 §3. */
export type ClientHello = {
  /** The host name that the client asks for, in lower case; undefined when it names none. */
  readonly serverName: string | undefined
}

/** What came is not the beginning of a TLS connection. */
export class ClientHelloError extends Error {
  readonly code: 'not_tls' | 'malformed' | 'too_large'
  constructor(code: ClientHelloError['code'], message: string) {
    super(message)
    this.name = 'ClientHelloError'
    this.code = code
  }
}

/** Takes what a client sends, piece by piece, until its hello is whole. */
export type ClientHelloReader = {
  /** Everything received so far: the TLS server must see it again. */
  received(): Buffer
  push(chunk: Uint8Array): ClientHello | undefined
}

const HANDSHAKE = 22
const CLIENT_HELLO = 1
const SERVER_NAME = 0
const HOST_NAME = 0
const MAX_RECORD = 2 ** 14

/**
 * Reads a ClientHello that may come in any number of TCP segments and TLS records. Each byte is looked at once, however
 * thin the pieces: a client that sends single bytes costs no more than its bytes.
 */
export function createClientHelloReader(maxBytes = 65_536): ClientHelloReader {
  let raw = Buffer.alloc(0)
  let rawLength = 0
  let nextRecord = 0
  let message = Buffer.alloc(0)
  let messageLength = 0

  return {
    received: () => raw.subarray(0, rawLength),
    push(chunk) {
      if (rawLength + chunk.length > maxBytes) throw new ClientHelloError('too_large', `more than ${maxBytes} bytes`)
      raw = append(raw, rawLength, chunk)
      rawLength += chunk.length
      if (raw[0] !== HANDSHAKE || (rawLength > 1 && raw[1] !== 3)) {
        throw new ClientHelloError('not_tls', 'no TLS handshake record')
      }
      while (rawLength - nextRecord >= 5) {
        if (raw[nextRecord] !== HANDSHAKE || raw[nextRecord + 1] !== 3) {
          throw new ClientHelloError('malformed', 'another record within the hello')
        }
        const length = raw.readUInt16BE(nextRecord + 3)
        // RFC 8446 §5.1: no empty handshake fragments, none over 2^14.
        if (length === 0 || length > MAX_RECORD) throw new ClientHelloError('malformed', `a record of ${length} bytes`)
        if (rawLength - nextRecord - 5 < length) return undefined
        message = append(message, messageLength, raw.subarray(nextRecord + 5, nextRecord + 5 + length))
        messageLength += length
        nextRecord += 5 + length
        if (message[0] !== CLIENT_HELLO) throw new ClientHelloError('malformed', 'the first message is no ClientHello')
        if (messageLength < 4) continue
        const size = message.readUIntBE(1, 3)
        if (size > maxBytes) throw new ClientHelloError('too_large', `a hello of ${size} bytes`)
        if (messageLength >= 4 + size) return decodeClientHello(message.subarray(4, 4 + size))
      }
      return undefined
    },
  }
}

function append(buffer: Buffer, length: number, chunk: Uint8Array): Buffer<ArrayBuffer> {
  let target = buffer as Buffer<ArrayBuffer>
  if (length + chunk.length > target.length) {
    target = Buffer.alloc(Math.max(1024, 2 * (length + chunk.length)))
    buffer.copy(target, 0, 0, length)
  }
  target.set(chunk, length)
  return target
}

/**
 *     struct { ProtocolVersion legacy_version; Random random; opaque legacy_session_id<0..32>;
 *       CipherSuite cipher_suites<2..2^16-2>; opaque legacy_compression_methods<1..2^8-1>;
 *       Extension extensions<8..2^16-1>; } ClientHello;
 */
export function decodeClientHello(body: Uint8Array): ClientHello {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  let at = 0
  const take = (length: number): Buffer => {
    if (length > bytes.length - at) throw new ClientHelloError('malformed', `truncated at byte ${at}`)
    at += length
    return bytes.subarray(at - length, at)
  }
  const vector = (lengthBytes: 1 | 2): Buffer => take(take(lengthBytes).readUIntBE(0, lengthBytes))

  take(2 + 32)
  if (vector(1).length > 32) throw new ClientHelloError('malformed', 'a session id of more than 32 bytes')
  vector(2)
  vector(1)
  // TLS 1.2 clients may leave the extensions out altogether.
  if (at === bytes.length) return { serverName: undefined }
  const end = take(2).readUInt16BE(0) + at
  if (end !== bytes.length) throw new ClientHelloError('malformed', 'the extensions do not end with the message')
  let serverName: string | undefined
  while (at < end) {
    const type = take(2).readUInt16BE(0)
    const value = vector(2)
    if (type !== SERVER_NAME) continue
    if (serverName !== undefined) throw new ClientHelloError('malformed', 'two server names')
    serverName = decodeServerName(value)
  }
  return { serverName }
}

/** `struct { NameType name_type; HostName<1..2^16-1>; } ServerName; ServerName server_name_list<1..2^16-1>`; the first host name. */
function decodeServerName(value: Buffer): string {
  if (value.length < 5 || value.readUInt16BE(0) !== value.length - 2 || value[2] !== HOST_NAME) {
    throw new ClientHelloError('malformed', 'no host name in the server name extension')
  }
  const length = value.readUInt16BE(3)
  if (length === 0 || length > value.length - 5)
    throw new ClientHelloError('malformed', 'a server name of a wrong length')
  return value.toString('latin1', 5, 5 + length).toLowerCase()
}
