import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { concatBytes, utf8Bytes } from '@countersign/codec'
import { bytesOf, walk } from '../../src/formats/asset.ts'
import type { Embedding } from '../../src/formats/asset-format.ts'
import { detectFormat } from '../../src/formats/detect.ts'
import { flac, mp3 } from '../../src/formats/mp3.ts'
import { sign } from '../../src/sign/sign.ts'
import { verify } from '../../src/verify/verify.ts'
import { failuresOf, readWithC2paRs } from '../c2pa-rs.ts'
import { credential, root, rootPem } from '../credential.ts'
import { framesByFfmpeg, isInstalled, judged } from '../decoders.ts'
import { survivesFlips } from '../malformed.ts'
import { outcomeOf, walkByBytes } from '../short-windows.ts'

const media = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../../../test/vectors/media/${name}`, import.meta.url)))
const inspect = (bytes: Uint8Array) => walk(bytes, mp3.inspect)
const audio = media('tone-untagged.mp3')
/** With much that unsynchronisation changes. */
const store = Uint8Array.from({ length: 500 }, (_, index) => (index % 4 === 0 ? 0xff : (index * 51) & 0xff))
const TEXTS = '\0application/c2pa\0c2pa\0c2pa manifest store\0'
const latin1 = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'))

/** A number in so many bytes, of so many bits each. */
function number(value: number, size: number, bits = 8): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => (value >> (bits * (size - 1 - index))) & (2 ** bits - 1))
}

function frame(version: number, id: string, content: Uint8Array, flags = 0): Uint8Array {
  const size = version === 2 ? number(content.length, 3) : number(content.length, 4, version === 4 ? 7 : 8)
  return concatBytes([utf8Bytes(id), size, version === 2 ? new Uint8Array() : number(flags, 2), content])
}

function tag(version: number, frames: readonly Uint8Array[], flags = 0): Uint8Array {
  const body = concatBytes(frames)
  return concatBytes([utf8Bytes('ID3'), Uint8Array.of(version, 0, flags), number(body.length, 4, 7), body])
}

function unsynchronised(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(
    [...bytes].flatMap((byte, at) =>
      byte === 0xff && ((bytes[at + 1] ?? 0) >= 0xe0 || !bytes[at + 1]) ? [byte, 0] : [byte],
    ),
  )
}

/** With a store in it, put together as `sign` does. */
function embedded(asset: Uint8Array, bytes = store): Uint8Array {
  const embedding = inspect(asset).embedding as Embedding
  const container = new Uint8Array(embedding.containerLength(bytes.length))
  embedding.writeContainer(container, 0, bytes)
  const { before, after } = embedding.surroundings(container.length)
  const head = concatBytes(before.map((part) => bytesOf(asset, part)))
  if (head.length !== embedding.position) throw new Error('what stands before is not as long as the position')
  return concatBytes([head, container, ...after.map((part) => bytesOf(asset, part))])
}

test('told by a tag, by fLaC, or by two frames of one kind', (t: TestContext) => {
  const told = (bytes: Uint8Array) => detectFormat(bytes.subarray(0, 4096))
  t.assert.equal(told(audio), 'audio/mpeg')
  t.assert.equal(told(media('tone-id3v23.mp3')), 'audio/mpeg')
  t.assert.equal(told(media('tone.flac')), 'audio/flac')
  t.assert.equal(told(concatBytes([tag(4, [frame(4, 'TIT2', utf8Bytes('\x03a'))]), media('tone.flac')])), 'audio/flac')
  // Layer II, 8 kbit at 24 kHz: 48 bytes a frame. Layer I, 32 kbit at 32 kHz: 48 as well.
  for (const [header, length] of [
    [[0xff, 0xf5, 0x14, 0xc0], 48],
    [[0xff, 0xff, 0x18, 0xc0], 48],
  ] as const) {
    const one = new Uint8Array(length)
    one.set(header)
    t.assert.equal(told(concatBytes([one, one])), 'audio/mpeg')
    t.assert.equal(told(one), 'audio/mpeg')
    t.assert.equal(told(concatBytes([one, one.subarray(1)])), undefined)
  }
  const adts = Uint8Array.of(0xff, 0xf1, 0x50, 0x80, 0x01, 0x7f, 0xfc)
  t.assert.equal(told(concatBytes([adts, adts])), undefined)
  for (const text of ['ID3\x05\0\0\0\0\0\0', 'ID3\x03\0\0\x80\0\0\0', 'ID3', 'ÿþa\0b\0', 'ÿû', 'fLa'])
    t.assert.equal(told(latin1(text)), undefined)
})

const title = utf8Bytes('\0A tone')
/** In UTF-16: its byte order mark is what unsynchronisation is for. */
const wide = latin1('\x01ÿþT\0o\0n\0e\0')

const tagged: readonly (readonly [string, Uint8Array, Uint8Array])[] = [
  ['no tag', new Uint8Array(), tag(3, [])],
  ['2.2', tag(2, [frame(2, 'TT2', title), new Uint8Array(9)]), tag(2, [frame(2, 'TT2', title)])],
  ['2.2, unsynchronised', tag(2, [unsynchronised(frame(2, 'TT2', wide))], 0x80), tag(2, [frame(2, 'TT2', wide)])],
  ['2.3', tag(3, [frame(3, 'TIT2', title), new Uint8Array(99)]), tag(3, [frame(3, 'TIT2', title)])],
  [
    '2.3, unsynchronised',
    tag(3, [unsynchronised(concatBytes([frame(3, 'TIT2', wide), frame(3, 'TPE1', title)]))], 0x80),
    tag(3, [frame(3, 'TIT2', wide), frame(3, 'TPE1', title)]),
  ],
  [
    '2.3 with an extended header',
    tag(3, [number(6, 4), number(0, 6), frame(3, 'TIT2', title)], 0x40),
    tag(3, [frame(3, 'TIT2', title)]),
  ],
  [
    '2.4, unsynchronised',
    tag(4, [frame(4, 'TIT2', unsynchronised(wide)), frame(4, 'TPE1', title, 0x4000)], 0x80),
    tag(4, [frame(4, 'TIT2', unsynchronised(wide), 2), frame(4, 'TPE1', title, 0x4002)]),
  ],
  [
    '2.4 with an extended header',
    tag(4, [number(6, 4, 7), Uint8Array.of(1, 0), frame(4, 'TIT2', title)], 0x40),
    tag(4, [frame(4, 'TIT2', title)]),
  ],
  [
    '2.4 with a footer',
    concatBytes([tag(4, [frame(4, 'TIT2', title)], 0x10), utf8Bytes('3DI\x04\0\x10'), number(17, 4, 7)]),
    tag(4, [frame(4, 'TIT2', title)]),
  ],
  [
    'frames before and behind an older store',
    tag(4, [
      frame(4, 'TIT2', title),
      frame(4, 'GEOB', latin1('\x03application/x-c2pa-manifest-store\0c2pa\0\0old')),
      frame(4, 'TPE1', title),
    ]),
    tag(4, [frame(4, 'TIT2', title), frame(4, 'TPE1', title)]),
  ],
  [
    'an object that is something else',
    tag(3, [frame(3, 'GEOB', latin1('\0text/plain\0a\0b\0c'))]),
    tag(3, [frame(3, 'GEOB', latin1('\0text/plain\0a\0b\0c'))]),
  ],
]

for (const [name, before, kept] of tagged)
  test(`the store is the last frame of the tag: ${name}`, (t: TestContext) => {
    const version = kept[3] as number
    const last = frame(version, version === 2 ? 'GEO' : 'GEOB', concatBytes([utf8Bytes(TEXTS), store]))
    const expected = concatBytes([tag(version, [kept.subarray(10), last]), audio])
    const signed = embedded(concatBytes([before, audio]))
    t.assert.deepEqual(signed, expected)
    const start = expected.length - audio.length - store.length
    t.assert.deepEqual(inspect(signed).manifestStore, { bytes: store, container: { start, length: store.length } })
    t.assert.deepEqual(embedded(embedded(signed, utf8Bytes('another'))), signed)
  })

test('a store is read by both its types, with names in UTF-16, and behind what flags put before it', (t: TestContext) => {
  const names = latin1('\x01Application/C2PA\0ÿþc\0\0\0ÿþ\0\0')
  const object = concatBytes([names, store])
  for (const [version, id, content, flags] of [
    [2, 'GEO', object, 0],
    [3, 'GEOB', object, 0],
    [3, 'GEOB', concatBytes([Uint8Array.of(7), object]), 0x20],
    [4, 'GEOB', concatBytes([Uint8Array.of(7), number(object.length, 4, 7), object]), 0x41],
  ] as const)
    t.assert.deepEqual(
      inspect(concatBytes([tag(version, [frame(version, id, content, flags)]), audio])).manifestStore?.bytes,
      store,
    )
  for (const unread of [
    frame(3, 'GEOB', latin1('\0application/c2pa')),
    frame(3, 'GEOB', concatBytes([names, store]), 0x80),
    frame(3, 'PRIV', object),
  ])
    t.assert.equal(inspect(concatBytes([tag(3, [unread]), audio])).manifestStore, undefined)
  const bare = latin1('\0application/c2pa\0\0\0')
  const doubled = concatBytes([bare, unsynchronised(store)])
  t.assert.ok(doubled.length > bare.length + store.length)
  const inFrame = concatBytes([tag(4, [frame(4, 'GEOB', doubled, 2)]), audio])
  const inTag = concatBytes([tag(3, [unsynchronised(frame(3, 'GEOB', concatBytes([bare, store])))], 0x80), audio])
  for (const asset of [inFrame, inTag]) {
    const { bytes, container } = inspect(asset).manifestStore ?? {}
    t.assert.deepEqual(bytes, store)
    t.assert.deepEqual(container, {
      start: asset.length - audio.length - unsynchronised(store).length,
      length: unsynchronised(store).length,
    })
  }
})

const manifest = frame(3, 'GEOB', concatBytes([utf8Bytes(TEXTS), store]))

const refused: readonly (readonly [string, readonly Uint8Array[], string, RegExp])[] = [
  ['two stores', [tag(3, [manifest, manifest]), audio], 'multiple_manifest_stores', /two C2PA/],
  ['a tag longer than the file', [tag(3, [manifest]).subarray(0, 200)], 'malformed_asset', /longer than the file/],
  [
    'a frame longer than the tag',
    [tag(3, [manifest.subarray(0, 99)]), audio],
    'malformed_asset',
    /inside its GEOB frame/,
  ],
  ['letters that are none', [tag(3, [frame(3, 'a\x01bc', title)]), audio], 'malformed_asset', /no frame at offset 10/],
  [
    'a size that is not synchsafe',
    [tag(4, [frame(3, 'TIT2', new Uint8Array(200))]), audio],
    'malformed_asset',
    /not synchsafe/,
  ],
  [
    'no frame of audio',
    [tag(3, [frame(3, 'TIT2', title)]), new Uint8Array(99)],
    'malformed_asset',
    /no frames of MPEG/,
  ],
  ['nothing behind the tag', [tag(3, [])], 'malformed_asset', /no frames of MPEG/],
  ['an extended header that is none', [tag(3, [number(90_000, 4)], 0x40), audio], 'malformed_asset', /extended header/],
  [
    'texts without end',
    [tag(3, [frame(3, 'GEOB', latin1('\x01application/c2pa\0a\0b'))]), audio],
    'malformed_asset',
    /without end/,
  ],
]

for (const [name, parts, code, message] of refused)
  test(`refused: ${name}`, (t: TestContext) => {
    t.assert.throws(() => inspect(concatBytes(parts)), { code, message })
  })

test('what is wrong with the sound beside a store is damage', (t: TestContext) => {
  const { manifestStore, damage } = inspect(concatBytes([tag(3, [manifest]), new Uint8Array(500)]))
  t.assert.deepEqual(manifestStore?.bytes, store)
  t.assert.match(damage?.message ?? '', /^The MP3 is damaged: it has no frames of MPEG audio\.$/)
  const stream = media('tone.flac')
  for (const length of [4, 20, 41, 100]) {
    t.assert.throws(() => inspect(stream.subarray(0, length)), { code: 'malformed_asset', message: /^The FLAC is/ })
    t.assert.match(inspect(concatBytes([tag(3, [manifest]), stream.subarray(0, length)])).damage?.message ?? '', /FLAC/)
  }
})

test('a tag has room for 256 megabytes, one of version 2.2 for a frame of 16', (t: TestContext) => {
  const lengthIn = (asset: Uint8Array, length: number) => inspect(asset).embedding?.containerLength(length)
  t.assert.equal(lengthIn(audio, 2 ** 27), 2 ** 27)
  t.assert.throws(() => lengthIn(audio, 2 ** 28 - 20), { code: 'too_large' })
  const old = concatBytes([tag(2, [frame(2, 'TT2', title)]), audio])
  t.assert.throws(() => lengthIn(old, 2 ** 24 - 20), { code: 'too_large' })
})

test('metadata: frames of text, and the comments of a FLAC', (t: TestContext) => {
  const texts = (asset: Uint8Array) => {
    const found: string[] = []
    walk(asset, function* (source) {
      yield* flac.metadata?.(source, ({ start, length }) => {
        found.push(Buffer.from(asset.subarray(start, start + length)).toString('latin1'))
        return true
      }) ?? []
    })
    return found
  }
  const frames = [frame(3, 'TIT2', title), frame(3, 'APIC', title), manifest, frame(3, 'PRIV', utf8Bytes('XMP\0<x/>'))]
  t.assert.deepEqual(texts(concatBytes([tag(3, frames), audio])), ['\0A tone', 'XMP\0<x/>'])
  t.assert.match(texts(media('tone.flac')).join(), /title=A tone/)
  t.assert.match(texts(embedded(media('tone.flac'))).join(), /title=A tone/)
})

test('whatever is cut off or changed is refused or read, and every window may be as short as can be', (t: TestContext) => {
  const metadata = (bytes: Uint8Array) =>
    walkByBytes(bytes, function* (source) {
      yield* mp3.metadata?.(source, () => true) ?? []
    })
  const parse = (bytes: Uint8Array) => {
    metadata(bytes)
    return walkByBytes(bytes, mp3.inspect)
  }
  const sound = audio.subarray(0, 400)
  const stream = media('tone.flac').subarray(0, 200)
  const short = frame(3, 'GEOB', concatBytes([utf8Bytes(TEXTS), store.subarray(0, 30)]))
  for (const asset of [
    concatBytes([tag(3, [frame(3, 'TIT2', title), short]), sound]),
    concatBytes([tag(3, [unsynchronised(short)], 0x80), sound]),
    concatBytes([tag(4, [frame(4, 'TIT2', title, 2)], 0xc0), sound]),
    stream,
  ]) {
    survivesFlips(asset, parse)
    for (let length = 0; length < asset.length; length++) {
      const bytes = asset.subarray(0, length)
      t.assert.equal(
        outcomeOf(() => parse(bytes)),
        outcomeOf(() => inspect(bytes)),
      )
    }
  }
})

const options = { ...(await credential()), claimGenerator: { name: 'Example' } }
const judge = { trust: [root.certificate.bytes], tsaTrust: [], now: new Date() }

for (const [name, before, kept] of tagged.filter(([name]) => !name.includes('older store')))
  test(`Trusted for us and c2pa-rs, and players and exiftool find what they found: ${name}`, async (t: TestContext) => {
    const plain = concatBytes([before, audio])
    const { asset, format } = await sign(plain, options)
    t.assert.equal((await verify(asset, judge)).state, 'Trusted')
    const report = await readWithC2paRs(asset, format, rootPem)
    t.assert.deepEqual(failuresOf(report), [])
    t.assert.equal(report.validation_state, 'Trusted')
    if (isInstalled('ffmpeg')) t.assert.equal(framesByFfmpeg(asset, 'mp3'), framesByFfmpeg(plain, 'mp3'))
    else t.diagnostic('ffmpeg is not installed')
    if (isInstalled('exiftool')) {
      // Of some tags it reads more when they are simpler than they were.
      const isTitled = /TIT2|TT2/.test(Buffer.from(kept).toString('latin1'))
      t.assert.match(judged(asset, 'mp3', ['exiftool', '-s3', '-Title']), isTitled ? /^(?:A tone|Tone)\n$/ : /^$/)
    } else t.diagnostic('exiftool is not installed')
    if (isInstalled('mpg123')) judged(asset, 'mp3', ['mpg123', '-q', '-t'])
    else t.diagnostic('mpg123 is not installed')
  })

test('flac decodes a signed file, and finds its checksum right', async (t: TestContext) => {
  if (!isInstalled('flac')) {
    t.skip('flac is not installed')
    return
  }
  const { asset } = await sign(media('tone.flac'), options)
  t.assert.match(judged(asset, 'flac', ['flac', '-t']), /ok/)
})
