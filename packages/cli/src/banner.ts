/** What a start prints: where the platform listens, once the first password, and a line that signs a picture. */
import { join } from 'node:path'
import type { RunningServer } from '@countersign/server'
import type { Paint } from './paint.ts'

/** The text for stdout; short, and the command in it works as it is printed. */
export function banner(server: RunningServer, paint: Paint): string {
  const { bold, dim, green, cyan } = paint
  const { urls, account, isFirstStart } = server
  const row = (name: string, value: string): string => `  ${dim(name.padEnd(15))} ${value}`
  const lines = [
    '',
    `${green('●')} ${bold(`Countersign ${server.version} is ready`)}`,
    '',
    row('API', cyan(urls.publicUrl)),
    row('Documentation', cyan(`${urls.publicUrl}/docs`)),
    row('Mutual TLS', cyan(urls.clientAuthUrl)),
    row('CRL, OCSP, TSA', cyan(urls.pkiUrl)),
    row('Root', pathText(server.rootFile)),
  ]
  if (account && isFirstStart)
    lines.push(
      '',
      row('Administrator', account.admin_email),
      row('Password', `${bold(account.admin_password)}  ${dim('shown this once')}`),
    )
  if (account) lines.push('', 'Sign a picture:', '', curlLine(server, account.account_id))
  return `${lines.join('\n')}\n\n`
}

/** The seed's own line, with what curl needs to reach a name that may not resolve. */
function curlLine({ urls, quickstartFolder, rootFile, address }: RunningServer, accountId: string): string {
  const url = new URL(urls.clientAuthUrl)
  const path = (name: string): string => pathText(join(quickstartFolder, name))
  const resolve = /(^|\.)localhost$/.test(url.hostname)
    ? [`--resolve ${url.hostname}:${url.port || '443'}:${address}`]
    : []
  return [
    'curl --fail --silent --show-error',
    ...resolve,
    `--cacert ${pathText(rootFile)} --cert ${path('cert.pem')} --key ${path('key.pem')}`,
    '--form hashAlgo=SHA256 --form signAlgo=1.2.840.10045.4.3.2 --form signAlgoParams=MTIzNDQ=',
    `--form accountId=${accountId} --form schemaField=author,publisher`,
    `--form image=@${path('picture.jpg')}`,
    '--header "Accept: image/jpeg" --output signed.jpg',
    `${urls.clientAuthUrl}/documentmanager/api/c2pa/v1/sign`,
  ]
    .map((part, index) => `${index === 0 ? '  ' : '    '}${part}`)
    .join(' \\\n')
}

/** A path that is safe in a shell; whole, since the line is likely to be run in another terminal. */
function pathText(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`
}
