import type { Command } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** A completion script of the commands and options as they are; `eval "$(serin completion bash)"`. */
export function completionScript(program: Command, shell: string): string {
  const commands = program.commands.map((command) => ({
    name: command.name(),
    about: command.description(),
    options: command.options.map(({ long }) => long ?? '').filter((long) => long !== ''),
  }));
  if (shell === 'fish') return fishScript(commands);
  const cases = commands.map(
    ({ name, options }) => `    ${name}) words="${[...options, '--help'].join(' ')}" ;;`,
  );
  const names = commands.map(({ name }) => name).join(' ');
  const bash = [
    '_serin() {',
    '  local words="" current="${COMP_WORDS[COMP_CWORD]}"',
    `  if [ "$COMP_CWORD" -eq 1 ]; then words="${names}"; else case "\${COMP_WORDS[1]}" in`,
    ...cases,
    '  esac; fi',
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    '  [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$current"))',
    '}',
    'complete -o filenames -F _serin serin',
  ].join('\n');
  return shell === 'zsh' ? `autoload -U +X bashcompinit && bashcompinit\n${bash}` : bash;
}

interface CompletedCommand {
  readonly name: string;
  readonly about: string;
  readonly options: readonly string[];
}

function fishScript(commands: readonly CompletedCommand[]): string {
  return commands
    .flatMap(({ name, about, options }) => [
      `complete -c serin -n __fish_use_subcommand -a ${name} -d '${about.replaceAll("'", '')}'`,
      ...options.map(
        (option) =>
          `complete -c serin -n '__fish_seen_subcommand_from ${name}' -l ${option.replace(/^--/, '')}`,
      ),
    ])
    .join('\n');
}
