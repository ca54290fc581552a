/** What c2pa-rs writes for manifests that stand elsewhere, in every format that it and this package know. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { detectFormat } from '../../src/formats/detect.ts'
import { verify } from '../../src/verify/verify.ts'
import { c2paRsBuilder, c2paRsSigner } from '../c2pa-rs-signer.ts'
import { root } from '../credential.ts'
import { MemoryBlob } from '../memory-blob.ts'
import { noise } from '../pictures.ts'

const URL_OF_STORE = 'https://example.com/store.c2pa'

/** The asset without a store, and the store; with a URL in it where there is one. */
async function signedApart(asset: Uint8Array, format: string, url: string | undefined) {
  const builder = c2paRsBuilder()
  try {
    builder.setNoEmbed(true)
    if (url !== undefined) builder.setRemoteUrl(url)
    const signed = await builder.signAndGetManifestBytes(c2paRsSigner, [], format, new MemoryBlob(asset))
    return signed as { readonly asset: Uint8Array; readonly manifest: Uint8Array }
  } finally {
    builder.free()
  }
}

/** A short file that ffmpeg makes; undefined where it is not installed or can't. */
function byFfmpeg(extension: string, ...args: readonly string[]): Uint8Array | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-remote-'))
  const file = join(folder, `file.${extension}`)
  try {
    const { status } = spawnSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', ...args, '-y', file])
    return status === 0 ? new Uint8Array(readFileSync(file)) : undefined
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const picture = (): ReturnType<typeof noise> => noise(32, 32)
const SOUND = ['-i', 'sine=duration=0.1']
const VIDEO = ['-i', 'testsrc=duration=0.2:size=64x64:rate=10']
const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0h9v9z"/></svg>'

const FILES: readonly (readonly [format: string, file: Uint8Array | undefined])[] = [
  ['image/jpeg', await picture().jpeg().toBuffer()],
  ['image/png', await picture().png().toBuffer()],
  ['image/webp', await picture().webp().toBuffer()],
  ['image/gif', await picture().gif().toBuffer()],
  ['image/tiff', await picture().tiff().toBuffer()],
  ['image/avif', await picture().avif().toBuffer()],
  ['image/svg+xml', Buffer.from(svg)],
  ['audio/wav', byFfmpeg('wav', ...SOUND)],
  ['audio/mpeg', byFfmpeg('mp3', ...SOUND)],
  ['audio/flac', byFfmpeg('flac', ...SOUND)],
  ['video/avi', byFfmpeg('avi', ...VIDEO)],
  ['video/mp4', byFfmpeg('mp4', ...VIDEO)],
  ['audio/mp4', byFfmpeg('m4a', ...SOUND)],
  ['video/quicktime', byFfmpeg('mov', ...VIDEO)],
]

for (const [format, file] of FILES)
  test(`a ${format} signed by c2pa-rs, its store elsewhere`, async (t: TestContext) => {
    if (!file) return t.skip('ffmpeg is not installed, and is what makes the file')
    if (!detectFormat(file)) return t.skip(`${format} is not read here`)
    const options = { trust: [root.certificate.bytes], tsaTrust: [], now: new Date() }
    const beside = await signedApart(file, format, undefined)
    const sidecar = await verify(beside.asset, { ...options, manifestStore: beside.manifest })
    t.assert.deepEqual(
      sidecar.findings.filter(({ kind }) => kind === 'failure'),
      [],
    )
    t.assert.equal(sidecar.state, 'Trusted')
    let remote: Awaited<ReturnType<typeof signedApart>>
    try {
      remote = await signedApart(file, format, URL_OF_STORE)
    } catch (error) {
      return t.skip(`c2pa-rs names no store in a ${format}: ${error}`)
    }
    const asked: string[] = []
    const manifestStore = async (url: string): Promise<Uint8Array> => {
      asked.push(url)
      return remote.manifest
    }
    const report = await verify(remote.asset, { ...options, fetchers: { manifestStore } })
    t.assert.deepEqual(asked, [URL_OF_STORE])
    t.assert.deepEqual(
      report.findings.filter(({ kind }) => kind === 'failure'),
      [],
    )
    t.assert.equal(report.state, 'Trusted')
  })
