/** A command that reads a file, after one that writes that file as it was typed. */
export function afterFile(file: string, text: string, command: string): string {
  if (text === '') return [`: > ${file}`, command].join('\n');
  const lines = text.trimEnd().split('\n');
  let end = 'END';
  while (lines.includes(end)) end += '_';
  return [`cat > ${file} << '${end}'`, ...lines, end, command].join('\n');
}
