#!/usr/bin/env node
/** `countersign`: the command line. JavaScript, since Node would load what strips types for this file alone: the others it has in the cache, without. */
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

// Beside what is installed and not in a folder that others can write to: what lies there is run. Halves the way to
// ready; where it can't be written, nothing is lost.
const cache = fileURLToPath(new URL('../../../node_modules/.cache/countersign', import.meta.url))
enableCompileCache(cache)
// Threads look there, too.
process.env.NODE_COMPILE_CACHE ??= cache
const { run } = await import('./program.ts')
await run(process.argv)
