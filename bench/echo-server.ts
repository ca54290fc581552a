/** What any server must do for a picture over mutual TLS: take the form apart, and send the file back. Nothing more. */
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Busboy } from '@fastify/busboy'

const folder = process.argv[2] ?? ''
const read = (name: string): Buffer => readFileSync(`${folder}/${name}`)

function fileOf(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = []
    const form = new Busboy({ headers: { ...request.headers, 'content-type': request.headers['content-type'] ?? '' } })
    form.on('file', (_name, stream) => stream.on('data', (piece: Buffer) => pieces.push(piece)))
    form.on('finish', () => resolve(Buffer.concat(pieces)))
    form.on('error', reject)
    request.pipe(form)
  })
}

const server = createServer(
  { key: read('key.pem'), cert: read('cert.pem'), ca: read('ca.pem'), requestCert: true, rejectUnauthorized: true },
  async (request, response) => {
    const file = await fileOf(request)
    response.writeHead(200, { 'content-type': 'image/jpeg', 'content-length': file.length })
    response.end(file)
  },
)
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port))
