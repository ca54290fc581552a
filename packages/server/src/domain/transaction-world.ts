import type { Repositories } from './store.ts'
import type { World } from './world.ts'

/** The same world inside a transaction: rules that begin one of their own become part of it. */
export function withinTransaction(world: World, repositories: Repositories): World {
  return {
    ...world,
    store: {
      ...repositories,
      transaction: (work) => work(repositories),
      sharedTransaction: (work) => work(repositories),
      overwriteDeleted: world.store.overwriteDeleted,
      ping: world.store.ping,
      close: world.store.close,
    },
  }
}
