/** Room in a manifest store that neither its signature nor a hash covers: whatever is put there later shall be seen. C2PA 2.2 §15.12.1.1. */
import { C2paError } from '../c2pa-error.ts'
import { type CoseHeader, decodeCoseSign1 } from '../cose/sign1.ts'
import { isSuperbox, type Superbox } from '../jumbf/superbox.ts'
import type { ManifestStore } from '../manifest/store.ts'

/** Where padding holds anything but zeros; undefined where none does. */
export function usedPadding({ box, manifests }: ManifestStore): string | undefined {
  if (hasUsedRoom(box)) return 'a free box holds data'
  const headers = manifests.flatMap(({ signatures }) => signatures.map(({ bytes }) => unprotectedHeader(bytes)))
  const paddings = headers.flatMap((header) => [header?.get('pad'), header?.get('pad2')])
  return paddings.every((padding) => padding === undefined || (padding instanceof Uint8Array && isZero(padding)))
    ? undefined
    : 'the padding of a signature holds data'
}

function hasUsedRoom(superbox: Superbox): boolean {
  return superbox.boxes.some((inner) =>
    isSuperbox(inner) ? hasUsedRoom(inner) : (inner.type === 'free' || inner.type === 'skip') && !isZero(inner.payload),
  )
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0)
}

/** What is none has been said of the signature. */
function unprotectedHeader(bytes: Uint8Array): CoseHeader | undefined {
  try {
    return decodeCoseSign1(bytes).unprotectedHeader
  } catch (error) {
    if (error instanceof C2paError) return undefined
    throw error
  }
}
