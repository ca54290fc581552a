import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { crc32, deflateRawSync } from 'node:zlib'
import { unzipSync } from 'fflate'
import { createZipWriter } from '../../src/http/zip-writer.ts'

const AT = new Date('2026-11-23T08:10:12Z')

function zipOf(count: number): Buffer {
  const zip = createZipWriter(AT)
  const parts: Uint8Array[] = []
  for (let index = 0; index < count; index++)
    parts.push(...zip.file(`files/${index}.txt`, Buffer.from(`file ${index}`)))
  const table = Buffer.from('a,b\r\n'.repeat(1_000))
  const of = { crc: crc32(table), size: table.length }
  parts.push(...zip.deflated('table.csv', deflateRawSync(table), of), ...zip.end())
  return Buffer.concat(parts)
}

test('a ZIP file is read by fflate', (t) => {
  const files = unzipSync(zipOf(3))
  t.assert.deepEqual(Object.keys(files), ['files/0.txt', 'files/1.txt', 'files/2.txt', 'table.csv'])
  t.assert.equal(Buffer.from(files['files/2.txt']!).toString(), 'file 2')
  t.assert.equal(Buffer.from(files['table.csv']!).toString(), 'a,b\r\n'.repeat(1_000))
})

const PYTHON = `
import sys, zipfile
z = zipfile.ZipFile(sys.argv[1])
names = z.namelist()
assert z.testzip() is None
assert z.read(names[-2]) == b'file %d' % (len(names) - 2)
info = z.getinfo(names[0])
print(len(names), info.date_time, oct(info.external_attr >> 16))
`

for (const count of [2, 65_533, 65_534])
  test(`one of ${count} files and a table is read by Python and unzip`, (t: TestContext) => {
    const folder = mkdtempSync(join(tmpdir(), 'countersign-zip-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    const file = join(folder, 'a.zip')
    writeFileSync(file, zipOf(count))
    const judges = [
      ['python3', ['-c', PYTHON, file], `${count + 1} (2026, 11, 23, 8, 10, 12) 0o100600\n`],
      ['unzip', ['-tqq', file], ''],
    ] as const
    for (const [command, options, expected] of judges) {
      const { error, status, stdout, stderr } = spawnSync(command, options, { encoding: 'utf8' })
      if (error) t.diagnostic(`${command} is not installed, and is one that judges here`)
      else t.assert.deepEqual([status, stdout, stderr], [0, expected, ''], command)
    }
  })
