/** Files to change: those of every corpus that is there, and each of test/vectors/media, signed. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { decodePem } from '@countersign/codec'
import { assetFormat } from '../../src/formats/detect.ts'
import { sign } from '../../src/sign/sign.ts'
import { type VerifyOptions, verify } from '../../src/verify/verify.ts'
import { credential, root } from '../credential.ts'
import { signedPdf } from '../formats/pdf-signed.ts'
import { inspect } from '../inspect.ts'

export type Subject = { readonly name: string; readonly asset: Uint8Array; readonly options: VerifyOptions }

const vectors = new URL('../../../../test/vectors/', import.meta.url)
export const shared: URL = new URL('../../../../../shared/c2pa-corpus/', import.meta.url)
const read = (file: URL): Uint8Array => new Uint8Array(readFileSync(file))

function filesIn(folder: URL, base = folder): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const url = new URL(entry.isDirectory() ? `${entry.name}/` : encodeURIComponent(entry.name), folder)
    if (entry.isDirectory()) return entry.name === 'trust' ? [] : filesIn(url, base)
    return [decodeURIComponent(url.pathname.slice(base.pathname.length))]
  })
}

function anchorsIn(folder: URL): Uint8Array[] {
  return readdirSync(folder).flatMap((name) =>
    decodePem(readFileSync(new URL(name, folder), 'utf8')).map(({ bytes }) => bytes),
  )
}

/** The files of one corpus whose format is known; none where its folder is absent. */
export function corpusSubjects(folder: URL): Subject[] {
  if (!existsSync(folder)) return []
  const anchors = anchorsIn(new URL('trust/', folder))
  const options = { trust: anchors, tsaTrust: anchors, now: new Date('2026-11-23T00:00:00Z') }
  return filesIn(folder).flatMap((name) => {
    const asset = read(new URL(name, folder))
    return assetFormat(asset) ? [{ name, asset, options }] : []
  })
}

/** Of this repository. */
export function vectorSubjects(): Subject[] {
  return corpusSubjects(new URL('c2pa/', vectors))
}

/** The media of this repository, signed here: as they are, and with a parent inside. And PDFs, which are only read. */
export async function signedSubjects(): Promise<Subject[]> {
  const signer = await credential()
  const options = { trust: [root.certificate.bytes], tsaTrust: [], now: new Date() }
  const media = new URL('media/', vectors)
  const subjects: Subject[] = []
  for (const name of filesIn(media)) {
    const original = read(new URL(name, media))
    if (!canBeSigned(original)) continue
    const signOptions = {
      ...signer,
      claimGenerator: { name: 'Example' },
      verifyParent: (asset: never) => verify(asset, options),
    }
    const once = await sign(original, signOptions as never)
    const twice = await sign(once.asset, signOptions as never)
    subjects.push({ name, asset: once.asset, options }, { name: `${name}, signed twice`, asset: twice.asset, options })
  }
  for (const kind of ['table', 'stream', 'object streams'] as const)
    subjects.push({ name: `a PDF, cross-references as ${kind}`, asset: await signedPdf(kind), options })
  return subjects
}

function canBeSigned(asset: Uint8Array): boolean {
  try {
    const layout = inspect(asset)
    return layout?.embedding !== undefined && !layout.damage
  } catch {
    return false
  }
}
