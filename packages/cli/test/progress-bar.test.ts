import { Writable } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { WriteStream } from 'node:tty'
import { count, duration, progressBar } from '../src/progress-bar.ts'

const ESCAPE = String.fromCharCode(27)
const COLOUR = new RegExp(`${ESCAPE}\\[\\d+m`, 'g')

/** What a terminal is sent, without colours. */
function terminal(isTTY: boolean): { stream: WriteStream; text(): string } {
  let text = ''
  const stream = new Writable({
    write(piece, _encoding, done) {
      text += piece
      done()
    },
  })
  return {
    stream: Object.assign(stream, { isTTY, columns: 80 }) as unknown as WriteStream,
    text: () => text.replaceAll(`\r${ESCAPE}[K`, '<erased>').replace(COLOUR, ''),
  }
}

test('a bar on a terminal, lines above it, and nothing of it at the end', async (t: TestContext) => {
  const { stream, text } = terminal(true)
  const bar = progressBar(2000, stream)
  bar.advance()
  t.assert.equal(text(), '')
  await delay(120)
  bar.advance()
  t.assert.match(text(), /━{30} {2}2 of 2,000$/)
  bar.above(() => stream.write('a line\n'))
  t.assert.match(text(), /<erased>a line\n<erased>━{30} {2}2 of 2,000$/)
  bar.end()
  t.assert.match(text(), /<erased>$/)
})

test('nothing of it where there is no terminal, or one file alone', async (t: TestContext) => {
  for (const [isTTY, total] of [
    [false, 2],
    [true, 1],
  ] as const) {
    const { stream, text } = terminal(isTTY)
    const bar = progressBar(total, stream)
    await delay(120)
    bar.advance()
    bar.above(() => stream.write('a line\n'))
    bar.end()
    t.assert.equal(text(), 'a line\n')
  }
})

test('numbers and times are as people write them', (t: TestContext) => {
  t.assert.deepEqual([count(7), count(12_345)], ['7', '12,345'])
  t.assert.deepEqual([3_400, 125_000, 3_840_000].map(duration), ['3 s', '2 min 5 s', '1 h 4 min'])
})
