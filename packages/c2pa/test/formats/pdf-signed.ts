/** PDFs whose manifest store binds to them: nothing here signs PDF, so the store is forged for another asset and put in. */
import { concatBytes } from '@countersign/codec'
import { digest } from '@countersign/pki'
import { inspect } from '../inspect.ts'
import { CREATED, forge, manifestLabel } from '../verify/forge.ts'
import { type Kind, PdfWriter } from './pdf-writer.ts'

/** A page, and a manifest that was signed by the forger's credential. */
export async function signedPdf(kind: Kind): Promise<Uint8Array> {
  let store = new Uint8Array(1000)
  for (;;) {
    const asset = pdfAround(kind, store)
    const start = Buffer.from(asset).indexOf(store)
    const dataHash = {
      exclusions: [{ start, length: store.length }],
      alg: 'sha256',
      hash: digest('sha256', concatBytes([asset.subarray(0, start), asset.subarray(start + store.length)])),
      pad: new Uint8Array(),
    }
    const forged = await forge([
      {
        label: manifestLabel(1),
        assertions: [
          ['c2pa.actions.v2', () => CREATED],
          ['c2pa.hash.data', () => dataHash],
        ],
      },
    ])
    const made = inspect(forged)?.manifestStore?.bytes ?? new Uint8Array()
    if (made.length === store.length)
      return concatBytes([asset.subarray(0, start), made, asset.subarray(start + made.length)])
    store = new Uint8Array(made.length)
  }
}

function pdfAround(kind: Kind, store: Uint8Array): Uint8Array {
  return new PdfWriter(kind).update({
    1: '<< /Type /Catalog /Pages 2 0 R /AF [4 0 R] >>',
    2: '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    3: '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>',
    4: '<< /Type /Filespec /AFRelationship /C2PA_Manifest /EF << /F 5 0 R >> >>',
    5: { dictionary: '/Type /EmbeddedFile', bytes: store },
  })
}
