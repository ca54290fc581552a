/** The PIN of a credential, asked for on a terminal: Python makes the terminal. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { missing, run } from '../command.ts'
import { MAIN } from '../countersign.ts'
import { judge } from '../judge.ts'
import { startPlatform } from '../platform.ts'

/** Runs a command on a terminal of its own, types a line when it is asked for one, and prints what was seen. */
const ON_A_TERMINAL = `
import os, pty, sys
line, command = sys.argv[1], sys.argv[2:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
seen, typed = b'', False
while True:
    try:
        piece = os.read(terminal, 4096)
    except OSError:
        break
    if not piece:
        break
    seen += piece
    if b'PIN of' in seen and not typed:
        typed = True
        os.write(terminal, line.encode() + b'\\r')
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`

test('a PIN that is typed signs, and is not shown', { skip: missing('python3') }, async (t: TestContext) => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-prompt-'))
  mkdirSync(join(folder, 'data'))
  const platform = await startPlatform({ data: join(folder, 'data') })
  t.after(async () => {
    await platform.remove()
    rmSync(folder, { recursive: true, force: true })
  })
  const { base_url, credential_id, credential_pin } = platform.account
  const who = ['--base-url', base_url, '--ca', 'data/ca.pem']
  const certificate = ['--cert', 'data/quickstart/cert.pem', '--key', 'data/quickstart/key.pem']
  const signing = (pin: string) =>
    run(
      'python3',
      [
        ...[
          '-c',
          ON_A_TERMINAL,
          pin,
          process.execPath,
          MAIN,
          'sign',
          'data/quickstart/picture.jpg',
          '--out',
          'signed.jpg',
        ],
        ...[...who, ...certificate, '--credential-id', credential_id, '--no-thumbnail'],
      ],
      { cwd: folder, env: { PATH: process.env.PATH, HOME: folder, TERM: 'xterm' } },
    )
  const wrong = await signing('wrong-pin-1234')
  t.assert.equal(wrong.status, 2)
  t.assert.match(wrong.stdout, /The PIN is invalid\. It was typed here\. It was tried once/)
  const { status, stdout } = await signing(credential_pin)
  t.assert.equal(status, 0, stdout)
  t.assert.match(stdout, /^PIN of quickstart: /)
  t.assert.equal(stdout.includes(credential_pin), false)
  const report = await judge('image/jpeg', readFileSync(join(folder, 'signed.jpg')), platform.ca)
  t.assert.equal(report.validation_state, 'Trusted')
})
