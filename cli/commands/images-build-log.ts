/** `imago images build-log`: what a build of a recipe has told; with -f, until it is over. */
import { createInterface } from 'node:readline';
import { createWebSocketStream } from 'ws';
import { imagoModel } from '../../api/imago.ts';
import type { BuildLogLine } from '../../api/imago-builds.ts';
import { type CommandContext, connect } from '../context.ts';
import { harmlessLine } from '../terminal-text.ts';
import { openWebSocket } from '../web-socket.ts';

export async function imagesBuildLogCommand(
  context: CommandContext,
  arn: string,
  { follow = false }: { follow?: boolean },
): Promise<void> {
  const path = imagoModel.routes.TailBuildLog.replace(/^GET /, '').replace(
    '{ImageBuildVersionArn}',
    encodeURIComponent(arn),
  );
  const webSocket = await openWebSocket(connect(context), path);
  const stream = createWebSocketStream(webSocket);
  stream.on('error', () => {}); // it ends as well
  for await (const line of createInterface({ input: stream })) {
    const { text, upToDate } = JSON.parse(line) as BuildLogLine;
    if (text !== undefined) process.stdout.write(`${harmlessLine(text)}\n`);
    if (upToDate && !follow) break;
  }
  webSocket.close();
}
