/** What stands in assertion boxes. Each is decoded once, however many references lead to it. C2PA 2.2 §6.5 and §15.10.3.1. */
import { type CborValue, decodeCbor } from '../cbor.ts'
import { CBOR_CONTENT, EMBEDDED_FILE, JSON_CONTENT } from '../jumbf/content-type.ts'
import { contentOf, type Superbox } from '../jumbf/superbox.ts'
import type { AssertionReport } from '../report/report.ts'

/** The content, or why it can not be read. */
export type AssertionContent =
  | AssertionReport['content']
  | {
      readonly kind: 'invalid'
      readonly code: 'assertion.cbor.invalid' | 'assertion.json.invalid'
      readonly reason: string
    }

const known = new WeakMap<Superbox, AssertionContent>()

/** The content of an assertion box, whatever kind it is of. */
export function assertionContent(box: Superbox): AssertionContent {
  const before = known.get(box)
  if (before) return before
  const content = read(box)
  known.set(box, content)
  return content
}

/** The CBOR of an assertion box; undefined where it has none that can be read. */
export function contentCbor(box: Superbox): CborValue {
  if (box.description.type !== CBOR_CONTENT) return undefined
  const content = assertionContent(box)
  return content.kind === 'cbor' ? (content.value as CborValue) : undefined
}

function read(box: Superbox): AssertionContent {
  switch (box.description.type) {
    case CBOR_CONTENT:
      try {
        const value = decodeCbor(contentOf(box, 'cbor') ?? new Uint8Array(), { budget: box.items })
        return { kind: 'cbor', value }
      } catch (error) {
        return { kind: 'invalid', code: 'assertion.cbor.invalid', reason: (error as Error).message }
      }
    case JSON_CONTENT:
      try {
        return { kind: 'json', value: parseJson(contentOf(box, 'json') ?? new Uint8Array(), box.items) }
      } catch (error) {
        return { kind: 'invalid', code: 'assertion.json.invalid', reason: (error as Error).message }
      }
    case EMBEDDED_FILE:
      return {
        kind: 'file',
        format: mediaType(contentOf(box, 'bfdb') ?? new Uint8Array()),
        bytes: contentOf(box, 'bidb') ?? new Uint8Array(),
      }
    default:
      return { kind: 'other', bytes: box.payload }
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })
/** As CBOR may be: whoever writes JSON again recurses. */
const DEEPEST = 32

function parseJson(bytes: Uint8Array, budget: Superbox['items']): unknown {
  let depth = 0
  let isText = false
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index]
    if (isText) {
      if (byte === 0x5c) index++
      else if (byte === 0x22) isText = false
    } else if (byte === 0x22) isText = true
    // A value more with each `[`, `{` and `,`.
    else if (byte === 0x5b || byte === 0x7b || byte === 0x2c) {
      if (byte !== 0x2c && ++depth > DEEPEST) throw new TypeError(`JSON nested deeper than ${DEEPEST}`)
      if (--budget.left < 0) throw new TypeError('more values than one manifest store may have')
    } else if (byte === 0x5d || byte === 0x7d) depth--
  }
  return JSON.parse(utf8.decode(bytes))
}

/** Embedded file description: toggles, media type, zero byte, and a file name if the toggles say so. ISO/IEC 19566-5 B.3. */
function mediaType(description: Uint8Array): string {
  const end = description.indexOf(0, 1)
  const text = new TextDecoder('latin1').decode(description.subarray(1, end < 0 ? description.length : end))
  return /^[\w.+-]+\/[\w.+-]+$/.test(text) ? text : 'application/octet-stream'
}
