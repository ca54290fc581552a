/** Validating a BMFF hash. C2PA 2.2 §15.12.2. */
import { equalBytes } from '@countersign/codec'
import type { HashAlgorithm } from '@countersign/pki'
import { C2paError } from '../c2pa-error.ts'
import { type CborValue, cborField } from '../cbor.ts'
import { hashParts, walk } from '../formats/asset.ts'
import type { ByteRange } from '../formats/asset-format.ts'
import { type Finding, finding } from '../report/finding.ts'
import { type Assertion, cborOf } from './assertions.ts'
import { type Exclusion, exclusionsOf, isMandatory } from './bmff-exclusions.ts'
import { flatFileProblem, fragmentsProblem } from './bmff-fragments.ts'
import { bmffMap, hashedParts, type RootBox } from './bmff-map.ts'
import { mediaDataProblem } from './bmff-media-data.ts'
import { type MerkleMap, merkleMapsOf, UNSUPPORTED } from './bmff-merkle.ts'
import { mismatch, type Problem } from './bmff-problem.ts'
import { strayOffsetProblem } from './bmff-stray-offsets.ts'
import { allowedHash } from './box-hashes.ts'
import type { Claim } from './claim.ts'
import { areMetadata } from './metadata-ranges.ts'
import type { Verification } from './verification.ts'

/** What a BMFF hash states. §18.6.3, `bmff-hash-map`. */
export type BmffHash = {
  readonly exclusions: readonly Exclusion[]
  readonly algorithm: HashAlgorithm
  readonly hash: Uint8Array | undefined
  readonly merkle: readonly MerkleMap[] | undefined
  /** Whether the place of each box of the first level is hashed: not in version 1, nor in trees beside a hash of the file. */
  readonly hasOffsets: boolean
}

const VERSION_1 = 'c2pa.hash.bmff'

/** Checks a `c2pa.hash.bmff` of any version against the asset and its fragments. */
export async function validateBmffHash(
  verification: Verification,
  claim: Claim,
  assertion: Assertion,
  findings: Finding[],
): Promise<void> {
  const { name, uri } = assertion
  // §18.6.1 has it ignored: it does not tell where media data are. Claims of its time had nothing else.
  if (name === VERSION_1 && claim.version !== 1) {
    findings.push(finding('claim.hardBindings.missing', claim.uri, `${VERSION_1} binds no claim of version 2`))
    return
  }
  const fields = cborOf(assertion)
  const stated = bmffHashOf(fields, claim, name)
  const explain = (why: string) => `asset hash error, name: ${text(cborField(fields, 'name'))}, error: ${why}`
  if (typeof stated === 'string') {
    const code = stated === UNSUPPORTED ? 'algorithm.unsupported' : 'assertion.bmffHash.malformed'
    findings.push(finding(code, uri, explain(stated)))
    return
  }
  if (stated.exclusions.some((exclusion) => !isMandatory(exclusion, stated.merkle !== undefined)))
    findings.push(finding('assertion.bmffHash.additionalExclusionsPresent', uri))
  const problem = await problemOf(verification, stated)
  findings.push(
    problem
      ? finding(`assertion.bmffHash.${problem.code}`, uri, explain(problem.why))
      : finding('assertion.bmffHash.match', uri),
  )
}

/** A text says what is wrong with it. */
function bmffHashOf(fields: CborValue, claim: Claim, name: string): BmffHash | string {
  const exclusions = exclusionsOf(cborField(fields, 'exclusions'))
  if (typeof exclusions === 'string') return exclusions
  const algorithmName = cborField(fields, 'alg') ?? claim.algorithm
  const algorithm = allowedHash(typeof algorithmName === 'string' ? algorithmName : undefined)
  if (!algorithm) return UNSUPPORTED
  const hash = cborField(fields, 'hash') ?? undefined
  if (hash !== undefined && !(hash instanceof Uint8Array)) return 'the hash is none'
  const trees = cborField(fields, 'merkle') ?? undefined
  const merkle = trees === undefined ? undefined : merkleMapsOf(trees, algorithmName)
  if (typeof merkle === 'string') return merkle
  return { exclusions, algorithm, hash, merkle, hasOffsets: name !== VERSION_1 }
}

async function problemOf(verification: Verification, stated: BmffHash): Promise<Problem | undefined> {
  try {
    return await problemWith(verification, stated)
  } catch (error) {
    if (error instanceof C2paError && error.code !== 'unreadable_asset') return mismatch(error.message)
    throw error
  }
}

async function problemWith(verification: Verification, stated: BmffHash): Promise<Problem | undefined> {
  const { asset } = verification
  const boxes = await walk(asset, (source) => bmffMap(source, stated.exclusions))
  return (await contentProblem(verification, boxes, stated)) ?? (await strayOffsetProblem(asset, boxes))
}

async function contentProblem(
  { asset, format, fragments }: Verification,
  boxes: readonly RootBox[],
  { exclusions, algorithm, hash, merkle, hasOffsets }: BmffHash,
): Promise<Problem | undefined> {
  if (hash && !equalBytes(hash, await hashParts(asset, hashedParts(boxes, hasOffsets), algorithm)))
    return mismatch('hash verification( BMFF file level hash mismatch )')
  if (!merkle && fragments.length > 0) return mismatch('no Merkle tree binds the fragments')
  if (!merkle && !hash) return mismatch('there is no hash')
  if (!merkle) {
    const areBound = await walk(asset, (source) => areMetadata(format, source, leftOutOf(boxes)))
    return areBound ? undefined : mismatch('media data are not hashed')
  }
  // The hash of the file tells already where the boxes are.
  const trees = { exclusions, merkle, hasOffsets: hasOffsets && !hash }
  if (fragments.length > 0) return fragmentsProblem(asset, boxes, fragments, trees)
  if (boxes.some(({ type }) => type === 'moof')) return flatFileProblem(asset, boxes, trees)
  if (!hash) return mismatch('the fragments are missing')
  return mediaDataProblem(asset, boxes, merkle)
}

/** What of media data is left out: without a Merkle tree nothing binds it. */
function leftOutOf(boxes: readonly RootBox[]): ByteRange[] {
  return boxes
    .filter(({ type }) => type === 'mdat')
    .flatMap(({ start, end, excluded }) => excluded ?? [{ start, length: end - start }])
}

function text(value: CborValue): string {
  return typeof value === 'string' ? value : 'none'
}
