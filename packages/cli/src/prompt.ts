/** Asking on a terminal for what is not to be seen there. */
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { InputError } from './failure.ts'

/** Whether somebody is there to be asked. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true
}

/** A line as it is typed, which is not shown. */
export async function askHidden(question: string): Promise<string> {
  // What readline would echo goes nowhere; and from here on the terminal shows nothing by itself.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input: process.stdin, output: nowhere, terminal: true })
  process.stderr.write(question)
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.once('line', resolve)
      lines.once('SIGINT', () => reject(new InputError('Nothing was entered.')))
      lines.once('close', () => reject(new InputError('Nothing was entered.')))
    })
  } finally {
    lines.close()
    process.stderr.write('\n')
  }
}
