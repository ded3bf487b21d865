/** `imago drill show`: one drill, and of one that did not pass what was kept of it. */
import { writeFile } from 'node:fs/promises';
import type { Drill } from '../../api/imago-drills.ts';
import type { Wire } from '../../api/wire.ts';
import { CommandError } from '../command-error.ts';
import { type CommandContext, connect } from '../context.ts';
import { tellDrill } from '../drill-report.ts';
import { harmless } from '../terminal-text.ts';

export interface DrillShowOptions {
  /** A file for the JPEG. */
  screen?: string;
  console?: boolean;
}

export async function drillShowCommand(
  context: CommandContext,
  id: string,
  { screen, console = false }: DrillShowOptions = {},
): Promise<void> {
  const { output } = context;
  const client = connect(context);
  const { Drills } = await client.imago('DescribeDrills', { DrillIds: [id] });
  const drill = Drills[0] as Wire<Drill>;
  const wantsEvidence = screen !== undefined || console;
  const kept = wantsEvidence ? await client.imago('GetDrillEvidence', { DrillId: id }) : {};
  if (screen !== undefined) {
    if (!kept.Screenshot) throw new CommandError(`No screen of ${id} is kept.`);
    await writeFile(screen, bytesOf(kept.Screenshot));
  }
  const said = kept.ConsoleOutput && bytesOf(kept.ConsoleOutput).toString();
  if (output.json) {
    return output.document(console ? { ...drill, ConsoleOutput: said ?? '' } : drill);
  }
  tellDrill(output, drill);
  if (!console) return;
  output.line();
  output.line(said === undefined ? 'Nothing of its console is kept.' : harmless(said.trimEnd()));
}

/** In JSON bytes are base64. */
function bytesOf(blob: Uint8Array | string): Buffer {
  return Buffer.from(blob as string, 'base64');
}
