/** What `countersign sign` says: to people, to logs and to programs. */
import { paint } from './paint.ts'
import { plain, plainJson } from './plain-text.ts'
import { count, duration, progressBar } from './progress-bar.ts'
import type { FileResult } from './sign-batch.ts'
import type { SignPlan } from './sign-plan.ts'

/** Tells of each file, and of all. */
export type SignReport = {
  result(result: FileResult): void
  /** What became of all of them: as many as there are lines of each kind. */
  end(isWhole: boolean): SignCounts
}

export type SignCounts = Readonly<Record<'signed' | 'present' | 'failed' | 'other', number>>

/** On a terminal more than these are counted, and not listed. */
const MOST_LISTED = 20

/** A report of files, one line each: as JSON, or for people; a bar on a terminal. */
export function signReport({ files, others }: SignPlan, { json }: { readonly json: boolean }): SignReport {
  const counts = { signed: 0, present: 0, failed: 0, other: 0 }
  const begunAt = performance.now()
  const isTerminal = process.stdout.isTTY === true
  const bar = progressBar(files.length)
  const print = (line: string): void => bar.above(() => process.stdout.write(`${line}\n`))
  const { green, red, yellow, dim } = paint(process.stdout)

  const failed = (file: string, why: string): void =>
    print(json ? jsonLine({ file, status: 'failed', error: why }) : `${red('✗')} ${plain(file)}: ${red(why)}`)

  for (const { file, why } of others.filter(({ isFailure }) => isFailure)) {
    counts.failed++
    failed(file, why)
  }
  const leftOut = others.filter(({ isFailure }) => !isFailure)
  for (const [index, { file, why }] of leftOut.entries()) {
    counts.other++
    if (json) print(jsonLine({ file, status: 'other', reason: why }))
    else if (!isTerminal || index < MOST_LISTED) print(dim(`– ${plain(file)}: ${why}`))
    else if (index === MOST_LISTED) print(dim(`– and ${count(leftOut.length - MOST_LISTED)} more that are not signed`))
  }

  return {
    result(result) {
      const { status, file } = result
      counts[status]++
      bar.advance()
      if (status === 'failed') return failed(file.file, result.why)
      if (json) return print(jsonOf(result))
      if (isTerminal && files.length > MOST_LISTED) return
      print(
        `${status === 'signed' ? green('✓') : dim('=')} ${plain(file.out)}${status === 'signed' ? '' : dim('  is there already')}`,
      )
    },
    end(isWhole) {
      bar.end()
      const milliseconds = performance.now() - begunAt
      if (json)
        print(jsonLine({ summary: { ...counts, whole: isWhole, seconds: Number((milliseconds / 1000).toFixed(3)) } }))
      else if (isWhole && files.length + others.length > 1) print(summary(counts, milliseconds))
      else if (!isWhole && files.length > 1)
        print(
          yellow(
            `Stopped: ${count(counts.signed)} of ${count(files.length)} signed. The same command goes on where it stopped.`,
          ),
        )
      return counts
    },
  }
}

function jsonOf(result: FileResult): string {
  const { file, status } = result
  if (result.status !== 'signed') return jsonLine({ file: file.file, status, out: file.out })
  const { mediaType, manifestLabel, size } = result.signed
  return jsonLine({
    file: file.file,
    status,
    out: file.out,
    media_type: mediaType,
    manifest_label: manifestLabel,
    size,
  })
}

function jsonLine(value: unknown): string {
  return plainJson(value, 0)
}

function summary({ signed, present, failed, other }: SignCounts, milliseconds: number): string {
  const { bold, dim, red } = paint(process.stdout)
  const parts = [
    bold(`${count(signed)} signed`),
    ...(present > 0 ? [`${count(present)} there already`] : []),
    ...(failed > 0 ? [red(`${count(failed)} failed`)] : []),
    ...(other > 0 ? [dim(`${count(other)} not to be signed`)] : []),
  ]
  const rate = signed > 1 && milliseconds > 0 ? `, ${count(Math.round((1000 * signed) / milliseconds))} a second` : ''
  return `${parts.join(', ')}${dim(`  in ${milliseconds < 10_000 ? `${(milliseconds / 1000).toFixed(1)} s` : duration(milliseconds)}${rate}`)}`
}
