/**
 * Values that members of requests may have: what Imago answered before (ids, names, tokens), what
 * the official SDK lists of the member's kind, and what nobody should send.
 */
import * as sdk from '@aws-sdk/client-ec2';
import type { Random } from './random.ts';

/** Members by the end of their names, and the prefix of the ids that they take. */
const prefixes: readonly (readonly [RegExp, string])[] = [
  [/Image/, 'ami'],
  [/Snapshot/, 'snap'],
  [/Volume/, 'vol'],
  [/Instance(Id)?s?$/, 'i'],
  [/Rule/, 'sgr'],
  [/Group/, 'sg'],
  [/Subnet/, 'subnet'],
  [/Vpc/, 'vpc'],
  [/NetworkInterface/, 'eni'],
  [/Template/, 'lt'],
  [/KeyPair/, 'key'],
  [/Fleet/, 'fleet'],
  [/Task/, 'replacevol'],
];

const idPattern = /\b([a-z]{1,12})-(?:[0-9a-f]{8}-)?[0-9a-f]{17}\b/g;
const keptIds = 60;

const enums = Object.entries(sdk).flatMap(([name, value]) =>
  typeof value === 'object' && value !== null && Object.values(value).every(isText)
    ? [[name, Object.values(value) as string[]] as const]
    : [],
);

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

const ordinary = [
  ...['', '0', '1', '-1', '80', 'a', 'golden', 'default', 'self', 'all', 'amazon', 'true', 'x'],
  ...['0.0.0.0/0', '10.0.0.0/8', '172.31.0.5', '::/0', 'fe80::1', '300.1.1.1/40', 'tcp', 'icmp'],
  ...['/dev/sda1', '/dev/sdf', '/dev/xvda', 'gp3', 't3.micro', 't3.small', 'x86_64', 'uefi'],
  ...['$Latest', '$Default', 'us-east-1', 'us-east-1a', 'eu-west-1', 'image', 'instance', 'volume'],
  ...['Name', 'aws:reserved', 'launchPermission', 'userData', 'createVolumePermission', '*', '?*%'],
  ...['arn:aws:organizations::111122223333:organization/o-abcdefghij', '999999999999'],
  ...['resolve:ssm:/aws/service/debian/release/12/latest/amd64', 'IyEvYmluL3No', '2027-01-01'],
];

export const filterNames = [
  ...['tag:Name', 'tag-key', 'tag', 'name', 'state', 'image-id', 'instance-id', 'vpc-id', 'status'],
  ...['owner-id', 'owner-alias', 'is-public', 'resource-type', 'key', 'value', 'group-name'],
  ...['instance-state-name', 'launch-time', 'block-device-mapping.device-name', 'snapshot-id'],
  ...['volume-size', 'attachment.status', 'zone-name', 'key-name', 'ip-permission.cidr'],
];

export const taggedTypes = [
  ...['image', 'instance', 'volume', 'snapshot', 'key-pair', 'security-group', 'fleet'],
  ...['security-group-rule', 'launch-template', 'network-interface', 'replace-root-volume-task'],
  'image-usage-report',
  ...['import-snapshot-task', 'import-image-task', 'export-image-task'],
  'export-instance-task',
];

/** Names of members of JavaScript's own, ends of texts, and what parsers take for their own. */
const hostile = [
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'null', 'undefined', 'NaN'],
  ...['\u0000', 'a\u0001b', '\r\nX-Injected: 1', '\u2028', '\ufffe', '\ud800', '\u202e', '🦊'],
  ...['<a>', ']]>', '&amp;', '"', "' OR 1=1 --", '%00', '\\', '../../../etc/passwd', '%', '_'],
  ...['1e400', '-0', '0x10', '9007199254740993', ' 1', '1 ', '+1', '１', '[[*'],
];

const lengths = [63, 64, 128, 129, 255, 256, 257, 1024, 4096, 16_385, 65_536];

export class Words {
  readonly #told = new Map<string, string[]>();
  readonly #others: string[] = [];
  /** What the requests themselves need to stay as it is: never told. */
  readonly #untouched: ReadonlySet<string>;
  readonly #byMember = new Map<string, string[]>();

  constructor(untouched: Iterable<string>) {
    this.#untouched = new Set(untouched);
  }

  /** Takes what an answer tells. */
  hear(answer: string): void {
    for (const [id, prefix = ''] of answer.slice(0, 20_000).matchAll(idPattern)) {
      keep(this.#told, prefix, id);
    }
    const words = answer.matchAll(/"(?:NextToken|AccountId|AccessKeyId|ProductCode)":"([^"]+)/g);
    for (const [, word = ''] of words) {
      if (!this.#untouched.has(word) && this.#others.push(word) > keptIds) this.#others.shift();
    }
    const tokens = answer.matchAll(/<nextToken>([^<]+)/g);
    for (const [, token = ''] of tokens) {
      if (this.#others.push(token) > keptIds) this.#others.shift();
    }
  }

  /** One that a member of this name may well have. */
  likely(random: Random, member: string): string {
    // A name could be that of an account which asks, and which must not be disabled.
    if (member === 'Account') return random.pick(['999999999999', ...this.#others]);
    const ids = this.#idsFor(member);
    if (ids.length > 0 && random.chance(0.85)) return random.pick(ids);
    const listed = this.#listed(member);
    if (listed.length > 0 && random.chance(0.8)) return random.pick(listed);
    if (this.#others.length > 0 && random.chance(0.1)) return random.pick(this.#others);
    return random.pick(ordinary);
  }

  /** One that nobody should send. */
  unlikely(random: Random): string {
    if (random.chance(0.6)) return random.pick(hostile);
    return random.pick(['a', 'é', '/', '\u0007', '😀']).repeat(random.pick(lengths));
  }

  #idsFor(member: string): readonly string[] {
    if (/^Resources?(Ids?)?$/.test(member)) return [...this.#told.values()].flat();
    const prefix = prefixes.find(([name]) => name.test(member))?.[1];
    return /Name|Type|Location/.test(member) ? [] : (this.#told.get(prefix ?? '') ?? []);
  }

  /** Values of the enumerations that are named like it. */
  #listed(member: string): readonly string[] {
    const known = this.#byMember.get(member);
    if (known) return known;
    const found =
      member.length < 4 ? [] : enums.filter(([name]) => name.includes(member)).flatMap((e) => e[1]);
    this.#byMember.set(member, found);
    return found;
  }
}

function keep(told: Map<string, string[]>, prefix: string, id: string): void {
  const ids = told.get(prefix) ?? [];
  told.set(prefix, ids);
  if (!ids.includes(id) && ids.push(id) > keptIds) ids.shift();
}
