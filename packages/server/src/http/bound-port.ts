import { createServer, type Socket } from 'node:net'

/** A TCP port that is taken already, before there is anything to serve on it. */
export type BoundPort = {
  readonly port: number
  /** From now on `listener` gets each connection; until then they are closed at once. */
  accept(listener: (socket: Socket) => void): void
  /** Stops accepting; connections that were handed out stay. */
  close(): Promise<void>
}

/** Takes a port; 0 takes a free one. Fails with the system's error when it is taken. */
export async function bindPort(host: string, port: number): Promise<BoundPort> {
  let listener: (socket: Socket) => void = (socket) => void socket.destroy()
  const server = createServer({ noDelay: true }, (socket) => listener(socket))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, 1024, () => {
      server.off('error', reject)
      resolve()
    })
  })
  // Running out of file descriptors while accepting must not end the process.
  server.on('error', () => {})
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : port,
    accept(next) {
      listener = next
    },
    close: () => new Promise((resolve) => void (server.listening ? server.close(() => resolve()) : resolve())),
  }
}
