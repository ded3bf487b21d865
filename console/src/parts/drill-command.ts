/** The same drill, or the same checks of a source, for the command line. */
import { afterFile } from './after-file.ts';
import { word } from './aws-cli.ts';

export function drillCommand(id: string, checks: string): string {
  const drill = `bin/imago drill ${word(id)}`;
  if (checks.trim() === '') return drill;
  return afterFile('drill.yaml', checks, `${drill} --checks drill.yaml`);
}

export const putChecksCommand = (id: string, checks: string) =>
  afterFile('drill.yaml', checks, `bin/imago drill checks put ${word(id)} drill.yaml`);
