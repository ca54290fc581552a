/** Validating a data hash. C2PA 2.2 §15.12.1. */
import { equalBytes } from '@countersign/codec'
import { type CborValue, cborField } from '../cbor.ts'
import { hashParts, lengthOf, walk } from '../formats/asset.ts'
import type { ByteRange } from '../formats/asset-format.ts'
import { type Finding, finding } from '../report/finding.ts'
import { type Assertion, cborOf } from './assertions.ts'
import { allowedHash } from './box-hashes.ts'
import type { Claim } from './claim.ts'
import { areOrdered, isNatural, rangesOutside } from './exclusions.ts'
import { areMetadata } from './metadata-ranges.ts'
import { usedPadding } from './padding.ts'
import type { Verification } from './verification.ts'

/** No generator needs more, and each costs a step of hashing. */
const MOST_EXCLUSIONS = 10_000

/** Checks a `c2pa.hash.data` against the asset. `isUpdated`: the store has grown since, by update manifests. */
export async function validateDataHash(
  { asset, format, container, store }: Verification,
  claim: Claim,
  assertion: Assertion,
  isUpdated: boolean,
  findings: Finding[],
): Promise<void> {
  const { uri } = assertion
  const fields = cborOf(assertion)
  const name = cborField(fields, 'name')
  const mismatch = (explanation: string) =>
    findings.push(
      finding('assertion.dataHash.mismatch', uri, `asset hash error, name: ${text(name)}, error: ${explanation}`),
    )
  const stated = exclusionsOf(cborField(fields, 'exclusions'))
  if (!stated) {
    findings.push(finding('assertion.dataHash.malformed', uri))
    return
  }
  const isNamed = name === undefined || typeof name === 'string'
  if (!isNamed || !(cborField(fields, 'pad') instanceof Uint8Array)) {
    findings.push(finding('assertion.dataHash.malformed', uri, isNamed ? 'there is no pad' : 'its name is no text'))
    return
  }
  const exclusions =
    isUpdated && container
      ? stated.map((range) => (range.start === container.start ? { ...range, length: container.length } : range))
      : stated
  if (!areOrdered(exclusions)) {
    findings.push(finding('assertion.dataHash.malformed', uri, 'exclusions overlap or are out of order'))
    return
  }
  if (exclusions.length > 1) findings.push(finding('assertion.dataHash.additionalExclusionsPresent', uri))
  const past = exclusions.find(({ start, length }) => start + length > lengthOf(asset))
  if (past) {
    mismatch('bad parameter: The exclusion range exceed the data length')
    return
  }
  // What is left out must be the container to the byte: room beside it would be room for another picture. A store from elsewhere has none.
  const isContainer = ({ start, length }: ByteRange) =>
    start === container?.start && length >= container.length && length <= container.length + (container.padding ?? 0)
  if (container && exclusions.filter(isContainer).length !== 1) {
    findings.push(
      finding(
        'assertion.dataHash.mismatch',
        uri,
        'data hash exclusion does not match the manifest location in the asset',
      ),
    )
    return
  }
  const hidden = container && usedPadding(store)
  if (hidden) {
    mismatch(hidden)
    return
  }
  // An empty one leaves nothing out; c2pa-rs writes such into what it signs without embedding.
  const others = exclusions.filter((range) => !isContainer(range) && range.length > 0)
  if (!(await walk(asset, (source) => areMetadata(format, source, others)))) {
    mismatch('an exclusion covers more than metadata')
    return
  }
  const algorithmName = cborField(fields, 'alg') ?? claim.algorithm
  const algorithm = allowedHash(typeof algorithmName === 'string' ? algorithmName : undefined)
  if (!algorithm) {
    findings.push(finding('algorithm.unsupported', uri, `hash ${text(algorithmName)} is not allowed`))
    return
  }
  const hash = cborField(fields, 'hash')
  if (!(hash instanceof Uint8Array)) mismatch('there is no hash')
  else if (!equalBytes(hash, await hashParts(asset, rangesOutside(exclusions, 0, lengthOf(asset)), algorithm)))
    mismatch('hash verification( Hashes do not match )')
  else findings.push(finding('assertion.dataHash.match', uri))
}

/** The ranges of the list; undefined where it is none, or a start or length is no natural number. */
function exclusionsOf(value: CborValue): ByteRange[] | undefined {
  if (value === undefined) return []
  if (!Array.isArray(value) || value.length > MOST_EXCLUSIONS) return undefined
  const ranges: ByteRange[] = []
  for (const item of value) {
    const start = cborField(item, 'start')
    const length = cborField(item, 'length')
    if (!isNatural(start) || !isNatural(length)) return undefined
    ranges.push({ start, length })
  }
  return ranges
}

function text(value: CborValue): string {
  return typeof value === 'string' ? value : 'none'
}
