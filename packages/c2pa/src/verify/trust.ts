/** Anchors and the paths to them. C2PA 2.2 §14.4. Certificates and paths seen before are kept, since asset after asset comes from one signer. */
import { concatBytes, encodeHex } from '@countersign/codec'
import { Certificate, digest, equalCertificates, equalNames, type PathResult, validatePath } from '@countersign/pki'

const MOST_KEPT = 256
/** Real certificates are shorter; strangers send others, and those are not to fill the memory. */
const LONGEST_KEPT = 16_384

/** Keeps the newest entries only. */
function keep<V>(map: Map<string, V>, key: string, value: V): void {
  if (map.size >= MOST_KEPT) map.delete(map.keys().next().value as string)
  map.set(key, value)
}

const certificates = new Map<string, Certificate>()

/** Certificate.decode, which remembers. */
export function decodeCertificate(bytes: Uint8Array): Certificate {
  return remembered(bytes, fingerprint(bytes))
}

function remembered(bytes: Uint8Array, key: string): Certificate {
  const known = certificates.get(key)
  if (known) return known
  // A copy, so that the asset that the bytes stand in is not kept with them.
  const certificate = Certificate.decode(bytes.slice())
  if (bytes.length <= LONGEST_KEPT) keep(certificates, key, certificate)
  return certificate
}

function fingerprint(bytes: Uint8Array): string {
  return encodeHex(digest('sha256', bytes))
}

const lists = new WeakMap<
  readonly Uint8Array[],
  { readonly members: readonly Uint8Array[]; readonly list: readonly Certificate[] }
>()

/** Certificates of a list of DER, decoded once while the list stays as it is. Throws PkiError. */
export function decodeCertificates(list: readonly Uint8Array[]): readonly Certificate[] {
  const known = lists.get(list)
  if (known && known.members.length === list.length && known.members.every((bytes, index) => bytes === list[index]))
    return known.list
  const decoded = list.length <= MOST_IN_SHORT_LIST ? shortList(list) : list.map((bytes) => Certificate.decode(bytes))
  lists.set(list, { members: [...list], list: decoded })
  return decoded
}

/** Longer ones are not made anew for each asset. */
const MOST_IN_SHORT_LIST = 8
const shortLists = new Map<string, readonly Certificate[]>()

/** A list by its contents: many callers write a new array for each asset. */
function shortList(list: readonly Uint8Array[]): readonly Certificate[] {
  const keys = list.map(fingerprint)
  const key = keys.join(' ')
  const known = shortLists.get(key)
  if (known) return known
  const decoded = list.map((bytes, index) => remembered(bytes, keys[index] as string))
  if (list.every(({ length }) => length <= LONGEST_KEPT)) keep(shortLists, key, decoded)
  return decoded
}

type Found = { readonly result: PathResult & { valid: true }; readonly notBefore: number; readonly notAfter: number }

const paths = new WeakMap<readonly Certificate[], Map<string, Found>>()

/** Like validatePath, but that the chain has to be in order (RFC 9360 §2), and that the profile judges the leaf's key (§14.5.1). A path once found holds for every moment at which all of its certificates are valid: nothing else in it depends on time. */
export async function findPath(
  [leaf, ...intermediates]: readonly [Certificate, ...Certificate[]],
  anchors: readonly Certificate[],
  purpose: readonly string[],
  at: Date,
): Promise<PathResult> {
  let known = paths.get(anchors)
  if (!known) {
    known = new Map()
    paths.set(anchors, known)
  }
  const key = `${purpose.join(' ')} ${encodeHex(digest('sha256', concatBytes([leaf, ...intermediates].map(({ bytes }) => bytes))))}`
  const found = known.get(key)
  if (found && found.notBefore <= at.getTime() && at.getTime() <= found.notAfter) return found.result
  // An anchor issues: what signs claims itself is trusted by the allow-list alone (§14.4.3).
  const misplaced = intermediates.find(
    ({ subject }, index) => !equalNames(([leaf, ...intermediates][index] as Certificate).issuer, subject),
  )
  if (misplaced) {
    const reason = 'the certificates are not in order, each followed by that of its issuer'
    return { valid: false, code: 'untrusted', reason, certificate: misplaced }
  }
  const result = await validatePath({
    leaf,
    intermediates,
    anchors: without(anchors, leaf),
    at,
    purpose,
    anyLeafKey: true,
  })
  if (result.valid) {
    const notBefore = Math.max(...result.path.map((certificate) => certificate.notBefore.getTime()))
    const notAfter = Math.min(...result.path.map((certificate) => certificate.notAfter.getTime()))
    keep(known, key, { result, notBefore, notAfter })
  }
  return result
}

function without(anchors: readonly Certificate[], leaf: Certificate): readonly Certificate[] {
  return anchors.some((anchor) => equalCertificates(anchor, leaf))
    ? anchors.filter((anchor) => !equalCertificates(anchor, leaf))
    : anchors
}
