import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { Busboy } from '@fastify/busboy'
import { boundaryOf, createMultipartParser, MultipartError, type Part } from '../../src/http/multipart.ts'

const BOUNDARY = '----WebKitFormBoundary7MA4YWxkTrZu0gW'
type Read = { part: Part; content: string }

function read(pieces: readonly Uint8Array[], boundary = BOUNDARY, mostParts = 10): Read[] {
  const found: Read[] = []
  const parser = createMultipartParser(boundary, mostParts, (part) => {
    let content = ''
    return {
      data: (bytes) => {
        content += Buffer.from(bytes).toString('latin1')
      },
      end: () => void found.push({ part, content }),
    }
  })
  for (const piece of pieces) parser.write(Buffer.from(piece))
  parser.end()
  return found
}

const form = (...parts: readonly (readonly [string, string | Buffer])[]): Buffer =>
  Buffer.concat([
    ...parts.flatMap(([headers, content]) => [
      Buffer.from(`--${BOUNDARY}\r\n${headers}\r\n\r\n`),
      Buffer.from(content as string),
      Buffer.from('\r\n'),
    ]),
    Buffer.from(`--${BOUNDARY}--\r\n`),
  ])

const text = (name: string): string => `Content-Disposition: form-data; name="${name}"`
const file = (name: string, fileName: string): string =>
  `${text(name)}; filename="${fileName}"\r\nContent-Type: image/png`

// Content that looks like a delimiter for a while.
const tricky = `\r\n--${BOUNDARY.slice(0, -1)}\r\n--\r\r\n-`
const example = form(
  [text('hashAlgo'), 'SHA256'],
  [text('empty'), ''],
  [file('image', 'ü x.png'), Buffer.from(tricky + tricky)],
  [text('schemaField'), '\r\nauthor\r\n'],
)

test('the parts are the same in any two pieces, and in single bytes', (t: TestContext) => {
  const expected = read([example])
  t.assert.deepEqual(
    expected.map(({ part, content }) => [part.name, part.fileName, content]),
    [
      ['hashAlgo', undefined, 'SHA256'],
      ['empty', undefined, ''],
      ['image', 'ü x.png', tricky + tricky],
      ['schemaField', undefined, '\r\nauthor\r\n'],
    ],
  )
  for (let at = 0; at <= example.length; at++) {
    t.assert.deepEqual(read([example.subarray(0, at), example.subarray(at)]), expected, `cut at ${at}`)
  }
  t.assert.deepEqual(read([...example].map((byte) => Uint8Array.of(byte))), expected)
})

test('busboy reads the same', async (t: TestContext) => {
  for (let round = 0; round < 20; round++) {
    const content = Buffer.concat([randomBytes(1 + round * 997), Buffer.from('\r\n--'), randomBytes(round)])
    const whole = form([text('a'), 'b'], [file('image', 'x.png'), content], [text('c'), 'd'])
    const busboy = new Busboy({ headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` } })
    const theirs: string[] = []
    busboy.on('field', (name, value) => void theirs.push(name, value))
    busboy.on('file', (name, stream) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk) => chunks.push(chunk))
      stream.on('end', () => theirs.push(name, Buffer.concat(chunks).toString('latin1')))
    })
    busboy.end(whole)
    await once(busboy, 'finish')
    const ours = read([whole.subarray(0, 600), whole.subarray(600)]).flatMap(({ part, content: read }) => [
      part.name,
      read,
    ])
    t.assert.deepEqual(ours.toSorted(), theirs.toSorted())
  }
})

test('preamble, epilogue, padding and other spellings of headers are taken', (t: TestContext) => {
  const body = [
    'preamble, to be ignored\r\n',
    `--${BOUNDARY} \t\r\n`,
    'CONTENT-TYPE: Image/PNG; x=y\r\ncontent-disposition:attachment;  NAME=image; filename*=UTF-8\'\'%e2%82%ac.png; filename="no.png"\r\n\r\nx\r\n',
    `--${BOUNDARY}\r\n`,
    'Content-Disposition: form-data; name="a\\"b"; filename="C:\\\\p\\\\x.png"\r\n\r\ny\r\n',
    `--${BOUNDARY}--\r\nepilogue --${BOUNDARY}\r\n`,
  ].join('')
  t.assert.deepEqual(
    read([Buffer.from(body)]).map(({ part }) => part),
    [
      { name: 'image', fileName: '€.png', contentType: 'image/png' },
      { name: 'a"b', fileName: 'C:\\p\\x.png', contentType: undefined },
    ],
  )
})

test('a file name is read as browsers write it: three escapes, and every other percent sign for itself', async (t: TestContext) => {
  for (const name of ['a"b.jpg', 'one\r\ntwo.png', '100%25 sure%2f.jpg']) {
    const form = new FormData()
    form.append('image', new File(['x'], name))
    const request = new Request('http://x', { method: 'POST', body: form })
    const boundary = boundaryOf(request.headers.get('content-type') ?? '') as string
    const [file] = read([new Uint8Array(await request.arrayBuffer())], boundary)
    t.assert.equal(file?.part.fileName, name)
  }
})

test('every truncation is refused, and a byte changed never throws another error', (t: TestContext) => {
  const closing = example.lastIndexOf(`--${BOUNDARY}--`) + BOUNDARY.length + 4
  for (let length = 0; length < closing; length++) {
    t.assert.throws(() => read([example.subarray(0, length)]), MultipartError)
  }
  for (let at = 0; at < example.length; at++) {
    for (const value of [0, 10, 13, 0x22, 0x2d, 0xff]) {
      const bytes = Buffer.from(example)
      bytes[at] = value
      try {
        read([bytes])
      } catch (error) {
        if (!(error instanceof MultipartError)) throw error
      }
    }
  }
})

test('headers without end, too many parts, parts without a name and boundaries that go on are refused', (t: TestContext) => {
  t.assert.throws(() => read([Buffer.from(`--${BOUNDARY}\r\n${'X: y\r\n'.repeat(2_000)}`)]), { code: 'too_large' })
  t.assert.throws(() => read([form(...Array.from({ length: 11 }, () => [text('a'), 'b'] as const))]), {
    code: 'too_large',
  })
  for (const headers of [
    'X: y',
    'Content-Disposition: form-data',
    'Content-Disposition: inline; name="a"',
    text('a').replace('name', 'nom'),
  ]) {
    t.assert.throws(() => read([form([headers, 'x'])]), { code: 'malformed' })
  }
  t.assert.throws(() => read([Buffer.from(`--${BOUNDARY}x\r\n`)]), { code: 'malformed' })
  t.assert.throws(() => read([Buffer.from(`--${BOUNDARY}${' '.repeat(1_000)}`)]), { code: 'malformed' })
})

test('a boundary is read from any type, and only one that may be', (t: TestContext) => {
  for (const [type, boundary] of [
    ['multipart/form-data; boundary=abc', 'abc'],
    ['application/json; boundary=------------------------d7', '------------------------d7'],
    ['multipart/form-data; charset=utf-8; BOUNDARY="a b:c"', 'a b:c'],
    ['multipart/form-data', undefined],
    ['multipart/form-data; boundary=', undefined],
    ['multipart/form-data; boundary=""', undefined],
    [`multipart/form-data; boundary=${'a'.repeat(71)}`, undefined],
    ['multipart/form-data; boundary="a "', undefined],
  ] as const) {
    t.assert.equal(boundaryOf(type), boundary, type)
  }
})
