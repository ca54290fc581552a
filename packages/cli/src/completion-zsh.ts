import type { CompletedCommand } from './completion.ts'

/** A script for zsh, to be sourced or put where functions are looked for. */
export function zshScript(commands: readonly CompletedCommand[]): string {
  const steps = commands
    .slice(1)
    .map(({ words }) => `      (${quoted(words.join(' '))}) at=${quoted(words.join(' '))} ;;`)
  const values = commands.flatMap(({ words, flags }) =>
    flags
      .filter(({ takesValue }) => takesValue)
      .map(({ flag, choices }) => {
        const action = choices ? `compadd -- ${choices.map(quoted).join(' ')}` : '_files'
        return `    (${quoted([...words, flag].join(' '))}) ${action}; return ;;`
      }),
  )
  const cases = commands.map(({ words, subcommands, flags, choices = [] }) => {
    const following = [
      ...subcommands.map(({ name, description }) => described(name, description)),
      ...choices.map(quoted),
    ]
    const all = flags.map(({ flag, description }) => described(flag, description))
    return `    (${quoted(words.join(' '))})\n      following=(${following.join(' ')})\n      flags=(${all.join(' ')}) ;;`
  })
  return `#compdef countersign
# countersign for zsh: countersign completion zsh > a folder of fpath/_countersign
_countersign() {
  local at='' word
  local -a following flags
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "\${at:+$at }$word" in
${steps.join('\n')}
    esac
  done
  case "\${at:+$at }\${words[CURRENT-1]}" in
${values.join('\n')}
  esac
  case "$at" in
${cases.join('\n')}
  esac
  if [[ "$PREFIX" == -* ]]; then
    _describe -o flag flags
  elif (( $#following )); then
    _describe command following
  else
    _files
  fi
}
if [[ "\${funcstack[1]}" == _countersign ]]; then
  _countersign "$@"
else
  compdef _countersign countersign
fi
`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** A colon parts word and description. */
function described(word: string, description: string): string {
  return quoted(`${word}:${description.replaceAll(':', '\\:')}`)
}
