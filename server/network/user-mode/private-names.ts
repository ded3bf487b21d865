/**
 * DNS for the names that guests of a VPC have, `ip-172-31-0-5.ec2.internal`, and for their
 * addresses backwards. As on EC2 a name says its address by itself, whether or not anybody has it.
 * It answers single questions by UDP for the VPC's own block; all others are the uplink's.
 */
import { formatIpv4, parseIpv4 } from '../../foundations/ipv4.ts';
import type { Ipv4Range } from './packets.ts';

const headerBytes = 12;
const nameMaxBytes = 255;
const labelMaxBytes = 63;
const typeA = 1;
const typePtr = 12;
const typeAny = 255;
const classIn = 1;
const ttlSeconds = 60;
/** An answer, and ours to give; the recursion that was asked for is there. */
const answerFlags = 0x8480;
const recursionDesired = 0x0100;
/** Query, opcode and truncation: only plain queries are answered. */
const notPlain = 0xfa00;
const noSuchName = 3;

export interface PrivateNames {
  domain: string;
  range: Ipv4Range;
}

/** The answer to a query for one of these names; undefined where it is for another server. */
export function answerPrivateName(
  query: Buffer,
  { domain, range }: PrivateNames,
): Buffer | undefined {
  const question = readQuestion(query);
  if (!question) return undefined;
  const { name, type, end } = question;
  const contains = (ip: number) => ip >= range.first && ip <= range.last;
  const backwards = /^((?:\d{1,3}\.){4})in-addr\.arpa$/.exec(name)?.[1];
  if (backwards) {
    const ip = parseIpv4(backwards.split('.').filter(Boolean).reverse().join('.'));
    if (ip === undefined || !contains(ip)) return undefined;
    const target = encodeName(`${nameOf(ip)}.${domain}`);
    return answer(query, end, type === typePtr || type === typeAny ? [typePtr, target] : undefined);
  }
  const host = name.endsWith(`.${domain}`) ? name.slice(0, -domain.length - 1) : undefined;
  const digits = host && /^ip-(\d{1,3}-\d{1,3}-\d{1,3}-\d{1,3})$/.exec(host)?.[1];
  if (!digits) return undefined;
  const ip = parseIpv4(digits.replaceAll('-', '.'));
  if (ip === undefined || !contains(ip)) return answer(query, end, undefined, noSuchName);
  const address = Buffer.alloc(4);
  address.writeUInt32BE(ip);
  return answer(query, end, type === typeA || type === typeAny ? [typeA, address] : undefined);
}

function nameOf(ip: number): string {
  return `ip-${formatIpv4(ip).replaceAll('.', '-')}`;
}

/** Lower case, without the dot at its end. Questions have no compressed names worth reading. */
function readQuestion(query: Buffer): { name: string; type: number; end: number } | undefined {
  if (query.length < headerBytes || query.readUInt16BE(4) !== 1) return undefined;
  if ((query.readUInt16BE(2) & notPlain) !== 0) return undefined;
  const labels: string[] = [];
  let at = headerBytes;
  for (;;) {
    const length = query[at];
    if (length === undefined || length > labelMaxBytes) return undefined;
    at += 1;
    if (length === 0) break;
    if (at + length > query.length || at + length > headerBytes + nameMaxBytes) return undefined;
    labels.push(query.toString('latin1', at, at + length));
    at += length;
  }
  if (at + 4 > query.length || query.readUInt16BE(at + 2) !== classIn) return undefined;
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at), end: at + 4 };
}

function encodeName(name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.from(`\0${label}`, 'latin1'));
  for (const label of labels) label[0] = label.length - 1;
  return Buffer.concat([...labels, Buffer.alloc(1)]);
}

/** Without a record: the name is there, but nothing of that type; or it is not there at all. */
function answer(
  query: Buffer,
  questionEnd: number,
  record?: [type: number, data: Buffer],
  code = 0,
): Buffer {
  const head = Buffer.from(query.subarray(0, questionEnd));
  head.writeUInt16BE(answerFlags | (query.readUInt16BE(2) & recursionDesired) | code, 2);
  head.writeUInt16BE(record ? 1 : 0, 6);
  head.writeUInt32BE(0, 8);
  if (!record) return head;
  const [type, data] = record;
  const fixed = Buffer.alloc(12);
  // The name of the question, where it stands in this message.
  fixed.writeUInt16BE(0xc000 | headerBytes, 0);
  fixed.writeUInt16BE(type, 2);
  fixed.writeUInt16BE(classIn, 4);
  fixed.writeUInt32BE(ttlSeconds, 6);
  fixed.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, fixed, data]);
}
