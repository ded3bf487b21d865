/** The colours of user data: the parts of YAML that cloud-config is written in, line by line. */
export interface Piece {
  kind: 'comment' | 'key' | 'text' | 'plain';
  text: string;
}

const line = /^(?<lead>\s*(?:- )*)(?<key>[\w.-]+(?=:(?:\s|$)))?(?<rest>.*)$/;

export function coloured(source: string): Piece[] {
  const isYaml = source.startsWith('#cloud-config');
  return source
    .split(/(?<=\n)/)
    .flatMap((each) => (isYaml ? ofYaml(each) : ofOther(each)))
    .filter(({ text }) => text !== '');
}

const ofOther = (text: string): Piece[] => [
  { kind: text.trimStart().startsWith('#') ? 'comment' : 'plain', text },
];

function ofYaml(text: string): Piece[] {
  if (text.trimStart().startsWith('#')) return [{ kind: 'comment', text }];
  const end = text.endsWith('\n') ? '\n' : '';
  const {
    lead = '',
    key = '',
    rest = '',
  } = line.exec(text.slice(0, text.length - end.length))?.groups ?? {};
  const [, value = rest, comment = ''] = /^(.*?)(\s#.*)?$/.exec(rest) ?? [];
  const quoted = /^:?\s*(["'|>]|$)/.test(value);
  return [
    { kind: 'plain', text: lead },
    { kind: 'key', text: key },
    { kind: quoted ? 'text' : 'plain', text: value },
    { kind: 'comment', text: comment + end },
  ];
}
