/** An action of the API as a command of aws-cli, for a POSIX shell. */

/** One word of it. */
export const word = (text: string) =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/**
 * Where aws-cli would not take the text of an option as it is: it reads the file or the page that
 * it names, or takes it for an option itself.
 */
export const isMisread = (text: string) => /^(fileb?:|https?:)\/\/|^-/.test(text);

type Value = string | number | boolean | object | undefined;

/** Of all that the input says; `region` where it is not the one that one looks at. */
export function awsCli(service: string, action: string, input: object, region?: string): string {
  const members = Object.entries(input as Record<string, Value>).filter(
    ([, value]) => value !== undefined,
  );
  const isOdd = ([, value]: [string, Value]) => typeof value === 'string' && isMisread(value);
  const odd = members.filter(isOdd);
  const options = members
    .filter((member) => !isOdd(member))
    .map(([name, value]) => optionOf(dashed(name), value));
  const asJson = odd.length > 0 ? [JSON.stringify(Object.fromEntries(odd))] : [];
  return [
    `aws ${service} ${dashed(action)}`,
    ...(region === undefined ? [] : [`--region ${word(region)}`]),
    ...asJson.map((text) => `--cli-input-json ${word(text)}`),
    ...options,
  ].join(' \\\n  ');
}

const dashed = (name: string) => name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();

function optionOf(name: string, value: Value): string {
  if (typeof value === 'boolean') return value ? `--${name}` : `--no-${name}`;
  const isList = Array.isArray(value) && value.every((each) => isPlain(each));
  const words = isList ? value.map(String) : [isPlain(value) ? `${value}` : JSON.stringify(value)];
  return [`--${name}`, ...words.map(word)].join(' ');
}

function isPlain(value: unknown): boolean {
  return typeof value === 'number' || (typeof value === 'string' && !isMisread(value));
}
