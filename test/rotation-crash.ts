/** A rotation that dies as by a power cut, after the step that is named, when it comes for the nth time. */
import { join } from 'node:path'
import type { RotationStep } from '../packages/cli/src/client-cert-rotation.ts'
import { rotate } from './rotation-fixture.ts'

const [folder = '', name = '', step = '', times = '1'] = process.argv.slice(2)
let left = Number(times)
await rotate(
  folder,
  { kind: 'pem', cert: join(folder, name, 'cert.pem'), key: join(folder, name, 'key.pem') },
  {
    graceMs: 0,
    done: (done: RotationStep) => {
      if (done === step && --left === 0) process.kill(process.pid, 'SIGKILL')
    },
  },
)
