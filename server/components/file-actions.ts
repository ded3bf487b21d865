/** The action modules that make, change and remove files of the machine. */
import type { Action, Input } from './actions.ts';

/** `$0` of all scripts is the action, which is what its errors begin with. */
function script(name: string, text: string, ...args: string[]): string[] {
  return ['sh', '-c', `fail() { echo "$0: $1" >&2; exit 1; }\n${text}`, name, ...args];
}

const truth = ['true', 'false'];
const utf8 = ['utf8', 'utf-8'];

/** `user`, `user:group` or `:group`. */
function ownership(input: Input): string {
  const [owner, group] = [input.text('owner'), input.text('group')];
  return group === '' ? owner : `${owner}:${group}`;
}

const createFile: Action = {
  inputs: 'each',
  required: ['path'],
  optional: ['content', 'encoding', 'owner', 'group', 'permissions', 'overwrite'],
  values: { encoding: utf8, overwrite: truth },
  work: (input) => ({
    argv: script(
      'CreateFile',
      `[ ! -d "$1" ] || fail "$1 is a folder"
[ "$4" = true ] || [ ! -e "$1" ] || fail "$1 exists"
mkdir -p -- "$(dirname -- "$1")" && cat "$IMAGO_INPUT" > "$1" || exit 1
[ -z "$2" ] || chown -- "$2" "$1" || exit 1
[ -z "$3" ] || chmod -- "$3" "$1"`,
      input.text('path'),
      ownership(input),
      input.text('permissions'),
      String(input.flag('overwrite', true)),
    ),
    input: input.text('content'),
  }),
};

export const fileActions = { CreateFile: createFile };
