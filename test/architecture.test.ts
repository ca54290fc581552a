/** The rooms and arrows of ARCHITECTURE.md, held by reading what every source file imports. */
import { dirname } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Import, importsOf, readText, repositoryFiles, withoutComments } from './repository.ts'

/** Names of packages beside the first: what is loaded where the rest would take too long. */
const PUBLIC_SUBPATHS: ReadonlySet<string> = new Set(['server/settings', 'pki/lint'])

/** Which packages of the workspace each one may import. */
const PACKAGE_ARROWS: Readonly<Record<string, readonly string[]>> = {
  codec: [],
  pki: ['codec'],
  c2pa: ['codec', 'pki'],
  server: ['codec', 'pki', 'c2pa'],
  sdk: ['codec', 'pki', 'c2pa'],
  cli: ['codec', 'pki', 'c2pa', 'server', 'sdk'],
  console: ['codec', 'pki', 'c2pa', 'sdk'],
}

/** Which rooms of the server each one may import; `main` is the files that lie directly in src/. */
const ROOM_ARROWS: Readonly<Record<string, readonly string[]>> = {
  domain: ['domain'],
  store: ['domain', 'store'],
  keys: ['domain', 'keys'],
  threads: ['domain', 'threads'],
  http: ['domain', 'http'],
  jobs: ['domain', 'jobs'],
  mail: ['domain', 'mail'],
  outbound: ['domain', 'outbound'],
  main: ['domain', 'store', 'keys', 'threads', 'http', 'jobs', 'mail', 'outbound', 'main'],
}

/** Modules that one room alone may import, and why. */
const ROOM_MODULES: readonly { readonly room: string; readonly modules: RegExp; readonly why: string }[] = [
  { room: 'store', modules: /^(kysely|pg|node:sqlite)(\/|$)/, why: 'store alone knows SQL' },
  {
    room: 'http',
    modules: /^(fastify|@fastify\/.*|node:(http|http2|https|net|tls))$/,
    why: 'http alone knows requests',
  },
  { room: 'mail', modules: /^nodemailer$/, why: 'mail alone sends it' },
]

/** What the room of outgoing requests needs of those. */
const OUTBOUND_MODULES = /^node:(http|https|net)$/

/** What node:crypto has for private keys. */
const PRIVATE_KEY_NAMES =
  /\b(createPrivateKey|generateKeyPair|generateKeyPairSync|createSign|sign|privateDecrypt|privateEncrypt|createECDH|diffieHellman|webcrypto|subtle)\b/

const LIBRARIES = ['codec', 'pki', 'c2pa']
/** As long as the API's document makes it. */
const GENERATED = 'packages/sdk/src/api.ts'
const CRYPTO_PORT = 'packages/pki/src/crypto/node.ts'
/** Where the command line makes the keys of whoever runs it: they are never the platform's. */
const CALLERS_KEYS = 'packages/cli/src/client-cert-key.ts'
const SCOPE = '@countersign/'
const LINE_LIMIT = 400
const TEST_LINE_LIMIT = 800
const VAGUE_NAMES = /^(utils?|helpers?|common|types|misc|shared|lib)$/

const files = repositoryFiles()
const modules = files.filter((path) => /\.(ts|tsx|js|mjs)$/.test(path) && !path.startsWith('test/vectors/'))
const sources = modules.filter((path) => /^packages\/[^/]+\/src\//.test(path))

const packageOf = (path: string): string => /^packages\/([^/]+)\//.exec(path)?.[1] ?? ''
const roomOf = (path: string): string => /^packages\/server\/src\/([^/]+)\//.exec(path)?.[1] ?? 'main'
const list = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '))

/** Fails with every finding at once, each of which says what would be right. */
function holds(t: TestContext, findings: readonly string[]): void {
  t.assert.equal(findings.length, 0, `\n${findings.join('\n')}`)
}

function eachImport(paths: readonly string[], judge: (path: string, found: Import) => string | undefined): string[] {
  return paths.flatMap((path) => importsOf(path).flatMap((found) => judge(path, found) ?? []))
}

test('there is something to judge', (t: TestContext) => {
  for (const name of [...LIBRARIES, 'server']) {
    t.assert.ok(
      sources.some((path) => packageOf(path) === name),
      `packages/${name}/src has no source file`,
    )
  }
  t.assert.ok(importsOf('packages/codec/src/index.ts').length > 3, 'the imports of an index.ts were not found')
})

test('packages import along the arrows only, by name', (t) => {
  holds(
    t,
    eachImport(sources, (path, { specifier, target }) => {
      const own = packageOf(path)
      const allowed = PACKAGE_ARROWS[own]
      if (!allowed) return `${path}: packages/${own} has no arrows yet; add it to PACKAGE_ARROWS and ARCHITECTURE.md`
      if (specifier.startsWith('.')) {
        if (target.startsWith(`packages/${own}/src/`)) return undefined
        return `${path} imports ${specifier}, outside its own src/; import another package by its name, @countersign/…`
      }
      const name = specifier.startsWith(SCOPE) ? specifier.slice(SCOPE.length) : undefined
      if (name === undefined) return undefined
      if (name.includes('/') && !PUBLIC_SUBPATHS.has(name))
        return `${path} imports ${specifier}; only the public names of a package may be used`
      if (allowed.includes(name.replace(/\/.*/, ''))) return undefined
      return `${path} imports ${specifier}, against the arrows; packages/${own} may import: ${list(allowed)}`
    }),
  )
})

test("the server's rooms import along the arrows only", (t) => {
  const server = sources.filter((path) => packageOf(path) === 'server')
  holds(
    t,
    eachImport(server, (path, { target }) => {
      const room = roomOf(path)
      const allowed = ROOM_ARROWS[room]
      if (!allowed) return `${path}: the room ${room} has no arrows yet; add it to ROOM_ARROWS and ARCHITECTURE.md`
      if (!target.startsWith('packages/server/src/')) return undefined
      if (allowed.includes(roomOf(target))) return undefined
      return `${path} imports ${target}, against the arrows; ${room}/ may import: ${list(allowed)}. Declare in domain/ what is needed, and let main.ts hand it over`
    }),
  )
})

test('SQL stays in store, requests in http', (t) => {
  holds(
    t,
    eachImport(sources, (path, { specifier, clause }) => {
      const owner = ROOM_MODULES.find(({ modules }) => modules.test(specifier))
      if (!owner || path.startsWith(`packages/server/src/${owner.room}/`)) return undefined
      if (path.startsWith('packages/server/src/outbound/') && OUTBOUND_MODULES.test(specifier)) return undefined
      // Only reads the text of an address.
      if (/^\s*\{\s*isIP(v[46])?\s*\}\s*$/.test(clause)) return undefined
      if (['sdk', 'cli', 'console'].includes(packageOf(path)) && owner.room === 'http') return undefined
      return `${path} imports ${specifier}: ${owner.why}; move it to packages/server/src/${owner.room}/`
    }),
  )
})

test('private keys stay in keys', (t) => {
  const outside = sources.filter(
    (path) => !path.startsWith('packages/server/src/keys/') && path !== CRYPTO_PORT && path !== CALLERS_KEYS,
  )
  holds(
    t,
    eachImport(outside, (path, { specifier, clause }) => {
      const crypto = /^(node:)?crypto$/.test(specifier)
      if (crypto && /\*\s+as\b|^\s*(type\s+)?\w+\s*(,|$)/.test(clause)) {
        return `${path} imports all of node:crypto; name what is used, so that it can be seen that no private key is`
      }
      // The library's signer with a key in memory is for strangers, not for the rooms of the server.
      const library = specifier === '@countersign/pki' && packageOf(path) === 'server'
      const named = crypto ? PRIVATE_KEY_NAMES.exec(clause)?.[0] : library && /\bcreateSigner\b/.exec(clause)?.[0]
      return named
        ? `${path} imports ${named}: only packages/server/src/keys/ touches private keys; take a Signer`
        : undefined
    }),
  )
})

test('libraries import nothing of Node but through the crypto port, and only what they declare', (t) => {
  const libraries = sources.filter((path) => LIBRARIES.includes(packageOf(path)))
  holds(
    t,
    eachImport(libraries, (path, { specifier }) =>
      specifier.startsWith('node:') && path !== CRYPTO_PORT
        ? `${path} imports ${specifier}: a library runs in a browser too; only ${CRYPTO_PORT} may`
        : undefined,
    ),
  )
  holds(
    t,
    libraries.flatMap((path) => {
      if (path === CRYPTO_PORT) return []
      const named = /\b(Buffer|process|require|__dirname|console)\s*[.(]/.exec(withoutComments(readText(path)))?.[1]
      return named
        ? [`${path} uses ${named}, which a browser lacks or a library should not; take it as an argument`]
        : []
    }),
  )
})

test('every module that is imported is a declared dependency', (t) => {
  holds(
    t,
    eachImport(sources, (path, { specifier }) => {
      if (/^(\.|node:|#)/.test(specifier)) return undefined
      const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
      const manifest = JSON.parse(readText(`packages/${packageOf(path)}/package.json`))
      if (manifest.name === name || name in { ...manifest.dependencies, ...manifest.peerDependencies }) return undefined
      return `${path} imports ${name}; add it to the dependencies of packages/${packageOf(path)}/package.json`
    }),
  )
})

test('the domain has no clock, no chance and no environment of its own', (t) => {
  const domain = sources.filter((path) => path.startsWith('packages/server/src/domain/'))
  holds(
    t,
    domain.flatMap((path) => {
      const text = withoutComments(readText(path))
      const named = /\bnew Date\(\)|\bDate\.now\(|\bMath\.random\(|\bprocess\.|\bfetch\(|from 'node:/.exec(text)?.[0]
      return named ? [`${path} has ${named}: time, chance, network and keys are arguments of a rule`] : []
    }),
  )
})

test('no module needs itself', (t) => {
  const arrows = new Map(
    sources.map((path) => [path, importsOf(path).flatMap(({ kind, target }) => (kind === 'value' ? [target] : []))]),
  )
  const done = new Set<string>()
  const cycles: string[] = []
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path)
    if (at !== -1) {
      cycles.push(`${[...trail.slice(at), path].join(' → ')}: a cycle; move what both need into a file of its own`)
      return
    }
    if (done.has(path)) return
    for (const next of arrows.get(path) ?? []) visit(next, [...trail, path])
    done.add(path)
  }
  for (const path of sources) visit(path, [])
  holds(t, cycles)
})

test('a file is about one thing: its length and its name say so', (t) => {
  holds(
    t,
    modules.flatMap((path) => {
      if (path === GENERATED) return []
      const limit = /(^|\/)test\//.test(path) ? TEST_LINE_LIMIT : LINE_LIMIT
      const lines = readText(path).split('\n').length - 1
      return lines > limit ? [`${path} has ${lines} lines, over ${limit}; part it by what its parts are about`] : []
    }),
  )
  holds(
    t,
    modules.flatMap((path) => {
      const parts = path.replace(/\.(test\.)?\w+$/, '').split('/')
      const vague = parts.find((part) => VAGUE_NAMES.test(part))
      if (vague) return [`${path}: "${vague}" says nothing; name it by what it holds`]
      const name = parts.at(-1) ?? ''
      return /^[a-z0-9]+([-.][a-z0-9]+)*$/.test(name) ? [] : [`${path}: file names are kebab-case nouns`]
    }),
  )
})

test('index.ts lists public names and does nothing else', (t) => {
  holds(
    t,
    sources
      .filter((path) => path.endsWith('/index.ts'))
      .flatMap((path) => {
        const rest = withoutComments(readText(path))
          .replace(/export\s+(type\s+)?(\{[^}]*\}|\*(\s+as\s+\w+)?)\s+from\s+['"][^'"]+['"];?/g, '')
          .trim()
        return rest === '' ? [] : [`${path} holds more than exports from other files: ${rest.slice(0, 60)}`]
      }),
  )
})

test('a test mirrors a package that exists', (t) => {
  const tests = files.filter((path) => /^packages\/[^/]+\/.*\.test\.ts$/.test(path))
  holds(
    t,
    tests.flatMap((path) =>
      dirname(path).startsWith(`packages/${packageOf(path)}/test`)
        ? []
        : [`${path}: tests lie in packages/${packageOf(path)}/test/, as the source does in src/`],
    ),
  )
})

test('what is committed names no place of one machine', (t) => {
  // In pieces, so that this file itself does not hold them.
  const places = new RegExp(`(^|[^\\w.])/(${['work', 'root', 'home/\\w+', 'tmp/brief'].join('|')})/`, 'm')
  const texts = files.filter((path) => /\.(ts|tsx|js|mjs|json|md|yml|yaml|html|css|sh)$|^\.ci\/|^[A-Z]+$/.test(path))
  holds(
    t,
    texts
      .filter((path) => !path.endsWith('package-lock.json'))
      .flatMap((path) => {
        const found = places.exec(readText(path))?.[0].trim()
        return found ? [`${path} names ${found}: say it relative to the repository`] : []
      }),
  )
})
