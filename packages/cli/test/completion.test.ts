/** The scripts, run by the shells that they are for, where those are. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../src/main.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'countersign-completion-'))
after(() => rmSync(folder, { recursive: true, force: true }))

function scriptFor(shell: string): string {
  const { stdout, stderr, status } = spawnSync(process.execPath, [MAIN, 'completion', shell], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  const file = join(folder, shell === 'zsh' ? '_countersign' : `countersign.${shell}`)
  writeFileSync(file, stdout)
  return file
}

function missing(shell: string): string | false {
  return spawnSync(shell, ['--version']).error === undefined ? false : `${shell} is not on this machine`
}

const CASES: readonly (readonly [readonly string[], RegExp])[] = [
  [['cli'], /^client-cert$/],
  [['credential', 'su'], /^suspend$/],
  [['credential', 'issue', '--key-type', 'rsa'], /^rsa_2048 rsa_3072 rsa_4096$/],
  [['sign', '--ti'], /^--title --timestamp$|^--title$/],
  [['sign', 'a.jpg', '--credential-pin'], /^--credential-pin-file$/],
  [['tsa', 'verify', '--tr'], /^--trust$/],
  [['completion', ''], /^bash (fish zsh|zsh fish)$/],
]

test('bash completes commands, flags and what follows them', { skip: missing('bash') }, (t: TestContext) => {
  const script = scriptFor('bash')
  for (const [words, expected] of CASES) {
    const lines = [
      'source "$1"; shift; COMP_WORDS=(countersign "$@"); COMP_CWORD=$#',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: bash reads it
      '_countersign; echo "${COMPREPLY[*]}"',
    ].join('\n')
    const { stdout, stderr } = spawnSync('bash', ['-c', lines, 'bash', script, ...words], { encoding: 'utf8' })
    t.assert.equal(stderr, '')
    t.assert.match(stdout.trim(), expected, words.join(' '))
  }
})

test('fish completes them', { skip: missing('fish') }, (t: TestContext) => {
  const script = scriptFor('fish')
  for (const [words, expected] of CASES) {
    const line = `source ${script}; complete -C 'countersign ${words.join(' ')}'`
    const { stdout } = spawnSync('fish', ['--no-config', '-c', line], { encoding: 'utf8' })
    const found = stdout
      .trim()
      .split('\n')
      .map((one) => one.split('\t')[0])
    t.assert.match(found.join(' '), expected, words.join(' '))
  }
})

test('zsh takes the script, and has it for its function', { skip: missing('zsh') }, (t: TestContext) => {
  scriptFor('zsh')
  const lines = `fpath=(${folder} $fpath); autoload -Uz compinit; compinit -D -u; print $_comps[countersign]; autoload +X _countersign`
  const { stdout, stderr } = spawnSync('zsh', ['-f', '-c', lines], { encoding: 'utf8' })
  t.assert.deepEqual([stdout.trim(), stderr], ['_countersign', ''])
})

test('another shell is no choice', (t: TestContext) => {
  const { status, stderr } = spawnSync(process.execPath, [MAIN, 'completion', 'tcsh'], { encoding: 'utf8' })
  t.assert.equal(status, 1)
  t.assert.match(stderr, /Allowed choices are bash, zsh, fish/)
})
