/**
 * `imago quickstart`: the main job in an Imago of its own, for a person to watch. Whatever happens,
 * also Ctrl-C, it leaves nothing behind unless --keep is given.
 */

import type { ProviderImageName } from '../../api/imago.ts';
import { Client } from '../client.ts';
import { CommandError } from '../command-error.ts';
import { consoleUrl, signInLink } from '../console-url.ts';
import type { CommandContext } from '../context.ts';
import { readConnection } from '../credentials.ts';
import { formatDuration } from '../output.ts';
import { performMainJob } from '../quickstart/main-job.ts';
import { OwnImago } from '../quickstart/own-imago.ts';
import { type Place, type Report, showNextSteps, showReport } from '../quickstart/report.ts';
import { harmless } from '../terminal-text.ts';

export interface QuickstartOptions {
  image?: ProviderImageName;
  keep?: boolean;
  remove?: string;
}

const terminalSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export async function quickstartCommand(
  context: CommandContext,
  options: QuickstartOptions,
): Promise<void> {
  const { output, progress } = context;
  if (options.remove) {
    const kept = OwnImago.at(options.remove);
    return progress.step('Clean up', () => kept.remove());
  }
  const started = performance.now();
  const imago = OwnImago.make();
  const interruption = new AbortController();
  const interrupt = () => interruption.abort();
  for (const signal of terminalSignals) process.on(signal, interrupt);
  let report: Report | undefined;
  let place: Place | undefined;
  try {
    report = await run(context, options, imago, interruption.signal);
    if (options.keep) place = await placeOf(imago);
    if (output.json) output.document({ ...report, ...place });
    else showReport(output, report);
  } catch (error) {
    if (interruption.signal.aborted) throw new CommandError('Interrupted.');
    for (const line of imago.complaints) process.stderr.write(`${harmless(line)}\n`);
    throw error;
  } finally {
    if (report && options.keep) imago.release();
    else await progress.step('Clean up', () => imago.remove());
    for (const signal of terminalSignals) process.off(signal, interrupt);
  }
  if (output.json) return;
  showNextSteps(output, place && { ...place, report });
  output.line();
  output.line(`All of it took ${formatDuration(performance.now() - started)}.`);
}

/** Of one that is kept, with a link that signs in to its console. */
async function placeOf({ home }: OwnImago): Promise<Place> {
  const connection = readConnection(home);
  const { Credentials } = await new Client(connection).imago('CreateSignIn', {});
  const link = signInLink(connection, Credentials);
  return { home: home.folder, console: consoleUrl(connection.endpoint), link };
}

async function run(
  { progress }: CommandContext,
  options: QuickstartOptions,
  imago: OwnImago,
  signal: AbortSignal,
): Promise<Report> {
  const { home } = imago;
  const { client, server } = await progress.step('Start Imago', async (step) => {
    await imago.start();
    const client = new Client(readConnection(home));
    const server = await client.imago('DescribeServer', {});
    const { Kind, Version, Accelerator } = server.Hypervisor;
    step.result(`${Kind} ${Version}, ${accelerators[Accelerator] ?? Accelerator}`);
    return { client, server };
  });
  const accelerator = server.Hypervisor.Accelerator;
  const image = options.image ?? (accelerator === 'kvm' ? 'debian-12' : 'micro');
  return performMainJob({ client, home, progress, signal, image, accelerator });
}

const accelerators: Record<string, string> = {
  kvm: 'with KVM',
  tcg: 'emulating (no usable KVM here): slower, otherwise the same',
};
