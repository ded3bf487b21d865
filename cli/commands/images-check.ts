/**
 * `imago images check`: what is found in the files of an image, by severity, and what to do. It
 * ends with 1 where something is as bad as was asked, or worse.
 */
import type { ImageFinding } from '../../api/generated/ec2-types.ts';
import type { Wire } from '../../api/wire.ts';
import { CommandError } from '../command-error.ts';
import { type CommandContext, connect } from '../context.ts';
import { shownPath } from '../image-paths.ts';
import type { Output, Style } from '../output.ts';
import { harmlessLine } from '../terminal-text.ts';
import { watchTask } from '../watch-task.ts';

const checkTimeoutMs = 30 * 60_000;

/** From the worst. */
const severities = ['critical', 'high', 'medium', 'low', 'informational'];

const styles: Record<string, Style> = { critical: 'red', high: 'red', medium: 'yellow' };

export interface CheckOptions {
  /** A severity, or `never`. */
  failOn?: string;
}

interface ToldFinding extends Wire<ImageFinding> {
  /** The kind of what was found, such as `host-keys`. */
  Check: string;
  What: string;
  Fix: string;
}

export async function imagesCheckCommand(
  context: CommandContext,
  image: string,
  { failOn = 'high' }: CheckOptions = {},
): Promise<void> {
  const { output, progress } = context;
  const client = connect(context);
  const { TaskId: id } = await client.imago('CheckImage', { ImageId: image });
  await progress.step(`Image ${image}`, async (step) => {
    const waiting = { what: `the check of ${image}`, timeoutMs: checkTimeoutMs };
    const ended = await watchTask(client, id, step, waiting);
    if (ended.State === 'succeeded') return;
    const why = ended.Error ?? 'no reason was given.';
    throw new CommandError(`${image} could not be checked: ${why}`);
  });
  const findings: ToldFinding[] = [];
  for (let NextToken: string | undefined; ; ) {
    const page = await client.ec2('GetImageFindings', { ImageId: image, NextToken });
    findings.push(...(page.ImageFindings ?? []).map(withParts));
    NextToken = page.NextToken;
    if (NextToken === undefined) break;
  }
  const failing = severities.slice(0, severities.indexOf(failOn) + 1);
  if (findings.some(({ SeverityLabel = '' }) => failing.includes(SeverityLabel))) {
    process.exitCode = 1;
  }
  if (output.json) output.document({ ImageFindings: findings });
  else tell(output, findings);
}

/** EC2 has one text for all of it: `host-keys: What is wrong. What to do.` */
function withParts(finding: Wire<ImageFinding>): ToldFinding {
  const [, Check = '', What = finding.Title ?? '', Fix = ''] =
    /^([a-z-]+): (.*?)\. (.*)$/s.exec(finding.Title ?? '') ?? [];
  return { Check, What, Fix, ...finding };
}

function tell(output: Output, findings: readonly ToldFinding[]): void {
  if (findings.length === 0) output.line('Nothing was found.');
  for (const severity of severities) {
    const those = findings.filter(({ SeverityLabel }) => SeverityLabel === severity);
    if (those.length === 0) continue;
    output.line(output.style(styles[severity] ?? 'bold', severity.toUpperCase()));
    for (const { Check, What, Fix, Paths = [] } of those) {
      output.line(`  ${output.style('bold', Check)}  ${harmlessLine(What)}`);
      for (const path of Paths) output.line(`      ${shownPath(path)}`);
      if (Fix !== '') output.line(`    → ${harmlessLine(Fix)}`);
    }
  }
}
