/** Other programs' view of what is signed: exiftool finds the same metadata, and each format's own tools nothing wrong. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { sign } from '../../src/sign/sign.ts'
import { credential } from '../credential.ts'
import { isInstalled, judged } from '../decoders.ts'
import { samples } from './samples.ts'

const folder = mkdtempSync(join(tmpdir(), 'c2pa-readers-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const options = { ...(await credential('EdDSA')), claimGenerator: { name: 'Example' } }
const all = await Promise.all(
  (await samples()).map(async (sample) => ({ ...sample, signed: (await sign(sample.bytes, options)).asset })),
)

type Tags = { readonly [tag: string]: unknown }

/** What exiftool reads of each file of a folder, but for the file itself, the manifest store, and where things stand. */
function tagsByExiftool(name: string): Map<string, Tags> {
  const { stdout } = spawnSync('exiftool', ['-json', '-G1', '-n', '-ext', '*', join(folder, name)], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
  const files = JSON.parse(stdout) as (Tags & { SourceFile: string })[]
  return new Map(
    files.map(({ SourceFile, ...tags }) => [
      SourceFile.slice(SourceFile.lastIndexOf('/') + 1),
      Object.fromEntries(
        Object.entries(tags).filter(([tag]) => !/^(System|JUMBF|ExifTool|File|C2PA|CBOR|JSON)/.test(tag)),
      ),
    ]),
  )
}

/** Where things stand, and what exiftool reckons from the length of the file. */
const CHANGES = /^(Composite:(Duration|AvgBitrate)|RIFF:RIFFSize64)$|Offset/

test('exiftool reads the same metadata', {
  skip: isInstalled('exiftool') ? false : 'exiftool is not installed',
}, (t: TestContext) => {
  for (const kind of ['before', 'behind']) mkdirSync(join(folder, kind))
  for (const [index, { bytes, signed }] of all.entries()) {
    writeFileSync(join(folder, 'before', `${index}`), bytes)
    writeFileSync(join(folder, 'behind', `${index}`), signed)
  }
  const [before, behind] = [tagsByExiftool('before'), tagsByExiftool('behind')]
  t.assert.equal(before.size, all.length)
  const differences = all.flatMap(({ name }, index) => {
    const tags = behind.get(`${index}`) ?? {}
    return Object.entries(before.get(`${index}`) ?? {})
      .filter(([tag, value]) => !CHANGES.test(tag) && JSON.stringify(tags[tag]) !== JSON.stringify(value))
      .map(([tag, value]) => `${name}: ${tag} was ${value}, is ${tags[tag]}`)
  })
  t.assert.deepEqual(differences, [])
})

test('webpinfo finds no error in WebP', {
  skip: isInstalled('webpinfo') ? false : 'webpinfo is not installed',
}, (t: TestContext) => {
  for (const { signed } of all.filter(({ mediaType }) => mediaType === 'image/webp')) {
    const said = judged(signed, 'webp', ['webpinfo'])
    t.assert.match(said, /No error detected/)
  }
})

test('gifsicle finds the same frames in GIF, and no error', {
  skip: isInstalled('gifsicle') ? false : 'gifsicle is not installed',
}, (t: TestContext) => {
  const told = (bytes: Uint8Array) =>
    judged(bytes, 'gif', ['gifsicle', '--info']).replace(/^.*?file\.gif|^ *extensions \d+\n/gm, '')
  for (const { bytes, signed } of all.filter(({ mediaType }) => mediaType === 'image/gif'))
    t.assert.equal(told(signed), told(bytes))
})
