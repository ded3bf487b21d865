/** The same drill, or the same checks of a source, for the command line. */
import { word } from './aws-cli.ts';

export function drillCommand(id: string, checks: string): string {
  const drill = `imago drill ${word(id)}`;
  return checks.trim() === '' ? drill : withFile(checks, `${drill} --checks drill.yaml`);
}

export const putChecksCommand = (id: string, checks: string) =>
  withFile(checks, `imago drill checks put ${word(id)} drill.yaml`);

function withFile(checks: string, command: string): string {
  const lines = checks.trimEnd().split('\n');
  let end = 'CHECKS';
  while (lines.includes(end)) end += '_';
  return [`cat > drill.yaml << '${end}'`, ...lines, end, command].join('\n');
}
