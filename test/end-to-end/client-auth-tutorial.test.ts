/**
 * The lines of DigiCert's tutorial "Set up service user multi-factor authentication", in its order. Host, API key and
 * password are ours; where it asks for the password at a prompt, the password is an argument.
 */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { missing, run } from '../command.ts'
import { startPlatform } from '../platform.ts'

const PASSWORD = 'Correct-Horse-9'

const ADD = String.raw`
# Step 1
mkdir -p ~/.digicert/certs
cd ~/.digicert/certs
openssl req -new -newkey rsa:2048 -nodes \
  -keyout client_auth_private.key \
  -out client_auth.csr \
  -subj "/CN=Demo API Service User/O=Your Organization/C=US"
chmod 400 client_auth_private.key
openssl req -text -noout -in client_auth.csr > /dev/null

# Step 2
curl -X POST "https://demo.one.digicert.com/account/api/v1/client-auth-certificate" \
  -H "x-api-key: SERVICE_USER_TOKEN" \
  -H "Content-Type: application/json" \
  -d "{\"csr\": \"$(awk '{printf "%s\\n", $0}' client_auth.csr)\", \"name\": \"API Client Auth Certificate\"}" \
  -o response.json

# Step 3
jq -r '.x509_cert' response.json > client_auth.crt
openssl x509 -in client_auth.crt -text -noout | head -n 10

# Step 4
openssl pkcs12 -export \
  -out client_auth.p12 \
  -inkey client_auth_private.key \
  -in client_auth.crt \
  -name "DigiCert Client Auth Certificate" -passout pass:YOUR_PASSWORD
openssl pkcs12 -in client_auth.p12 -noout -info -passin pass:YOUR_PASSWORD
rm -f client_auth_private.key
`

const ME = `
cd ~/.digicert/certs
curl -X GET \\
  --cert client_auth.p12:YOUR_PASSWORD \\
  --cert-type P12 \\
  "https://clientauth.one.digicert.com/account/api/v1/user/me"
`

const enable = (enabled: boolean): string => `
cd ~/.digicert/certs
CERT_ID=$(jq -r '.id' response.json)
curl -X PUT "https://demo.one.digicert.com/account/api/v1/client-auth-certificate/\${CERT_ID}/enable" \\
  -H "x-api-key: SERVICE_USER_TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{"enabled": ${enabled}}'
`

const END_DATE = `
openssl pkcs12 -in ~/.digicert/certs/client_auth.p12 -nokeys -passin pass:YOUR_PASSWORD | \\
  openssl x509 -noout -enddate
`

const LIST = `
curl -X GET \\
  "https://demo.one.digicert.com/account/api/v1/client-auth-certificate" \\
  -H "x-api-key: SERVICE_API_KEY" | jq '.[] | {name, end_date, enabled}'
`

const MONITOR = `
cd ~/.digicert/certs
EXPIRY=$(openssl pkcs12 -in client_auth.p12 -nokeys -passin pass:YOUR_PASSWORD | \\
  openssl x509 -noout -enddate | cut -d= -f2)
EXPIRY_EPOCH=$(date -d "$EXPIRY" +%s)
NOW_EPOCH=$(date +%s)
DAYS_REMAINING=$(( ($EXPIRY_EPOCH - $NOW_EPOCH) / 86400 ))

if [ $DAYS_REMAINING -lt 90 ]; then
  echo "WARNING: Certificate expires in $DAYS_REMAINING days. Rotate soon."
fi
echo "$DAYS_REMAINING days"
`

/** The three filters of the tutorial, for machines without jq. */
const JQ = `#!/usr/bin/env node
const [filter, file] = process.argv.slice(2).filter((argument) => argument !== '-r')
const value = JSON.parse(require('node:fs').readFileSync(file ?? 0, 'utf8'))
if (filter.startsWith('.[] | ')) {
  for (const { name, end_date, enabled } of value) console.log(JSON.stringify({ name, end_date, enabled }, null, 2))
} else console.log(value[filter.slice(1)])
`

test('the tutorial’s own lines work', { skip: missing('curl') || missing('openssl') }, async (t: TestContext) => {
  const platform = await startPlatform()
  const home = await mkdtemp(join(tmpdir(), 'countersign-tutorial-'))
  t.after(async () => {
    await platform.remove()
    await rm(home, { recursive: true, force: true })
  })
  const { base_url, clientauth_url, service_api_key, service_user_id } = platform.account
  await mkdir(join(home, 'bin'))
  if (missing('jq')) {
    await writeFile(join(home, 'bin', 'jq'), JQ)
    await chmod(join(home, 'bin', 'jq'), 0o755)
    t.diagnostic('jq is not on this machine: Node does its part')
  }
  // What belongs to the machine and not to the tutorial: whom to trust, where names lead, and the status on the side.
  const port = new URL(base_url).port
  await writeFile(
    join(home, '.curlrc'),
    [
      'silent',
      `cacert = "${join(platform.data, 'ca.pem')}"`,
      ...[base_url, clientauth_url].map((url) => `resolve = "${new URL(url).hostname}:${port}:127.0.0.1"`),
      'write-out = "%{stderr}%{http_code}"',
    ].join('\n'),
  )
  const shell = async (lines: string) => {
    const script = lines
      .replaceAll('https://clientauth.one.digicert.com', clientauth_url)
      .replaceAll('https://demo.one.digicert.com', base_url)
      .replaceAll(/SERVICE_USER_TOKEN|SERVICE_API_KEY/g, service_api_key)
      .replaceAll('YOUR_PASSWORD', PASSWORD)
    const env = { ...process.env, HOME: home, PATH: [join(home, 'bin'), process.env.PATH].join(delimiter) }
    const outcome = await run('sh', ['-e', '-c', script], { cwd: home, env })
    t.assert.equal(outcome.status, 0, `${lines}\n${outcome.stdout}\n${outcome.stderr}`)
    return outcome
  }

  const added = await shell(ADD)
  t.assert.match(added.stderr, /201/)
  t.assert.match(added.stdout, /Issuer: .*Countersign/)

  const me = await shell(ME)
  t.assert.equal(me.stderr, '200')
  t.assert.equal((JSON.parse(me.stdout) as { id: string }).id, service_user_id)

  const disabled = await shell(enable(false))
  t.assert.equal(disabled.stderr, '200')
  const answer = JSON.parse(disabled.stdout) as Record<string, unknown>
  t.assert.deepEqual(Object.keys(answer), [
    'id',
    'user_id',
    'name',
    'common_name',
    'end_date',
    'start_date',
    'enabled',
    'serial_number',
    'public_key',
  ])
  t.assert.equal(answer.enabled, false)

  const denied = await shell(ME)
  t.assert.equal(denied.stderr, '403')
  t.assert.deepEqual(JSON.parse(denied.stdout), {
    errors: [{ code: 'AUTHORIZATION_ERROR', message: 'No authentication data provided' }],
  })

  const enabled = await shell(enable(true))
  t.assert.equal((JSON.parse(enabled.stdout) as { enabled: boolean }).enabled, true)
  t.assert.equal((await shell(ME)).stderr, '200')

  t.assert.match((await shell(END_DATE)).stdout, /^notAfter=\w{3} [ \d]\d [\d:]{8} \d{4} GMT$/m)
  const listed = await shell(LIST)
  t.assert.match(listed.stdout, /"name": "API Client Auth Certificate",\s+"end_date": "\d{4}-.*Z",\s+"enabled": true/)
  t.assert.equal((await shell(MONITOR)).stdout.trim(), '364 days')
})
