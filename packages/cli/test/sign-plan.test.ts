import { chmodSync, linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { planSigning } from '../src/sign-plan.ts'

const PNG = Buffer.from('89504e470d0a1a0a', 'hex')

/** A folder with a picture of each name; a name that ends in .txt is a text. */
function folder(t: TestContext, ...names: readonly string[]): string {
  const path = mkdtempSync(join(tmpdir(), 'countersign-plan-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  for (const name of names) {
    mkdirSync(dirname(join(path, name)), { recursive: true })
    writeFileSync(join(path, name), name.endsWith('.txt') ? 'text' : PNG)
  }
  return path
}

/** Where each goes, by names below the folder. */
function planned(cwd: string, inputs: readonly string[], out: string): Record<string, string> {
  const { files } = planSigning(
    inputs.map((input) => join(cwd, input)),
    out.endsWith('/') ? `${join(cwd, out)}/` : join(cwd, out),
  )
  const below = (path: string): string => path.slice(cwd.length + 1)
  return Object.fromEntries(files.map(({ file, out }) => [below(file), below(out)]))
}

test('a folder keeps its structure; what is hidden and what was signed stays out', (t: TestContext) => {
  const cwd = folder(t, 'in/b/c.png', 'in/a.png', 'in/.hidden.png', 'in/.git/d.png', 'in/signed/a.png')
  t.assert.deepEqual(planned(cwd, ['in'], 'in/signed'), {
    'in/a.png': 'in/signed/a.png',
    'in/b/c.png': 'in/signed/b/c.png',
  })
})

test('one file goes into a folder, or becomes another file', (t: TestContext) => {
  const cwd = folder(t, 'a.png', 'there.d/x.txt')
  for (const [out, to] of [
    ['out', 'out/a.png'],
    ['out.png', 'out.png'],
    ['v1.2/', 'v1.2/a.png'],
    ['there.d', 'there.d/a.png'],
  ] as const)
    t.assert.deepEqual(planned(cwd, ['a.png'], out), { 'a.png': to })
  t.assert.deepEqual(planned(cwd, ['a.png', 'there.d'], 'v1.2'), { 'a.png': 'v1.2/a.png' })
})

test('other files are named with the reason, and links to folders are not followed', (t: TestContext) => {
  const cwd = folder(t, 'in/a.png', 'in/n.txt', 'far/b.png')
  writeFileSync(join(cwd, 'in/empty.png'), '')
  symlinkSync('../far', join(cwd, 'in/far'))
  symlinkSync('../far/b.png', join(cwd, 'in/link.png'))
  symlinkSync('nowhere', join(cwd, 'in/dead.png'))
  symlinkSync('.', join(cwd, 'in/loop'))
  const { files, others } = planSigning([join(cwd, 'in')], join(cwd, 'out'))
  t.assert.deepEqual(
    files.map(({ file }) => file.slice(cwd.length)),
    ['/in/a.png', '/in/link.png'],
  )
  t.assert.deepEqual(
    others.map(({ file, why, isFailure }) => [file.slice(cwd.length), why, isFailure]),
    [
      ['/in/dead.png', 'a link that leads nowhere', false],
      ['/in/empty.png', 'empty', false],
      ['/in/far', 'a link to a folder', false],
      ['/in/loop', 'a link to a folder', false],
      ['/in/n.txt', 'not of a format that is signed', false],
    ],
  )
  const [named] = planSigning([join(cwd, 'in/n.txt')], join(cwd, 'out')).others
  t.assert.match(named?.why ?? '', /^not of a format that is signed: JPEG, PNG, /)
  t.assert.equal(named?.isFailure, true)
})

test("what can't be read is a failure, in a folder too", { skip: process.platform === 'win32' }, (t: TestContext) => {
  const cwd = folder(t, 'in/a.png', 'in/b.png')
  chmodSync(cwd, 0o755)
  chmodSync(join(cwd, 'in/b.png'), 0)
  // Root may read everything.
  const isRoot = process.geteuid?.() === 0
  if (isRoot) process.seteuid?.(65_534)
  try {
    const { files, others } = planSigning([join(cwd, 'in')], join(cwd, 'out'))
    t.assert.deepEqual(
      files.map(({ file }) => file),
      [join(cwd, 'in/a.png')],
    )
    t.assert.deepEqual(others, [
      { file: join(cwd, 'in/b.png'), why: "can't be read: you have no right to", isFailure: true },
    ])
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
})

test('no input is written over, by whatever name, and no signed file by another', (t: TestContext) => {
  const cwd = folder(t, 'a.png', 'x/a.png', 'x/b.png')
  mkdirSync(join(cwd, 'out'))
  linkSync(join(cwd, 'x/b.png'), join(cwd, 'out/b.png'))
  symlinkSync('x', join(cwd, 'y'))
  for (const [inputs, out, fault] of [
    [['a.png'], 'a.png', /a\.png is to be signed itself: --out has to be another place/],
    [['x'], 'x', /is to be signed itself/],
    [['x'], 'y', /is to be signed itself/],
    [['x/b.png'], 'out', /is to be signed itself/],
    [['a.png', 'x/a.png'], 'new', /a\.png and .*a\.png would both become .*new\/a\.png/],
    [['nowhere.png'], 'new', /nowhere\.png can't be read: there is no such file/],
  ] as const)
    t.assert.throws(() => planned(cwd, inputs, out), fault)
})
