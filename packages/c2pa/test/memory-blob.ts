/** What c2pa-rs, compiled to WebAssembly, reads files through, where there is no browser. */

/** As much of the browser's Blob and FileReaderSync as it takes, without a copy too many. */
export class MemoryBlob extends Blob {
  readonly #bytes: Uint8Array
  constructor(bytes: Uint8Array) {
    super([])
    this.#bytes = bytes
  }
  override get size(): number {
    return this.#bytes.length
  }
  override slice(start = 0, end = this.#bytes.length): MemoryBlob {
    return new MemoryBlob(this.#bytes.subarray(start, end))
  }
  content(): ArrayBuffer {
    return new Uint8Array(this.#bytes).buffer
  }
}
Object.assign(globalThis, {
  FileReaderSync: class {
    readAsArrayBuffer(blob: MemoryBlob): ArrayBuffer {
      return blob.content()
    }
  },
})
