/** `imago drill checks …`: what drills of all backups of a machine, or a volume, look at. */
import { stringify } from 'yaml';
import { drillAsText } from '../../api/drill-text.ts';
import { type CommandContext, connect } from '../context.ts';
import { readDrillFile } from '../drill-file.ts';
import { harmless } from '../terminal-text.ts';

export async function drillChecksPutCommand(
  context: CommandContext,
  source: string,
  file: string,
): Promise<void> {
  const { output } = context;
  const looks = await readDrillFile(file);
  const asked = { ...looks, SourceId: source };
  const { DrillChecks: said } = await connect(context).imago('PutDrillChecks', asked);
  if (output.json) return output.document(said);
  output.line(`From now on each drill of a backup of ${source} looks at that.`);
}

export async function drillChecksListCommand(context: CommandContext): Promise<void> {
  const { output } = context;
  const { DrillChecks: all } = await connect(context).imago('DescribeDrillChecks', {});
  if (output.json) return output.document(all);
  if (all.length === 0) {
    return output.line('Nothing is said of any source: imago drill checks put i-… drill.yaml.');
  }
  output.table(
    ['SOURCE', 'CHECKS', 'COMPARED', 'SINCE'],
    all.map(({ SourceId, Checks = [], Compare = [], PutTime }) => [
      SourceId,
      String(Checks.length),
      String(Compare.length),
      new Date(PutTime).toISOString(),
    ]),
  );
}

/** As a file that `put` takes. */
export async function drillChecksShowCommand(
  context: CommandContext,
  source: string,
): Promise<void> {
  const { output } = context;
  const asked = { SourceId: source };
  const [said] = (await connect(context).imago('DescribeDrillChecks', asked)).DrillChecks;
  if (output.json) return output.document(said);
  if (said) output.line(harmless(drillAsText(said, stringify).trimEnd()));
}

export async function drillChecksDeleteCommand(
  context: CommandContext,
  source: string,
): Promise<void> {
  await connect(context).imago('DeleteDrillChecks', { SourceId: source });
  if (context.output.json) context.output.document({ SourceId: source });
  else context.output.line(`Drills of ${source} look at nothing but what they are asked for.`);
}
