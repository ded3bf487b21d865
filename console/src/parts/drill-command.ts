/** The same drill for the command line. */
import { word } from './aws-cli.ts';

export function drillCommand(id: string, checks: string): string {
  const text = checks.trimEnd();
  if (text.trim() === '') return `imago drill ${word(id)}`;
  const lines = text.split('\n');
  let end = 'CHECKS';
  while (lines.includes(end)) end += '_';
  return [
    `cat > drill.yaml << '${end}'`,
    ...lines,
    end,
    `imago drill ${word(id)} --checks drill.yaml`,
  ].join('\n');
}
