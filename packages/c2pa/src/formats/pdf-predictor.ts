/** Rows of bytes that were written as differences before they were compressed. ISO 32000-2 §7.4.4.4, ISO/IEC 15948 §9.2. */
import { C2paError } from '../c2pa-error.ts'
import type { PdfDictionary } from './pdf-value.ts'

/** The bytes behind a predictor of PNG, of one byte a sample: cross-reference streams have no others. Throws C2paError `malformed_asset`. */
export function unpredicted(bytes: Uint8Array, parameters: PdfDictionary): Uint8Array {
  const number = (name: string, ordinary: number): number => {
    const value = parameters.get(name) ?? ordinary
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1) throw malformed(`its ${name}`)
    return value
  }
  const predictor = number('Predictor', 1)
  if (predictor === 1) return bytes
  const columns = number('Columns', 1)
  if (predictor < 10 || number('Colors', 1) !== 1 || number('BitsPerComponent', 8) !== 8)
    throw malformed(`the predictor ${predictor}`)
  if (bytes.length % (columns + 1) !== 0) throw malformed('rows of another length')
  const rows = bytes.length / (columns + 1)
  const result = new Uint8Array(rows * columns)
  let above = new Uint8Array(columns)
  for (let row = 0; row < rows; row++) {
    const start = row * (columns + 1)
    const here = result.subarray(row * columns, (row + 1) * columns)
    here.set(bytes.subarray(start + 1, start + 1 + columns))
    addPrediction(bytes[start] as number, here, above)
    above = here
  }
  return result
}

function addPrediction(filter: number, row: Uint8Array, above: Uint8Array): void {
  if (filter > 4) throw malformed(`the filter ${filter}`)
  if (filter === 0) return
  for (let index = 0; index < row.length; index++) {
    const left = row[index - 1] ?? 0
    const up = above[index] as number
    const guess =
      filter === 1 ? left : filter === 2 ? up : filter === 3 ? (left + up) >> 1 : paeth(left, up, above[index - 1] ?? 0)
    row[index] = (row[index] as number) + guess
  }
}

/** ISO/IEC 15948 §9.4. */
function paeth(left: number, up: number, upLeft: number): number {
  const guess = left + up - upLeft
  const [toLeft, toUp, toUpLeft] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - upLeft)]
  if (toLeft <= toUp && toLeft <= toUpLeft) return left
  return toUp <= toUpLeft ? up : upLeft
}

function malformed(what: string): C2paError {
  return new C2paError('malformed_asset', `The PDF is damaged: ${what}.`)
}
