/** `imago images usage`: what images, snapshots and volumes take, and what deleting one would free. */
import { formatBytes } from '../../server/foundations/sizes.ts';
import { CommandError } from '../command-error.ts';
import { type CommandContext, connect } from '../context.ts';
import { poll } from '../poll.ts';

const pollEveryMs = 300;
/** Every map of a large store is read. */
const timeoutMs = 30 * 60_000;

export async function imagesUsageCommand(
  context: CommandContext,
  { history = false }: { history?: boolean } = {},
): Promise<void> {
  if (history) return tellHistory(context);
  const { output, progress } = context;
  const client = connect(context);
  const what = 'the measure';
  const usage = await progress.step('What images take', () =>
    poll({ everyMs: pollEveryMs, timeoutMs, what }, async () => {
      const answer = await client.imago('DescribeStorageUsage', {});
      return answer.State === 'measuring' ? undefined : answer;
    }),
  );
  if (usage.State === 'failed') {
    throw new CommandError(
      `It could not be measured: ${usage.Error}.`,
      '`imago fsck` says which blocks are lost.',
    );
  }
  if (output.json) return output.document(usage);
  const { Items: items = [], ItemCount: count = 0, NeededBytes: needed = 0 } = usage;
  const { PlainBaseBytes: plain = 0 } = usage;
  output.table(
    ['ID', 'NAME', 'LOGICAL', 'FULL', 'STORED', 'SHARED', 'EXCLUSIVE', 'ARCHIVED'],
    items.map((item) => [
      item.Id,
      item.Name ?? '',
      formatBytes(item.LogicalBytes),
      formatBytes(item.FullBytes),
      formatBytes(item.StoredBytes),
      formatBytes(item.SharedBytes),
      formatBytes(item.ExclusiveBytes),
      formatBytes(item.ArchivedBytes),
    ]),
  );
  if (count > items.length) output.line(`… and ${count - items.length} more.`);
  output.line(`Together ${formatBytes(needed)}, each block once.`);
  if (plain > 0)
    output.line(`Besides, ${formatBytes(plain)} of plain bases on this host: a cache.`);
}

async function tellHistory(context: CommandContext): Promise<void> {
  const { output } = context;
  const { Days: days } = await connect(context).imago('DescribeStorageHistory', {});
  if (output.json) return output.document(days);
  if (days.length === 0) {
    return output.line('Nothing was recorded yet: Imago measures once a day, while it runs.');
  }
  output.table(
    ['DAY', 'TOGETHER', 'GROWTH', 'MOST OF IT'],
    days.map(({ Day, NeededBytes, Accounts: [most] }, index) => {
      const before = days[index - 1]?.NeededBytes;
      return [
        Day,
        formatBytes(NeededBytes),
        before === undefined ? '' : grown(NeededBytes - before),
        most ? `${most.AccountId} ${formatBytes(most.StoredBytes)}` : '',
      ];
    }),
  );
}

function grown(bytes: number): string {
  if (bytes === 0) return '0 B';
  return bytes > 0 ? `+${formatBytes(bytes)}` : `-${formatBytes(-bytes)}`;
}
