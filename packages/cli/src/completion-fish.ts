import type { CompletedCommand } from './completion.ts'

/** A script for fish. */
export function fishScript(commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap(({ words, subcommands, flags, choices = [] }) => {
    const names = subcommands.map(({ name }) => name)
    const seen = words.map((word) => `__fish_seen_subcommand_from ${word}`)
    const here = words.length === 0 ? ['__fish_use_subcommand'] : seen
    const before = names.length > 0 && words.length > 0 ? [`not __fish_seen_subcommand_from ${names.join(' ')}`] : []
    // A word may be a command by itself and one below another.
    const others = commands.filter(
      (other) => words.length === 1 && other.words.length > 1 && other.words[1] === words[0],
    )
    const parents = others.map((other) => `not __fish_seen_subcommand_from ${other.words[0]}`)
    const when = quoted([...here, ...before, ...parents].join('; and '))
    return [
      ...subcommands.map(
        ({ name, description }) => `complete -c countersign -n ${when} -f -a ${name} -d ${quoted(description)}`,
      ),
      ...(choices.length > 0 ? [`complete -c countersign -n ${when} -f -a ${quoted(choices.join(' '))}`] : []),
      ...flags.map(({ flag, description, takesValue, choices }) => {
        const value = choices ? ` -x -a ${quoted(choices.join(' '))}` : takesValue ? ' -r' : ''
        return `complete -c countersign -n ${when} -l ${flag.slice(2)}${value} -d ${quoted(description)}`
      }),
    ]
  })
  return `# countersign for fish: countersign completion fish > ~/.config/fish/completions/countersign.fish\n${lines.join('\n')}\n`
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
