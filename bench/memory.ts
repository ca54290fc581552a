/** Peak memory, each cell in a process of its own. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LIBRARIES, type LibraryName } from './contender.ts'
import type { Cell } from './library.ts'
import { megabytes, printTable, printTitle, verdict } from './table.ts'

const CHILD = fileURLToPath(new URL('memory-child.ts', import.meta.url))

export type Work = 'sign' | 'validate'

/** What the child found: bytes of resident memory. */
export type Peak = { readonly name: string; readonly idle: number; readonly peak: number }

function measure(library: LibraryName, work: Work, { format }: Cell, path: string): Peak {
  return JSON.parse(
    execFileSync(process.execPath, ['--expose-gc', CHILD, library, work, format, path], { encoding: 'utf8' }),
  )
}

export function benchMemory(cells: readonly Cell[]): void {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'))
  const largest = cells.findLast(({ format }) => format === 'image/jpeg')
  try {
    for (const work of ['sign', 'validate'] as const) {
      const rows: string[][] = []
      for (const cell of cells) {
        const path = join(folder, 'file')
        writeFileSync(path, cell.file)
        for (const library of cell === largest ? LIBRARIES : LIBRARIES.slice(0, 1)) {
          const { name, idle, peak } = measure(library, work, cell, path)
          const goal = 2 * cell.file.length + 15e6
          const isJudged = library === 'countersign' && work === 'sign'
          const what = `memory, ${work} ${cell.megabytes} MB ${cell.format}`
          rows.push([
            `${cell.megabytes} MB ${cell.format === 'image/jpeg' ? 'JPEG' : 'PNG'}`,
            name,
            megabytes(idle),
            megabytes(peak),
            megabytes(peak - idle),
            isJudged ? `<= ${megabytes(goal)}` : '',
            isJudged ? verdict(`${what}: ${megabytes(peak - idle)}`, peak - idle <= goal) : '',
          ])
        }
      }
      printTitle(`peak memory: ${work}, ES256, the file's own copies included`)
      printTable(['file', 'who', 'idle', 'peak', 'over idle', 'goal', ''], rows)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
