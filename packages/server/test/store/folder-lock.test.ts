import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { lockFolder } from '../../src/store/folder-lock.ts'

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'countersign-lock-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

test('a folder is taken once, until it is given back', (t: TestContext) => {
  const path = folder(t)
  const lock = lockFolder(path)
  t.assert.ok(lock)
  t.assert.equal(statSync(join(path, 'lock')).mode & 0o777, 0o600)
  t.assert.equal(lockFolder(path), undefined)
  lock.release()
  const again = lockFolder(path)
  t.assert.ok(again)
  again.release()
})

test('a process that is killed gives it back', async (t: TestContext) => {
  const path = folder(t)
  const module = new URL('../../src/store/folder-lock.ts', import.meta.url).href
  const script = `import { lockFolder } from ${JSON.stringify(module)}
    globalThis.lock = lockFolder(${JSON.stringify(path)}); console.log('taken'); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  await once(child.stdout, 'data')
  t.assert.equal(lockFolder(path), undefined)
  child.kill('SIGKILL')
  await exited
  const lock = lockFolder(path)
  t.assert.ok(lock)
  lock.release()
})
