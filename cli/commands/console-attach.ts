/**
 * `imago console -i`: the serial console of an instance, both ways. The terminal is raw meanwhile,
 * so that every key but one is the guest's, and what the guest writes is the terminal's to obey, as
 * at a serial line. The size of the terminal is not told: a serial line has none. However it ends,
 * the terminal is as it was.
 */
import { createWebSocketStream, type WebSocket } from 'ws';
import { imagoModel } from '../../api/imago.ts';
import { CommandError } from '../command-error.ts';
import { type CommandContext, connect } from '../context.ts';
import { openWebSocket } from '../web-socket.ts';

/** Ctrl-], which telnet and virsh console take as well. */
const leaveByte = 0x1d;
const signals = ['SIGTERM', 'SIGHUP'] as const;

export async function attachConsoleCommand(
  context: CommandContext,
  instanceId: string,
): Promise<void> {
  const terminal = process.stdin;
  if (!terminal.isTTY) {
    throw new CommandError(
      'What is typed at a console comes from a terminal, and this is none.',
      'Without -i the console is shown; -f goes on showing it.',
      2,
    );
  }
  const path = imagoModel.routes.OpenConsole.replace(/^GET /, '').replace(
    '{InstanceId}',
    encodeURIComponent(instanceId),
  );
  const webSocket = await openWebSocket(connect(context), path);
  const restore = () => void terminal.setRawMode(false);
  process.once('exit', restore);
  terminal.setRawMode(true);
  try {
    const ended = untilEnd(webSocket, terminal);
    process.stderr.write(`Connected to ${instanceId}. Ctrl-] leaves.\n`);
    const farewell = await ended;
    process.stderr.write(`\n${farewell}\n`);
  } finally {
    restore();
    process.off('exit', restore);
    terminal.pause();
  }
}

/** Resolves with why it ended. */
async function untilEnd(webSocket: WebSocket, terminal: NodeJS.ReadStream): Promise<string> {
  const ended = Promise.withResolvers<string>();
  const leave = () => {
    ended.resolve('Left the console; the guest goes on.');
    webSocket.close();
  };
  const type = (chunk: Buffer) => {
    const end = chunk.indexOf(leaveByte);
    const typed = end < 0 ? chunk : chunk.subarray(0, end);
    if (typed.length > 0) webSocket.send(typed);
    if (end >= 0) leave();
  };
  webSocket.on('close', (_code, reason) =>
    ended.resolve(`The console was closed${reason.length > 0 ? `: ${reason}` : ''}.`),
  );
  const output = createWebSocketStream(webSocket);
  output.on('error', () => {}); // it closes as well
  output.pipe(process.stdout, { end: false });
  terminal.on('data', type);
  for (const signal of signals) process.once(signal, leave);
  try {
    return await ended.promise;
  } finally {
    for (const signal of signals) process.off(signal, leave);
    terminal.off('data', type);
    output.unpipe(process.stdout);
  }
}
