/**
 * The action modules that make, change, move and remove files of the machine. Each is a script that
 * is given what the document says as arguments; of names only what is behind the last `/` may have
 * wildcards.
 */
import type { Action, Input, Work } from './actions.ts';

const truth = ['true', 'false'];
const utf8 = ['utf8', 'utf-8'];

const createFile: Action = {
  inputs: 'each',
  required: ['path'],
  optional: ['content', 'encoding', 'owner', 'group', 'permissions', 'overwrite'],
  values: { encoding: utf8, overwrite: truth },
  work: (input) => ({
    ...script(
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

const appendFile: Action = {
  inputs: 'each',
  required: ['path'],
  optional: ['content', 'encoding'],
  values: { encoding: utf8 },
  work: (input) => ({
    ...script(
      'AppendFile',
      `[ -f "$1" ] || fail "there is no file $1"
cat "$IMAGO_INPUT" >> "$1"`,
      input.text('path'),
    ),
    input: input.text('content'),
  }),
};

const readFile: Action = {
  inputs: 'each',
  required: ['path'],
  optional: ['encoding', 'printFileContent'],
  values: { encoding: utf8, printFileContent: truth },
  output: 'content',
  quietUnless: 'printFileContent',
  work: (input) =>
    script('ReadFile', '[ -f "$1" ] || fail "there is no file $1"\ncat "$1"', input.text('path')),
};

const listFiles: Action = {
  inputs: 'each',
  required: ['path'],
  optional: ['fileNamePattern', 'recursive'],
  values: { recursive: truth },
  output: 'files',
  work: (input) =>
    script(
      'ListFiles',
      `[ -d "$1" ] || fail "there is no folder $1"
if [ "$3" = true ]; then find "$1" -type f -name "$2"; else find "$1" -maxdepth 1 -type f -name "$2"; fi |
  sort | sed -e ':all' -e 'N;$!ball' -e 's/\\n/,/g'`,
      input.text('path'),
      input.optional('fileNamePattern') ?? '*',
      String(input.flag('recursive', false)),
    ),
};

const createFolder: Action = {
  inputs: 'each',
  required: ['path'],
  optional: ['owner', 'group', 'permissions', 'overwrite'],
  values: { overwrite: truth },
  work: (input) =>
    script(
      'CreateFolder',
      `[ "$4" = true ] || [ ! -e "$1" ] || fail "$1 exists"
mkdir -p -- "$1" || exit 1
[ -z "$2" ] || chown -- "$2" "$1" || exit 1
[ -z "$3" ] || chmod -- "$3" "$1"`,
      input.text('path'),
      ownership(input),
      input.text('permissions'),
      String(input.flag('overwrite', true)),
    ),
};

const createSymlink: Action = {
  inputs: 'each',
  required: ['path', 'target'],
  optional: ['force'],
  values: { force: truth },
  work: (input) =>
    script(
      'CreateSymlink',
      `mkdir -p -- "$(dirname -- "$1")" || exit 1
cd -- "$(dirname -- "$1")" && [ -e "$2" ] || fail "there is no $2"
cd - > /dev/null
[ ! -e "$1" ] || [ -L "$1" ] || fail "$1 exists and is no link"
if [ "$3" = true ]; then ln -sfn -- "$2" "$1"; else ln -s -- "$2" "$1"; fi`,
      input.text('path'),
      input.text('target'),
      String(input.flag('force', false)),
    ),
};

const deleteFile: Action = {
  inputs: 'each',
  required: ['path'],
  work: (input) => {
    const { folder, pattern } = parts(input.text('path'));
    const text = `IFS=
for file in "$1"$2; do
  [ ! -d "$file" ] || continue
  [ -e "$file" ] || [ -L "$file" ] || fail "there is no file $file"
  rm -f -- "$file" || exit 1
done`;
    return script('DeleteFile', text, folder, pattern);
  },
};

const deleteFolder: Action = {
  inputs: 'each',
  required: ['path'],
  optional: ['force'],
  values: { force: truth },
  work: (input) =>
    script(
      'DeleteFolder',
      `[ -d "$1" ] || fail "there is no folder $1"
[ "$(readlink -f -- "$1")" != / ] || fail "the root of all is no folder to delete"
if [ "$2" = true ]; then rm -rf -- "$1"; else rmdir -- "$1"; fi`,
      input.text('path'),
      String(input.flag('force', false)),
    ),
};

/** `kind` is test's: f or d. */
function transfer(name: string, kind: 'f' | 'd', command: string): Action {
  const text = `IFS=
case $3 in */) mkdir -p -- "$3" ;; *) mkdir -p -- "$(dirname -- "$3")" ;; esac || exit 1
found=
for file in "$1"$2; do
  [ -${kind} "$file" ] || continue
  found=yes
  case $3 in */) target=$3\${file##*/} ;; *) target=$3 ;; esac
  [ "$4" = true ] || [ ! -e "$target" ] || fail "$target exists"
  ${command} || exit 1
done
[ -n "$found" ] || fail "there is no $1$2"`;
  return {
    inputs: 'each',
    required: ['source', 'destination'],
    optional: ['overwrite'],
    values: { overwrite: truth },
    work: (input) => {
      const { folder, pattern } = parts(input.text('source').replace(/(.)\/+$/, '$1'));
      const overwrite = String(input.flag('overwrite', true));
      return script(name, text, folder, pattern, input.text('destination'), overwrite);
    },
  };
}

const onto = 'mkdir -p -- "$target" && cp -a -- "$file/." "$target/"';

function permissions(name: string, kind: 'f' | 'd'): Action {
  return changed(name, kind, 'chmod', ['path', 'permissions'], (input) =>
    input.text('permissions'),
  );
}

/** Without a group it is the one that the user belongs to: so `user:` says. */
function owner(name: string, kind: 'f' | 'd'): Action {
  const whose = (input: Input) => `${input.text('owner')}:${input.text('group')}`;
  const action = changed(name, kind, 'chown', ['path', 'owner'], whose);
  return { ...action, optional: [...(action.optional ?? []), 'group'] };
}

function changed(
  name: string,
  kind: 'f' | 'd',
  command: 'chmod' | 'chown',
  required: readonly string[],
  value: (input: Input) => string,
): Action {
  const text = `[ -${kind} "$1" ] || fail "there is no $1"
if [ "$3" = true ]; then ${command} -R -- "$2" "$1"; else ${command} -- "$2" "$1"; fi`;
  const isFolder = kind === 'd';
  return {
    inputs: 'each',
    required,
    ...(isFolder && { optional: ['recursive'], values: { recursive: truth } }),
    work: (input) => {
      const recursive = String(isFolder && input.flag('recursive', true));
      return script(name, text, input.text('path'), value(input), recursive);
    },
  };
}

export const fileActions = {
  AppendFile: appendFile,
  CopyFile: transfer('CopyFile', 'f', 'cp -- "$file" "$target"'),
  CopyFolder: transfer('CopyFolder', 'd', onto),
  CreateFile: createFile,
  CreateFolder: createFolder,
  CreateSymlink: createSymlink,
  DeleteFile: deleteFile,
  DeleteFolder: deleteFolder,
  ListFiles: listFiles,
  MoveFile: transfer('MoveFile', 'f', 'mv -f -- "$file" "$target"'),
  MoveFolder: transfer('MoveFolder', 'd', `${onto} && rm -rf -- "$file"`),
  ReadFile: readFile,
  SetFileOwner: owner('SetFileOwner', 'f'),
  SetFilePermissions: permissions('SetFilePermissions', 'f'),
  SetFolderOwner: owner('SetFolderOwner', 'd'),
  SetFolderPermissions: permissions('SetFolderPermissions', 'd'),
};

/** `$0` of all scripts is the action, which is what its errors begin with. */
function script(name: string, text: string, ...args: string[]): Work {
  return {
    argv: ['sh', '-c', `fail() { echo "$0: $1" >&2; exit 1; }\n${text}`, name, ...args],
  };
}

/** `user`, `user:group` or `:group`. */
function ownership(input: Input): string {
  const [user, group] = [input.text('owner'), input.text('group')];
  return group === '' ? user : `${user}:${group}`;
}

/** A folder with its `/`, and a pattern of names in it, of which only `*` is special; or a name. */
function parts(path: string): { folder: string; pattern: string } {
  const end = path.lastIndexOf('/') + 1;
  if (!path.includes('*', end)) return { folder: path, pattern: '' };
  const pattern = path.slice(end).replaceAll(/[\\?[\]]/g, '\\$&');
  return { folder: path.slice(0, end), pattern };
}
