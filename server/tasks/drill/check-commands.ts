/**
 * What is run in a guest for each kind of check, and what is made of its outcome. What came from a
 * plan is an argument of a fixed script, never a part of it.
 */

import type { DrillCheck } from '../../catalog/rows/drill.ts';
import type { CommandOutcome, GuestCommand } from '../../components/guest-shell.ts';

const fileScript = '[ -e "$1" ] || { echo "$1 is not there" >&2; exit 1; }';

const digestScript = 'sha256sum < "$1"';

/** systemd, OpenRC, and what has neither: a process of that name. */
const serviceScript = `
if [ -d /run/systemd/system ]; then exec systemctl is-active -- "$1"; fi
if command -v rc-service > /dev/null; then exec rc-service "$1" status; fi
exec pidof "$1"
`;

/** State 0A is LISTEN; the port is in hexadecimal digits. */
const portScript = `
port=$(printf %04X "$1")
grep -qE "^ *[0-9]+: [0-9A-F]+:$port [0-9A-F]+:0000 0A " /proc/net/tcp /proc/net/tcp6 2> /dev/null ||
  { echo "nobody listens to port $1" >&2; exit 1; }
`;

/**
 * As the user that the database knows: there is no password for it on its own machine. Terse, as
 * what is wrong is then the last line that it writes.
 */
const psqlScript = `
set -- "$1" "\${2:-postgres}" "\${3:-postgres}"
if command -v runuser > /dev/null; then
  exec runuser -u "$3" -- psql -XAtq -v ON_ERROR_STOP=1 -v VERBOSITY=terse -d "$2" -c "$1"
fi
exec su "$3" -s /bin/sh -c 'exec psql -XAtq -v ON_ERROR_STOP=1 -v VERBOSITY=terse -d "$1" -c "$0"' -- "$1" "$2"
`;

const mysqlScript = `
program=mysql
if command -v mariadb > /dev/null; then program=mariadb; fi
exec "$program" --batch --skip-column-names --user="\${3:-root}" --execute="$1" \${2:+"$2"}
`;

export function commandOf(check: DrillCheck): Pick<GuestCommand, 'argv'> {
  switch (check.kind) {
    case 'command':
      return { argv: ['sh', '-c', check.command] };
    case 'file':
      return script(check.sha256 === undefined ? fileScript : digestScript, check.path);
    case 'service':
      return script(serviceScript, check.service);
    case 'port':
      return script(portScript, String(check.port));
    case 'query': {
      const { client, query, database = '', user = '' } = check;
      return script(client === 'psql' ? psqlScript : mysqlScript, query, database, user);
    }
  }
}

function script(text: string, ...args: string[]): Pick<GuestCommand, 'argv'> {
  return { argv: ['sh', '-c', text, 'sh', ...args] };
}

/** Why it does not hold; undefined: it does. */
export function judge(check: DrillCheck, outcome: CommandOutcome): string | undefined {
  const { timeoutSeconds, exitCode = 0, equals, contains } = check;
  if (outcome.kind === 'late') return `it took more than ${timeoutSeconds} s`;
  if (outcome.kind === 'too-much') return 'it wrote more than is kept';
  if (outcome.kind === 'rebooted') return 'the guest booted anew meanwhile';
  if (outcome.exitCode !== exitCode) {
    const why = outcome.lastError === undefined ? '' : `: ${outcome.lastError}`;
    return `exit code ${outcome.exitCode}${why}`;
  }
  const said = outcome.stdout.trim();
  if (check.kind === 'file' && check.sha256 !== undefined) {
    const digest = said.split(/\s/, 1)[0] ?? '';
    if (digest === check.sha256) return undefined;
    const anew = isWrittenAnew(check.path) ? '; machines write it anew when they boot' : '';
    return `its SHA-256 is ${digest.slice(0, 64)}${anew}`;
  }
  if (equals !== undefined && said !== equals.trim()) return `its output is ${shortened(said)}`;
  if (contains !== undefined && !said.includes(contains)) {
    return `its output has no ${shortened(contains)}`;
  }
  return undefined;
}

/** At a first boot, as which the boot of a backup may be taken: its metadata names another instance. */
function isWrittenAnew(path: string): boolean {
  return /^\/(etc\/(machine-id|hostname|hosts|ssh\/ssh_host_.*)|var\/(log|lib\/cloud)\/.*)$/.test(
    path,
  );
}

const shownChars = 200;

function shortened(text: string): string {
  return JSON.stringify(text.length > shownChars ? `${text.slice(0, shownChars)}…` : text);
}
