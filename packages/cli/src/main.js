#!/usr/bin/env node
/** `countersign`: the command line. JavaScript, since Node would load what strips types for this file alone: the others it has in the cache, without. */
// Not by its name: an older Node has none of it, and would say just that.
import module from 'node:module'
import { fileURLToPath } from 'node:url'

if (Number.parseInt(process.versions.node, 10) < 24) {
  const programs = fileURLToPath(new URL('../../../node_modules/.bin', import.meta.url))
  console.error(
    `countersign needs Node 24, and this is ${process.versions.node}. npm start has installed one: PATH=${programs}:$PATH finds it, as npx does in the clone.`,
  )
  process.exit(1)
}

// Beside what is installed and not in a folder that others can write to: what lies there is run. Halves the way to
// ready; where it can't be written, nothing is lost.
const cache = fileURLToPath(new URL('../../../node_modules/.cache/countersign', import.meta.url))
module.enableCompileCache(cache)
// Threads look there, too.
process.env.NODE_COMPILE_CACHE ??= cache
const { run } = await import('./program.ts')
await run(process.argv)
