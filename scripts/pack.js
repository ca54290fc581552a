// Turns a package of the workspace into what strangers install, around `npm pack` and `npm publish`:
//   prepack   builds dist/ (JavaScript and .d.ts), and makes package.json point into it
//   postpack  puts package.json back as it was
// In the workspace itself Node runs src/*.ts as it is; but it strips no types under node_modules.
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { environment, root } from './environment.js'

const folder = process.cwd()
const manifest = join(folder, 'package.json')
// Written before package.json is changed: its being there says that the change was not undone.
const kept = join(folder, 'package.source.json')
const licence = join(folder, 'LICENSE')
const dist = join(folder, 'dist')

/** @param {string} path */
const built = (path) => path.replace(/^\.\/src\/(.*)\.ts$/, './dist/$1.js')

/**
 * The same value with every './src/x.ts' in it as './dist/x.js'.
 * @param {unknown} value
 * @returns {any}
 */
function pointingIntoDist(value) {
  if (typeof value === 'string') return built(value)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, pointingIntoDist(inner)]))
}

/**
 * Each public entry with its declarations, which TypeScript wants to be named first.
 * @param {Record<string, string>} exports
 */
function withDeclarations(exports) {
  return Object.fromEntries(
    Object.entries(exports).map(([name, path]) => {
      const file = built(path)
      return [name, { types: file.replace(/\.js$/, '.d.ts'), default: file }]
    }),
  )
}

/** @param {string} path */
const sourceFiles = (path) =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))

function build() {
  rmSync(dist, { recursive: true, force: true })
  const project = join(folder, 'tsconfig.pack.json')
  const options = {
    extends: join(root, 'tsconfig.libraries.json'),
    compilerOptions: {
      noEmit: false,
      // Every export says its own type, so each file is built by itself; `npm run check` checks them together.
      noCheck: true,
      noResolve: true,
      types: [],
      rootDir: 'src',
      outDir: 'dist',
    },
    include: ['src'],
  }
  writeFileSync(project, JSON.stringify(options))
  try {
    const tsc = spawnSync('tsc', ['--project', project], {
      env: environment,
      encoding: 'utf8',
      shell: process.platform === 'win32',
    })
    if (tsc.status !== 0) throw new Error(`tsc could not build ${folder}:\n${tsc.stdout}${tsc.stderr}`)
  } finally {
    rmSync(project)
  }
  // tsc rewrites './x.ts' in JavaScript, not in declarations.
  for (const file of sourceFiles(dist)) {
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, text.replace(/(\bfrom\s+|\bimport\()(['"])(\.[^'"]+)\.ts\2/g, '$1$2$3.js$2'))
  }
}

function restore() {
  if (existsSync(kept)) {
    renameSync(kept, manifest)
    rmSync(licence, { force: true })
  }
}

function prepack() {
  restore()
  build()
  const source = JSON.parse(readFileSync(manifest, 'utf8'))
  copyFileSync(manifest, kept)
  copyFileSync(join(root, 'LICENSE'), licence)
  const { scripts: _, devDependencies: __, ...packed } = source
  if (packed.imports) packed.imports = pointingIntoDist(packed.imports)
  if (packed.bin) packed.bin = pointingIntoDist(packed.bin)
  packed.exports = withDeclarations(packed.exports)
  packed.files = ['dist']
  writeFileSync(manifest, `${JSON.stringify(packed, null, 2)}\n`)
}

const step = process.argv[2]
if (step === 'prepack') prepack()
else if (step === 'postpack') restore()
else throw new Error('usage: node scripts/pack.js prepack|postpack, in the folder of a package')
