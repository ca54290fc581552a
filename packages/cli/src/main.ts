#!/usr/bin/env node
/** `countersign`: the command line. */
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

// Beside what is installed and not in a folder that others can write to: what lies there is run. Halves the way to
// ready; where it can't be written, nothing is lost.
enableCompileCache(fileURLToPath(new URL('../../../node_modules/.cache/countersign', import.meta.url)))
const { run } = await import('./program.ts')
await run(process.argv)
