/** Validating a collection data hash: the files beside a manifest, each by its own hash. C2PA 2.2 §15.12.5 and §18.8. */
import { equalBytes } from '@countersign/codec'
import { type CborValue, cborField } from '../cbor.ts'
import { type Asset, hashParts, lengthOf } from '../formats/asset.ts'
import { sidecar } from '../formats/sidecar.ts'
import { type Finding, finding } from '../report/finding.ts'
import { type Assertion, cborOf } from './assertions.ts'
import { allowedHash } from './box-hashes.ts'
import type { Verification } from './verification.ts'

type Member = { readonly uri: string; readonly hash: Uint8Array }

const MOST_FILES = 100_000

/** Checks a `c2pa.hash.collection.data` against the files that the caller has of the collection. */
export async function validateCollectionHash(
  { format, collection }: Verification,
  assertion: Assertion,
  findings: Finding[],
): Promise<void> {
  const { uri } = assertion
  const reject = (code: 'malformed' | 'invalidURI' | 'mismatch' | 'incorrectFileCount', why: string) => {
    findings.push(finding(`assertion.collectionHash.${code}`, uri, why))
  }
  const fields = cborOf(assertion)
  const members = membersOf(cborField(fields, 'uris'))
  const algorithmName = cborField(fields, 'alg')
  if (typeof members === 'string') return reject('malformed', members)
  if (typeof algorithmName !== 'string') return reject('malformed', 'there is no algorithm')
  const algorithm = allowedHash(algorithmName)
  if (!algorithm) {
    findings.push(finding('algorithm.unsupported', uri, `hash ${algorithmName} is not allowed`))
    return
  }
  const outside = members.find((member) => !staysInside(member.uri))
  if (outside) return reject('invalidURI', `${outside.uri} leads out of the collection`)
  // Whatever holds such a manifest inside is no file of the collection, and may be changed at will.
  if (format !== sidecar)
    return reject('mismatch', 'a collection hash says nothing of the asset that its manifest is in')
  // A ZIP file would have one, and is no asset here.
  if (cborField(fields, 'zip_central_directory_hash') !== undefined)
    return reject('mismatch', 'there is no central directory of a ZIP file')
  const hashes = new Map<string, Uint8Array>()
  for (const member of members) {
    const file = collection.get(member.uri)
    if (!file) return reject('incorrectFileCount', `${member.uri} is not there`)
    const hash = hashes.get(member.uri) ?? (await hashParts(file, whole(file), algorithm))
    hashes.set(member.uri, hash)
    if (!equalBytes(hash, member.hash)) return reject('mismatch', `${member.uri} is not the file that was hashed`)
  }
  findings.push(finding('assertion.collectionHash.match', uri))
}

/** A text says what is wrong with them. */
function membersOf(value: CborValue): Member[] | string {
  if (!Array.isArray(value) || value.length === 0) return 'there are no files'
  if (value.length > MOST_FILES) return `more than ${MOST_FILES} files`
  const members: Member[] = []
  for (const item of value) {
    const uri = cborField(item, 'uri')
    const hash = cborField(item, 'hash')
    if (typeof uri !== 'string' || !(hash instanceof Uint8Array)) return 'a file without its URI or hash'
    members.push({ uri, hash })
  }
  return members
}

/** Whether a URI is relative, and no part of its path is `.`, `..` or empty, however it is written. §18.8.3. */
function staysInside(uri: string): boolean {
  if (/^[A-Za-z][A-Za-z0-9+.-]*:/.test(uri)) return false
  const parts = uri
    .replaceAll(/%2e/gi, '.')
    .replaceAll(/%2f|%5c|\\/gi, '/')
    .split('/')
  return parts.every((part) => part !== '' && part !== '.' && part !== '..')
}

function whole(file: Asset): readonly [{ readonly start: number; readonly length: number }] {
  return [{ start: 0, length: lengthOf(file) }]
}
