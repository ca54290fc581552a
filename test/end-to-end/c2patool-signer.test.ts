/**
 * `countersign c2patool-signer`, by the protocol of c2patool's external signers, which is not on every machine: c2pa-rs (wasm)
 * makes the manifest and reads it, and asks for the signature as c2patool does.
 */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { decodePem } from '@countersign/codec'
import type { CborValue } from '../../packages/c2pa/src/cbor.ts'
import { encodeCbor } from '../../packages/c2pa/src/cbor-encode.ts'
import { encodeCoseSign1, signatureStructure } from '../../packages/c2pa/src/cose/sign1.ts'
import { c2paRsBuilder } from '../../packages/c2pa/test/c2pa-rs-signer.ts'
import { MemoryBlob } from '../../packages/c2pa/test/memory-blob.ts'
import { countersign, MAIN } from '../countersign.ts'
import { judge } from '../judge.ts'
import { type Platform, startPlatform } from '../platform.ts'

let platform: Platform
let folder: string

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-c2patool-'))
  mkdirSync(join(folder, 'data'))
  platform = await startPlatform({ data: join(folder, 'data') })
})
after(async () => {
  await platform.remove()
  rmSync(folder, { recursive: true, force: true })
})

type Signed = { readonly status: number | null; readonly stdout: Buffer; readonly stderr: string }

/** As c2patool runs it: what is to be signed on standard input, the signature on standard output. */
function signer(input: Uint8Array, args: readonly string[] = []): Promise<Signed> {
  return new Promise((resolve) => {
    const env = { PATH: process.env.PATH, HOME: folder }
    const child = spawn(process.execPath, [MAIN, 'c2patool-signer', ...args], { cwd: folder, env })
    const out: Buffer[] = []
    let stderr = ''
    child.stdout.on('data', (piece) => out.push(piece))
    child.stderr.on('data', (piece) => {
      stderr += piece
    })
    child.stdin.on('error', () => {})
    child.on('close', (status) => resolve({ status, stdout: Buffer.concat(out), stderr }))
    child.stdin.end(input)
  })
}

type Info = {
  readonly alg: string
  readonly sign_cert: string
  readonly reserve_size: number
  readonly tsa_url: string
}

async function info(...args: readonly string[]): Promise<Info> {
  const { stdout, status, stderr } = await countersign(['c2patool-signer', '--signer-info', ...args], { cwd: folder })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}

const ALGORITHMS: Readonly<Record<string, number>> = { es256: -7, ps256: -37 }

for (const [credential, alg, bytes] of [
  ['quickstart', 'es256', 64],
  ['quickstart-rsa', 'ps256', 256],
] as const) {
  test(`c2pa-rs signs by ${credential}, and reads what comes of it as Trusted`, async (t: TestContext) => {
    const told = await info('--credential-id', credential)
    t.assert.equal(told.alg, alg)
    t.assert.equal(told.tsa_url, `${platform.account.pki_url}/tsa`)
    const certificates = decodePem(told.sign_cert).map(({ bytes }) => bytes)
    t.assert.equal(certificates.length, 2)
    const protectedBytes = encodeCbor(
      new Map<CborValue, CborValue>([
        [1, ALGORITHMS[alg] ?? 0],
        [33, certificates],
      ]),
    )
    const builder = c2paRsBuilder()
    const picture = readFileSync(platform.quickstart('picture.jpg'))
    const signed = await builder.sign(
      {
        alg,
        reserveSize: told.reserve_size,
        async sign(claim: Uint8Array) {
          const args = ['--credential-id', credential, '--reserve-size', String(told.reserve_size), '--alg', alg]
          const { status, stdout, stderr } = await signer(signatureStructure('Signature1', protectedBytes, claim), args)
          t.assert.equal(status, 0, stderr)
          t.assert.equal(stdout.length, bytes)
          const sign1 = { protectedBytes, unprotectedHeader: new Map(), signature: new Uint8Array(stdout) }
          return new Uint8Array(encodeCoseSign1(sign1, told.reserve_size))
        },
      },
      [],
      'image/jpeg',
      new MemoryBlob(new Uint8Array(picture)),
    )
    builder.free()
    t.assert.equal((await judge('image/jpeg', signed, platform.ca)).validation_state, 'Trusted')
    writeFileSync(join(folder, 'signed.jpg'), signed)
    t.assert.equal((await countersign(['verify', 'signed.jpg', '--trust', 'data/ca.pem'], { cwd: folder })).status, 0)
  })
}

test('what goes wrong is on standard error, with a status, and no byte on standard output', async (t: TestContext) => {
  const claim = Buffer.from('what is to be signed')
  for (const [input, args, sentence] of [
    [claim, ['--alg', 'ps256'], /c2patool expects ps256, and the credential signs by es256/],
    [Buffer.alloc(0), [], /Standard input is empty/],
    [claim, ['--credential-id', 'nobody'], /There is no credential "nobody"/],
    [Buffer.alloc(17 * 1024 * 1024), [], /Standard input has more than/],
  ] as const) {
    const { status, stdout, stderr } = await signer(input, args)
    t.assert.equal(status, 1)
    t.assert.equal(stdout.length, 0)
    t.assert.match(stderr, sentence)
  }
})
