/** Validating a multi-asset hash: the parts of an asset one by one, where the whole is no longer what was bound. C2PA 2.2 §15.12.4 and §18.9. */
import { type CborValue, cborField } from '../cbor.ts'
import { type Asset, type AssetReader, headOf, isInMemory, lengthOf, readerOf, walk } from '../formats/asset.ts'
import type { AssetFormat, ByteRange } from '../formats/asset-format.ts'
import { type BoxBudget, boxBudget } from '../formats/bmff-box.ts'
import { boxAtPath } from '../formats/bmff-box-path.ts'
import { assetFormat } from '../formats/detect.ts'
import { sidecar } from '../formats/sidecar.ts'
import { parseUri } from '../manifest/labels.ts'
import { type Finding, finding } from '../report/finding.ts'
import { type Assertion, cborOf } from './assertions.ts'
import type { Claim } from './claim.ts'
import { compareHash, hashedUri } from './hashed-uri.ts'
import type { Verification } from './verification.ts'

/** Checks one hard binding against an asset. */
export type BindingValidator = (
  verification: Verification,
  claim: Claim,
  binding: Assertion,
  findings: Finding[],
) => Promise<void>

type Part = { readonly range: ByteRange; readonly binding: Assertion }

const MOST_PARTS = 1000

/** Checks each part of the asset by the binding that is for it alone. */
export async function validateMultiAssetHash(
  verification: Verification,
  claim: Claim,
  assertions: readonly Assertion[],
  multiAssetHashes: readonly Assertion[],
  validate: BindingValidator,
  findings: Finding[],
): Promise<void> {
  const [assertion, another] = multiAssetHashes
  if (!assertion) return
  const reject = ({ code, why }: Fault) => {
    findings.push(finding(`assertion.multiAssetHash.${code}`, assertion.uri, why))
  }
  if (another) return reject(malformed('there is more than one'))
  const parts = await partsOf(verification, claim, assertions, assertion)
  if ('code' in parts) return reject(parts)
  for (const { range, binding } of parts) {
    const found: Finding[] = []
    await validate(await verificationOf(verification, range), claim, binding, found)
    const failure = found.find(({ kind }) => kind === 'failure')
    findings.push(...found.filter(({ kind, code }) => kind === 'informational' || code === 'algorithm.unsupported'))
    if (failure?.code === 'algorithm.unsupported') return
    if (failure?.code.endsWith('.malformed')) return reject(malformed(failure.explanation))
    if (failure) return reject({ code: 'mismatch', why: `the part at ${range.start}: ${failure.explanation}` })
  }
  findings.push(finding('assertion.multiAssetHash.match', assertion.uri))
}

type Fault = { readonly code: 'malformed' | 'missingPart' | 'mismatch'; readonly why: string }

function malformed(why: string): Fault {
  return { code: 'malformed', why }
}

/** Those that are there: one after the other, without a gap, up to the end of the asset. */
async function partsOf(
  { asset, hashes }: Verification,
  claim: Claim,
  assertions: readonly Assertion[],
  multiAssetHash: Assertion,
): Promise<readonly Part[] | Fault> {
  const list = cborField(cborOf(multiAssetHash), 'parts')
  if (!Array.isArray(list) || list.length === 0) return malformed('there are no parts')
  if (list.length > MOST_PARTS) return malformed(`more than ${MOST_PARTS} parts`)
  const parts: Part[] = []
  let covered = 0
  const budget = boxBudget()
  for (const item of list) {
    const reference = hashedUri(cborField(item, 'hashAssertion'))
    const target = reference && absolute(reference.url, multiAssetHash)
    const binding = assertions.find(({ uri, name, isSound }) => uri === target && isSound && PART.test(name))
    if (!reference || !binding || compareHash(hashes, reference, claim.algorithm, binding.box) !== 'match')
      return malformed('a part without a hash of its own')
    const optional = cborField(item, 'optional') ?? false
    if (typeof optional !== 'boolean') return malformed('whether a part is optional is not said')
    const range = await rangeOf(asset, cborField(item, 'location'), budget)
    if ('code' in range) {
      if (range.isAbsent && optional) continue
      return range
    }
    if (range.start !== covered) return malformed(`a part begins at ${range.start}, and not at ${covered}`)
    covered += range.length
    parts.push({ range, binding: { ...binding, name: binding.name.replace(PART, '$1') } })
  }
  return covered === lengthOf(asset) ? parts : malformed('the parts are not the whole asset')
}

/** Names of bindings for a part alone. §18.9.2. */
const PART = /^(c2pa\.hash\.(?:data|boxes|bmff(?:\.v[23])?))\.part$/

function absolute(url: string, { uri, label }: Assertion): string {
  const parsed = parseUri(url)
  return parsed?.isAbsolute === false ? uri.slice(0, -`c2pa.assertions/${label}`.length) + parsed.path.join('/') : url
}

/**
 * Where a part stands, or why nowhere. What begins behind the end of the asset was taken away; what reaches past its end is no part of it.
 */
async function rangeOf(
  asset: Asset,
  location: CborValue,
  budget: BoxBudget,
): Promise<ByteRange | (Fault & { readonly isAbsent: boolean })> {
  const start = cborField(location, 'byteOffset')
  const length = cborField(location, 'length')
  const box = cborField(location, 'bmffBox')
  if (typeof box === 'string' && start === undefined && length === undefined) {
    const found = await walk(asset, (source) => boxAtPath(source, box, budget))
    return found ?? { ...malformed(`there is no box ${box}`), isAbsent: true }
  }
  if (!isNatural(start) || !isNatural(length) || box !== undefined || !Number.isSafeInteger(start + length))
    return { ...malformed('the location of a part is none'), isAbsent: false }
  const total = lengthOf(asset)
  if (start >= total) return { code: 'missingPart', why: `the part at ${start} is not there`, isAbsent: true }
  return start + length > total
    ? { ...malformed(`the part at ${start} ends behind the asset`), isAbsent: false }
    : { start, length }
}

function isNatural(value: CborValue): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

/** A part as if it were an asset; its ranges are counted from its own start. */
async function verificationOf(verification: Verification, range: ByteRange): Promise<Verification> {
  const { container } = verification
  const asset = partOf(verification.asset, range)
  const holdsStore =
    container && container.start >= range.start && container.start + container.length <= range.start + range.length
  return {
    ...verification,
    asset,
    fragments: [],
    format: assetFormat(await headOf(asset)) ?? UNKNOWN,
    container: holdsStore ? { start: container.start - range.start, length: container.length } : undefined,
  }
}

/** Bytes of no format that is known: they have neither metadata nor boxes. */
const UNKNOWN: AssetFormat = {
  name: 'part',
  isReadOnly: true,
  recognizes: () => undefined,
  inspect: sidecar.inspect,
}

function partOf(asset: Asset, { start, length }: ByteRange): Uint8Array | AssetReader {
  if (isInMemory(asset)) return asset.subarray(start, start + length)
  const reader = readerOf(asset)
  return { size: length, read: (from, to) => reader.read(start + from, start + to) }
}
