/** Retrieving and validating external data, on which no claim depends. C2PA 2.2 §15.10.4. */
import { equalBytes } from '@countersign/codec'
import { digest } from '@countersign/pki'
import { cborField } from '../cbor.ts'
import { encodeBox } from '../jumbf/box.ts'
import { CBOR_CONTENT, JSON_CONTENT } from '../jumbf/content-type.ts'
import { decodeSuperbox, encodeSuperbox, hashedPart, type Superbox } from '../jumbf/superbox.ts'
import { parseAssertionLabel } from '../manifest/labels.ts'
import { type Finding, finding } from '../report/finding.ts'
import type { AssertionReport } from '../report/report.ts'
import { assertionContent } from './assertion-content.ts'
import type { Assertion } from './assertions.ts'
import { allowedHash } from './box-hashes.ts'
import { type CloudData, cloudDataOf } from './cloud-data.ts'
import type { FetchedData, Fetchers } from './fetchers.ts'
import { hashedUri } from './hashed-uri.ts'
import { validateKnownAssertions } from './known-assertions.ts'
import type { ReferenceContext } from './references.ts'

/** Of one asset. */
const MOST_RETRIEVED = 8
const LONGEST_URL = 2048
const JUMBF = 'application/jumbf'

/** What cloud data assertions refer to, by the URI of each. */
export type ExternalData = ReadonlyMap<string, AssertionReport['content']>

/**
 * Retrieves what the cloud data assertions of a claim refer to, once the claim is valid: of a rejected one nothing is retrieved. What
 * is found wrong is told by codes of failures, and rejects nothing: whether the data can be had does not depend on the signer (§15.10.4.1).
 */
export async function retrieveExternalData(
  context: ReferenceContext,
  assertions: readonly Assertion[],
): Promise<ExternalData> {
  const retrieved = new Map<string, AssertionReport['content']>()
  const fetch = context.verification.fetchers.cloudData
  if (!fetch) return retrieved
  const referring = assertions.filter(({ name, isSound }) => name === 'c2pa.cloud-data' && isSound)
  for (const assertion of referring.slice(0, MOST_RETRIEVED)) {
    const content = await retrieve(context, assertion, fetch)
    if (content) retrieved.set(assertion.uri, content)
  }
  return retrieved
}

/** §15.10.4.2, its steps in order. */
async function retrieve(
  context: ReferenceContext,
  assertion: Assertion,
  fetch: NonNullable<Fetchers['cloudData']>,
): Promise<AssertionReport['content'] | undefined> {
  const { findings } = context
  const { uri } = assertion
  const cloudData = cloudDataOf(assertion)
  if (typeof cloudData === 'string') return undefined
  const location = hashedUri(cloudData.location)
  const fetched = location && (await fetchedFrom(location.url, cloudData.size, fetch))
  if (!fetched) {
    findings.push(
      finding('assertion.inaccessible', uri, `cloud data could not be fetched: ${location?.url ?? 'no URL'}`),
    )
    return undefined
  }
  const algorithm = allowedHash(location.algorithm)
  const box = cloudData.mediaType.toLowerCase() === JUMBF ? superboxIn(fetched.bytes) : undefined
  const fault = dataFault(cloudData, fetched)
  const isMatch =
    algorithm && location.hash && equalBytes(location.hash, digest(algorithm, box ? hashedPart(box) : fetched.bytes))
  if (fault !== undefined) findings.push(finding('assertion.hashedURI.mismatch', uri, `cloud data ${fault}`))
  else if (!algorithm) findings.push(finding('algorithm.unsupported', uri, 'the hash of cloud data names no algorithm'))
  else if (!isMatch) findings.push(finding('assertion.hashedURI.mismatch', uri, `hash does not match: ${location.url}`))
  else {
    findings.push(finding('assertion.accessible', uri, `cloud data retrieved: ${location.url}`))
    findings.push(finding('assertion.hashedURI.match', uri, `hashed uri matched: ${location.url}`))
    return validated(context, assertion, cloudData, box ?? boxAround(cloudData, fetched.bytes), fetched)
  }
  return undefined
}

/** What is there; undefined where it can't be had. */
export async function fetchedFrom(
  url: string,
  size: number,
  fetch: NonNullable<Fetchers['cloudData']>,
): Promise<FetchedData | undefined> {
  if (!/^https?:\/\//i.test(url) || url.length > LONGEST_URL) return undefined
  return fetch(url, size).catch(() => undefined)
}

/** Steps 2 and 3: size and type are those that the assertion states. */
function dataFault({ size, mediaType: declared }: CloudData, { bytes, mediaType }: FetchedData): string | undefined {
  if (bytes.length !== size) return `of ${bytes.length} bytes, where ${size} are stated`
  const actual = mediaType?.split(';', 1)[0]?.trim().toLowerCase()
  return actual === declared.toLowerCase() ? undefined : `of type ${actual ?? 'unknown'}, where ${declared} is stated`
}

/** The superbox that the bytes are, if they are one. */
export function superboxIn(bytes: Uint8Array): Superbox | undefined {
  try {
    return decodeSuperbox(bytes)
  } catch {
    return undefined
  }
}

/** As the content would be embedded; undefined where it is of neither language. */
function boxAround({ label, mediaType }: CloudData, bytes: Uint8Array): Superbox | undefined {
  const type = mediaType.toLowerCase()
  if (type === 'application/cbor')
    return decodeSuperbox(encodeSuperbox({ type: CBOR_CONTENT, label, requestable: true }, encodeBox('cbor', bytes)))
  if (type === 'application/json')
    return decodeSuperbox(encodeSuperbox({ type: JSON_CONTENT, label, requestable: true }, encodeBox('json', bytes)))
  return undefined
}

/** The content, once it is checked as the assertion that it would be in the manifest. */
function validated(
  context: ReferenceContext,
  { uri, created }: Assertion,
  { label, mediaType }: CloudData,
  box: Superbox | undefined,
  { bytes }: FetchedData,
): AssertionReport['content'] | undefined {
  if (!box) return { kind: 'file', format: mediaType, bytes }
  const { name } = parseAssertionLabel(label)
  const own = parseAssertionLabel(box.description.label ?? '').name
  if (own !== name) {
    context.findings.push(finding('assertion.cloud-data.malformed', uri, `${name} is stated, and ${own} retrieved`))
    return undefined
  }
  const content = assertionContent(box)
  if (content.kind === 'invalid') {
    context.findings.push(finding(content.code, uri, content.reason))
    return undefined
  }
  const assertion: Assertion = { label, name, uri, created, isSound: true, box, content }
  if (name === 'c2pa.actions' || name === 'c2pa.actions.v2') validateActionList(assertion, context.findings)
  else validateKnownAssertions(context, [assertion])
  return content
}

/** Whether it is a list of actions at all; which ones a manifest has to have, those in it say. §15.10.3.2.2. */
function validateActionList({ uri, content }: Assertion, findings: Finding[]): void {
  const actions = content.kind === 'cbor' && cborField(content.value as never, 'actions')
  if (!Array.isArray(actions)) findings.push(finding('assertion.action.malformed', uri, 'there are no actions'))
}
