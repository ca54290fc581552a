/** OpenSSL as a judge that we did not write. */
import { spawnSync } from 'node:child_process'
import type { TestContext } from 'node:test'

const isThere = spawnSync('openssl', ['version']).status === 0

/** Skips the rest of a test, and says so, where there is no OpenSSL. */
export function skipWithoutOpenssl(t: TestContext): boolean {
  if (!isThere) t.skip('openssl is not installed, and is what judges here')
  return !isThere
}

/** What it says, on stdout and stderr; fails the test when it fails, unless told that it should. */
export function openssl(
  t: TestContext,
  folder: string,
  args: readonly string[],
  { fails = false }: { readonly fails?: boolean } = {},
): string {
  const { status, stdout, stderr } = spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' })
  const said = `${stdout}${stderr}`
  t.assert.equal(status === 0, !fails, `openssl ${args.join(' ')}\n${said}`)
  return said
}
