/** The world of a platform in which no password and no PIN costs more than it has to: what they cost is what few tests are about. */
import type { Config } from '../src/config.ts'
import type { World } from '../src/domain/world.ts'
import { createKeys } from '../src/keys/keys.ts'
import { openMasterKey } from '../src/keys/master-key.ts'
import { createPasswords } from '../src/keys/password-hash.ts'
import { openWorld, type WorldOptions } from '../src/platform.ts'
import { CHEAP_PASSWORDS, CHEAP_PINS } from './test-world.ts'

export async function openCheapWorld(config: Config, options: WorldOptions): Promise<World> {
  const world = await openWorld(config, options)
  const { dataFolder, masterKey: given } = config
  const masterKey = await openMasterKey({ given, dataFolder, mayCreate: false })
  return {
    ...world,
    keys: createKeys({ masterKey, now: options.now, pinCost: CHEAP_PINS }),
    passwords: createPasswords(CHEAP_PASSWORDS),
  }
}
