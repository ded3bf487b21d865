/**
 * `imago drill BACKUP`: begins a drill and tells its verdict. It ends with 1 where the backup did not
 * pass, or could not be tried.
 */
import type { Drill } from '../../api/imago-drills.ts';
import type { Wire } from '../../api/wire.ts';
import { checkBackup } from '../backup-ids.ts';
import type { Client } from '../client.ts';
import { CommandError } from '../command-error.ts';
import { type CommandContext, connect } from '../context.ts';
import { readDrillFile } from '../drill-file.ts';
import { isSnapshot, tellDrill } from '../drill-report.ts';
import { poll } from '../poll.ts';
import type { StepProgress } from '../progress.ts';
import { harmlessLine } from '../terminal-text.ts';

const pollEveryMs = 200;
/** What a boot and all checks may take together. */
const timeoutMs = 60 * 60_000;

export interface DrillOptions {
  /** A YAML file. */
  checks?: string;
  /** Paths, beside those of the file. */
  compare?: string[];
  wait?: boolean;
}

export async function drillCommand(
  context: CommandContext,
  backup: string,
  { checks, compare = [], wait = true }: DrillOptions = {},
): Promise<void> {
  const { output, progress } = context;
  checkBackup(backup);
  const { Compare = [], ...plan } = checks === undefined ? {} : await readDrillFile(checks);
  const paths = [...Compare, ...compare];
  const client = connect(context);
  const { DrillId: id } = await client.imago('StartDrill', {
    ...(isSnapshot(backup) ? { SnapshotId: backup } : { ImageId: backup }),
    ...plan,
    ...(paths.length > 0 && { Compare: paths }),
  });
  if (!wait) {
    if (output.json) output.document({ DrillId: id });
    else output.line(id);
    return;
  }
  const drill = await progress.step(`Drill of ${backup}`, (step) => ended(client, id, step));
  if (drill.State !== 'passed') process.exitCode = 1;
  if (output.json) return output.document(drill);
  tellDrill(output, drill);
  if (drill.State === 'failed' && drill.MillisecondsToRunning !== undefined) {
    output.line(`Its console and screen: imago drill show ${id} --console --screen screen.jpg`);
  }
}

/** It is the server's: whoever waits no longer is told where it is to be seen. */
async function ended(client: Client, id: string, step: StepProgress): Promise<Wire<Drill>> {
  const goesOn = `It goes on: imago drill show ${id}, or stop ${id}.`;
  const leave = () => {
    process.stderr.write(`\n${goesOn}\n`);
    process.exit(130);
  };
  process.once('SIGINT', leave);
  try {
    return await poll({ everyMs: pollEveryMs, timeoutMs, what: `the drill ${id}` }, async () => {
      const { Drills } = await client.imago('DescribeDrills', { DrillIds: [id] });
      const [now] = Drills;
      if (now) step.doing(stageOf(now));
      return now && now.State !== 'running' ? now : undefined;
    });
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const { message, advice = '' } = error;
    throw new CommandError(message, `${advice} The drill goes on then: imago drill show ${id}.`);
  } finally {
    process.removeListener('SIGINT', leave);
  }
}

function stageOf({
  MillisecondsToRunning,
  MillisecondsToReady,
  Results,
  Checks,
}: Wire<Drill>): string {
  if (MillisecondsToRunning === undefined) return 'launching';
  if (MillisecondsToReady === undefined) return 'booting';
  const { Name = '' } = Results.at(-1) ?? {};
  return harmlessLine(`${Results.length} of ${Checks} checks  ${Name}`);
}

export async function drillStopCommand(context: CommandContext, id: string): Promise<void> {
  await connect(context).imago('StopDrill', { DrillId: id });
  if (context.output.json) context.output.document({ DrillId: id });
  else context.output.line(`${id} is being stopped.`);
}
