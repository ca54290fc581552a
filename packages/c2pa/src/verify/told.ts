/** How much a report tells: a few bytes can be wrong in very many ways, and each way name a box by a long label. */
import { type Finding, finding } from '../report/finding.ts'

/** Characters of findings that are still told. */
export type Telling = { left: number }

/** Of one report; real ones have a hundredth. */
export function telling(): Telling {
  return { left: 8_000_000 }
}

/** A code and what JSON puts around it. */
const EACH = 100

/** The findings that are still told; where that is not all of them, the manifest is not known to be good. */
export function told(telling: Telling, uri: string, findings: readonly Finding[]): readonly Finding[] {
  const end = findings.findIndex(({ url, explanation }) => {
    telling.left -= url.length + explanation.length + EACH
    return telling.left < 0
  })
  return end < 0 ? findings : [...findings.slice(0, end), finding('general.error', uri, 'more was found than is told')]
}
