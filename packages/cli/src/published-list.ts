/** The trust lists that C2PA publishes: fetched when an administrator says so, and never by the platform itself. */
import { readFile, stat } from 'node:fs/promises'
import { get } from 'node:https'
import { join } from 'node:path'
import type { PublishedList } from '@countersign/server'
import type { TrustPurpose } from '@countersign/server/settings'
import { InputError, unreadable } from './failure.ts'
import { plain } from './plain-text.ts'

/** Where C2PA publishes them. */
export const PUBLISHED_LISTS = 'https://raw.githubusercontent.com/c2pa-org/conformance-public/main/trust-list/'

const NAMES: Readonly<Record<TrustPurpose, string>> = {
  signers: 'C2PA-TRUST-LIST.pem',
  'time-stamps': 'C2PA-TSA-TRUST-LIST.pem',
}

const MOST_BYTES = 1024 * 1024
const MOST_MS = 30_000

/**
 * The lists at `from`: both, of a URL or folder under which they stand by their published names; one, of a URL or file
 * that is a list itself, and then `purpose` has to say which.
 */
export async function publishedLists(
  from: string = PUBLISHED_LISTS,
  purpose: TrustPurpose | undefined,
): Promise<readonly PublishedList[]> {
  const url = /^[a-z][a-z0-9+.-]+:\/\//i.test(from) ? urlOf(from) : undefined
  const isSingle = url ? /\.(pem|crt|cer)$/i.test(url.pathname) : await isFile(from)
  if (isSingle && !purpose)
    throw new InputError(`${plain(from)} is one list: say by --for whether it is for signers or time-stamps`)
  const places = isSingle
    ? [{ purpose: purpose as TrustPurpose, place: url ?? from }]
    : (Object.keys(NAMES) as TrustPurpose[])
        .filter((candidate) => !purpose || candidate === purpose)
        .map((each) => ({ purpose: each, place: below(url ?? from, NAMES[each]) }))
  const lists: PublishedList[] = []
  for (const { purpose: each, place } of places)
    lists.push({ purpose: each, pem: place instanceof URL ? await fetchText(place) : await fileText(place) })
  return lists
}

function urlOf(text: string): URL {
  const url = URL.parse(text)
  // Who can change the list on its way decides who is believed.
  if (url?.protocol !== 'https:') throw new InputError(`--from is ${plain(text)}: a URL has to begin with https://`)
  return url
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile()
  } catch (cause) {
    throw unreadable(path, cause as NodeJS.ErrnoException)
  }
}

function below(place: URL | string, name: string): URL | string {
  if (!(place instanceof URL)) return join(place, name)
  const folder = new URL(place)
  folder.pathname = `${folder.pathname.replace(/\/$/, '')}/${name}`
  return folder
}

async function fileText(path: string): Promise<string> {
  try {
    const { size } = await stat(path)
    if (size > MOST_BYTES) throw new InputError(`${plain(path)} is longer than ${MOST_BYTES} bytes`)
    return await readFile(path, 'latin1')
  } catch (cause) {
    if (cause instanceof InputError) throw cause
    throw unreadable(path, cause as NodeJS.ErrnoException)
  }
}

/** One answer of that very address: redirections are not followed, and what is too large or too slow is given up. */
function fetchText(url: URL): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (why: string, cause?: Error): void =>
      reject(new InputError(`${plain(url.href)} was not fetched: ${plain(why)}`, { cause }))
    const request = get(url, { signal: AbortSignal.timeout(MOST_MS), headers: { accept: '*/*' } }, (response) => {
      const { statusCode = 0, headers } = response
      if (statusCode !== 200) {
        request.destroy()
        fail(
          headers.location === undefined ? `it answered ${statusCode}` : `it leads elsewhere, to ${headers.location}`,
        )
        return
      }
      const pieces: Buffer[] = []
      let length = 0
      response.on('data', (piece: Buffer) => {
        pieces.push(piece)
        length += piece.length
        if (length <= MOST_BYTES) return
        request.destroy()
        fail(`it is longer than ${MOST_BYTES} bytes`)
      })
      response.on('error', (error) => fail(error.message, error))
      response.on('end', () => resolve(Buffer.concat(pieces).toString('latin1')))
    })
    request.on('error', (error) =>
      fail(
        error.name === 'AbortError' ? `there was no whole answer in ${MOST_MS / 1000} seconds` : error.message,
        error,
      ),
    )
  })
}
