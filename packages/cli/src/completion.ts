/** `countersign completion`: the commands and flags, for the shells that complete them. */
import { Argument, type Command, type Option } from 'commander'
import { bashScript } from './completion-bash.ts'
import { fishScript } from './completion-fish.ts'
import { zshScript } from './completion-zsh.ts'

/** A flag, and what may follow it. */
export type CompletedFlag = {
  readonly flag: string
  readonly description: string
  readonly takesValue: boolean
  /** Undefined where it may be anything, a file most likely. */
  readonly choices: readonly string[] | undefined
}

/** A command: its words, what may follow them, and its flags. */
export type CompletedCommand = {
  readonly words: readonly string[]
  readonly description: string
  readonly subcommands: readonly { readonly name: string; readonly description: string }[]
  readonly flags: readonly CompletedFlag[]
  /** What its first argument may be, where that is known. */
  readonly choices: readonly string[] | undefined
}

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const

type Shell = keyof typeof SCRIPTS

/** Adds the command; `whole` gives the program with all commands. */
export function addCompletion(program: Command, whole: () => Promise<Command>): void {
  program
    .command('completion')
    .description('print what has a shell complete commands and flags')
    .addArgument(new Argument('<shell>').choices(Object.keys(SCRIPTS)))
    .addHelpText(
      'after',
      `
Examples:
  source <(countersign completion bash)
  countersign completion zsh > ~/.zfunc/_countersign
  countersign completion fish > ~/.config/fish/completions/countersign.fish`,
    )
    .action(async (shell: Shell) => {
      process.stdout.write(SCRIPTS[shell](commandsOf(await whole(), [])))
    })
}

/** The command, and all below it. */
export function commandsOf(command: Command, words: readonly string[]): readonly CompletedCommand[] {
  const own: CompletedCommand = {
    words,
    description: command.description(),
    subcommands: command.commands.map((below) => ({ name: below.name(), description: below.description() })),
    flags: [...command.options.map(flagOf), ...HELP],
    choices: command.registeredArguments[0]?.argChoices,
  }
  return [own, ...command.commands.flatMap((below) => commandsOf(below, [...words, below.name()]))]
}

const HELP: readonly CompletedFlag[] = [
  { flag: '--help', description: 'display help for command', takesValue: false, choices: undefined },
]

function flagOf({ long, description, required, optional, argChoices }: Option): CompletedFlag {
  return { flag: long ?? '', description, takesValue: required || optional, choices: argChoices }
}
