/**
 * Commands in a guest, by way of its agent. The agent forgets an answer that it has given once, and
 * what it has begun when it is itself replaced; so a command is begun in a session of its own, and
 * leaves in a folder of the guest's /run, which is empty after a boot:
 *
 *   run        what runs it
 *   input      for whoever reads IMAGO_INPUT
 *   pid        of its session
 *   began      seconds since the boot
 *   out, err   what it writes
 *   exit       its exit code, complete when it is there
 *
 * That the folder is there says that it was begun. Only a shell and the smallest programs are asked
 * for, such as a system has that starts at all.
 */
import path from 'node:path';
import {
  type CommandPosition,
  type CommandState,
  type GuestCommand,
  NoAgentError,
} from '../hypervisor.ts';
import { agentSocket } from './command-line.ts';
import { GuestAgent, GuestAgentError } from './guest-agent.ts';
import type { QemuMachine } from './machine.ts';

/** Of one look, of both outputs each: with it an answer stays below the agent's limit of a line. */
const chunkBytes = 96 * 1024;
/** Linux takes no longer argument. */
const runMaxBytes = 100_000;
const idPattern = /^[A-Za-z0-9-]{1,120}$/;

export interface AgentPlace {
  socketPath: string;
  /** In the guest, where commands are. */
  folder: string;
}

export function agentOf(machine: Pick<QemuMachine, 'workFolder'>): AgentPlace {
  return { socketPath: path.join(machine.workFolder, agentSocket), folder: '/run/imago-commands' };
}

/** systemd ends with a service all that it has begun, so that a new agent would end it. */
const beginScript = `
umask 077
mkdir -p "\${1%/*}" || exit 1
mkdir "$1" 2> /dev/null || exit 0
cat > "$1/input" && printf '%s\\n' "$2" > "$1/run" || exit 1
cut -d ' ' -f 1 /proc/uptime > "$1/began"
: > "$1/out"
: > "$1/err"
if [ -d /run/systemd/system ] && command -v systemd-run > /dev/null; then
  systemd-run --quiet --collect --unit="imago-\${1##*/}" /bin/sh "$1/run" && exit 0
  rm -rf "$1"
  exit 1
fi
setsid /bin/sh "$1/run" < /dev/null > /dev/null 2>&1 &
`;

const stateScript = `
cd "$1" 2> /dev/null || { echo unknown; exit 0; }
state=running
pid=$(cat pid 2> /dev/null)
if [ -n "$pid" ] && ! grep -q '^State:.*[A-WY] (' "/proc/$pid/status" 2> /dev/null; then
  state=137
fi
if [ -e exit ]; then state=$(cat exit); fi
size() {
  left=$(($(wc -c < "$1") - $2))
  if [ "$left" -gt ${chunkBytes} ]; then left=${chunkBytes}; fi
  if [ "$left" -lt 0 ]; then left=0; fi
  echo "$left"
}
out=$(size out "$2")
err=$(size err "$3")
read -r now _ < /proc/uptime
read -r began < began
echo "$state $((\${now%.*} - \${began%.*})) $out $err"
tail -c "+$(($2 + 1))" out | head -c "$out"
tail -c "+$(($3 + 1))" err | head -c "$err"
`;

const endScript = `
cd "$1" 2> /dev/null || exit 0
[ -e exit ] && exit 0
if [ -d /run/systemd/system ]; then
  systemctl kill --signal=KILL "imago-\${1##*/}.service" 2> /dev/null && exit 0
fi
pid=$(cat pid) && kill -KILL "-$pid" 2> /dev/null
exit 0
`;

export async function beginCommand(place: AgentPlace, command: GuestCommand): Promise<void> {
  const { id, input = Buffer.alloc(0) } = command;
  const folder = folderOf(place, id);
  const run = runScript(folder, command);
  if (Buffer.byteLength(run) > runMaxBytes) throw new Error(`the command ${id} is too long`);
  await ask(place, (agent) => agent.run('/bin/sh', ['-c', beginScript, 'sh', folder, run], input));
}

export async function commandState(
  place: AgentPlace,
  id: string,
  { stdout, stderr }: CommandPosition,
): Promise<CommandState> {
  const args = [folderOf(place, id), String(stdout), String(stderr)];
  const answer = await ask(place, (agent) =>
    agent.run('/bin/sh', ['-c', stateScript, 'sh', ...args]),
  );
  const end = answer.indexOf('\n');
  const line = answer.subarray(0, Math.max(end, 0)).toString();
  if (line === 'unknown') return { state: 'unknown' };
  const match = /^(running|\d{1,3}) (-?\d{1,9}) (\d{1,6}) (\d{1,6})$/.exec(line);
  if (!match) throw new NoAgentError(`the guest's answer is none: ${line.slice(0, 100)}`);
  const [, state, elapsed, outBytes] = match;
  const written = answer.subarray(end + 1);
  return {
    ...(state === 'running' ? { state } : { state: 'ended', exitCode: Number(state) }),
    elapsedSeconds: Number(elapsed),
    stdout: written.subarray(0, Number(outBytes)),
    stderr: written.subarray(Number(outBytes)),
  };
}

export async function endCommand(place: AgentPlace, id: string): Promise<void> {
  const args = ['-c', endScript, 'sh', folderOf(place, id)];
  await ask(place, (agent) => agent.run('/bin/sh', args));
}

function folderOf({ folder }: AgentPlace, id: string): string {
  if (!idPattern.test(id)) throw new Error(`no name of a command: ${id}`);
  return `${folder}/${id}`;
}

function runScript(place: string, { argv, folder = '/' }: GuestCommand): string {
  const [inside, own] = [folder, place].map(quoted) as [string, string];
  return `umask 022
echo $$ > ${own}/pid
mkdir -p ${inside}
cd ${inside} || exit 1
export HOME=/root IMAGO_INPUT=${own}/input
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
${argv.map(quoted).join(' ')} < /dev/null > ${own}/out 2> ${own}/err
echo $? > ${own}/exit.new
mv ${own}/exit.new ${own}/exit`;
}

/** One word of a shell, whatever is in it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

async function ask<T>(
  { socketPath }: AgentPlace,
  work: (agent: GuestAgent) => Promise<T>,
): Promise<T> {
  try {
    using agent = await GuestAgent.open(socketPath);
    return await work(agent);
  } catch (error) {
    if (!(error instanceof GuestAgentError)) throw error;
    throw new NoAgentError(error.message, { cause: error });
  }
}
