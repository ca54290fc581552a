import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { progress } from '../src/progress.ts'

function terminal(isTTY: boolean) {
  const written: string[] = []
  return { written, stream: { isTTY, write: (text: string) => written.push(text) > 0 } as never }
}

test('long work is told of on a terminal, and the line is taken away at its end', async (t: TestContext) => {
  const { written, stream } = terminal(true)
  const reading = progress('a\u001b[2J.mp4', 200, stream)
  reading.advance(50)
  t.assert.deepEqual(written, [])
  await sleep(1_050)
  reading.advance(50)
  t.assert.match(written.join(''), /a\ufffd\[2J\.mp4 {2}50 %/)
  reading.end()
  t.assert.ok(written.at(-1)?.endsWith('\u001b[K'))
})

test('short work, and work that no terminal sees, is not', async (t: TestContext) => {
  const short = terminal(true)
  const reading = progress('a', 1, short.stream)
  reading.advance(1)
  reading.end()
  const piped = terminal(false)
  const long = progress('a', 1, piped.stream)
  await sleep(1_050)
  long.advance(1)
  long.end()
  t.assert.deepEqual([...short.written, ...piped.written], [])
})
