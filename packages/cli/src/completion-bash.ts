import type { CompletedCommand } from './completion.ts'

/** A script for bash, to be sourced. */
export function bashScript(commands: readonly CompletedCommand[]): string {
  const steps = commands.slice(1).map(({ words }) => `      '${words.join(' ')}') at='${words.join(' ')}' ;;`)
  const values = commands.flatMap(({ words, flags }) =>
    flags
      .filter(({ takesValue }) => takesValue)
      .map(({ flag, choices }) => `    '${[...words, flag].join(' ')}') words='${(choices ?? []).join(' ')}' ;;`),
  )
  const cases = commands.map(({ words, subcommands, flags, choices = [] }) => {
    const following = [...subcommands.map(({ name }) => name), ...choices].join(' ')
    return `    '${words.join(' ')}') words='${following}'; flags='${flags.map(({ flag }) => flag).join(' ')}' ;;`
  })
  return `# countersign for bash: source <(countersign completion bash)
_countersign() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" at='' word words='' flags=''
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${at:+$at }$word" in
${steps.join('\n')}
    esac
  done
  # What follows a flag that takes a value: one of its words, or a file.
  case "\${at:+$at }$before" in
${values.join('\n')}
    *) words='-' ;;
  esac
  if [ "$words" != '-' ]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
    return
  fi
  case "$at" in
${cases.join('\n')}
  esac
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$current")) ;;
    *) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
  esac
}
complete -o default -F _countersign countersign
`
}
