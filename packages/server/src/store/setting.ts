import type { Settings } from '../domain/setting.ts'
import type { Connections } from './database.ts'

/** A row of `settings`. */
export type SettingRow = { readonly name: string; readonly value: string }

/** The settings of a database. */
export function settings({ read, write }: Connections): Settings {
  async function find(name: string): Promise<string | undefined> {
    return (await read.selectFrom('settings').select('value').where('name', '=', name).executeTakeFirst())?.value
  }
  return {
    find,
    async put(name, value) {
      const query = write.insertInto('settings').values({ name, value })
      await query.onConflict((on) => on.column('name').doUpdateSet({ value })).execute()
    },
    async putOnce(name, value) {
      const query = write.insertInto('settings').values({ name, value })
      await query.onConflict((on) => on.doNothing()).execute()
      return (await find(name)) ?? value
    },
  }
}
