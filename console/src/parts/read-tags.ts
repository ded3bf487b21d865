/** Tags as one types them: a line a tag, `key=value`, or a key alone. */
export interface Tag {
  Key?: string;
  Value?: string;
}

export function readTags(lines: string): Required<Tag>[] {
  return lines
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, Key = '', Value = ''] = /^\s*([^=]*?)\s*(?:=\s*(.*?)\s*)?$/.exec(line) ?? [];
      return { Key, Value };
    });
}
