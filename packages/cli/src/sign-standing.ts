/** What stands already where a signed file is to go. */
import { statSync } from 'node:fs'
import { type Report, verify } from '@countersign/c2pa'
import { withFile } from './asset-file.ts'
import type { FileToSign } from './sign-plan.ts'

/** Nothing; what signing gave earlier; or something else, and what. */
export type Standing =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'signed' }
  | { readonly kind: 'other'; readonly why: string }

/**
 * Judges by the file itself: it is what signing gave, and all of it, when it is not older than the file that was to be
 * signed, its Content Credentials verify to its last byte, and they are none that the file had before.
 */
export async function standingAt({ file, out, modifiedAt }: FileToSign): Promise<Standing> {
  // Faster than by a promise, of which a large folder needs many.
  const stats = statSync(out, { throwIfNoEntry: false })
  if (!stats) return { kind: 'nothing' }
  if (!stats.isFile()) return other('it is no file')
  if (stats.mtimeMs < modifiedAt) return other('it is older than what is to be signed')
  const report = await reportOn(out)
  const label = report.activeManifest
  if (label === undefined) return other('it has no Content Credentials')
  if (report.state === 'Invalid') return other('its Content Credentials do not hold')
  if ((await reportOn(file)).activeManifest === label) return other('it is the same as what is to be signed')
  return { kind: 'signed' }
}

function other(why: string): Standing {
  return { kind: 'other', why }
}

function reportOn(path: string): Promise<Report> {
  return withFile(path, (asset) => verify(asset, { trust: [], tsaTrust: [], now: new Date() }))
}
