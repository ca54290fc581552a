import { zipSync } from 'fflate'

/** Files in one, not compressed: keys and certificates don't get smaller. */
export function zipFile(files: Readonly<Record<string, Uint8Array>>, at: Date): Uint8Array {
  return zipSync({ ...files }, { level: 0, mtime: at })
}
