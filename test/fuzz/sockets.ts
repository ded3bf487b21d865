/**
 * What comes on a connection and is no request as a client makes it: bytes of other protocols,
 * heads and chunks that are broken or endless, requests in one piece or drop by drop, upgrades to a
 * WebSocket of every kind. Nothing of it may be answered by a status of the 500s, and nobody who
 * says nothing more may stay.
 */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { SignatureV4 } from '@smithy/signature-v4';
import { Sha256 } from '../../server/foundations/sha256.ts';
import type { Random } from './random.ts';
import type { FuzzRequest, Key } from './requests.ts';

export interface Conversation {
  /** For reports. */
  what: string;
  pieces: readonly (Buffer | string)[];
  pauseMs: number;
  then: 'waits' | 'ends its side' | 'leaves';
}

/** Above all times that a silent connection has, with room for a busy host. */
const goneWithinMs = 60_000;
/** Of those that nobody waits for. */
const impatientMs = 200;

/** Answers the statuses that it was told, or throws when Imago neither answers nor hangs up. */
export async function converse(
  port: number,
  { pieces, pauseMs, then }: Conversation,
  patient: boolean,
): Promise<{ statuses: number[]; text: string }> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  const gone = new Promise<'gone'>((resolve) => socket.once('close', () => resolve('gone')));
  const told = new Promise<'told'>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      if (text.length < 100_000) text += chunk.toString('latin1');
      resolve('told');
    });
  });
  socket.on('error', () => {}); // it hung up, as it may
  for (const piece of pieces) {
    if (socket.destroyed) break;
    socket.write(piece);
    if (pauseMs > 0) await sleep(pauseMs);
  }
  if (then === 'ends its side') socket.end();
  if (then === 'leaves') socket.destroy();
  const late = sleep(patient ? goneWithinMs : impatientMs, 'late' as const, { ref: false });
  let outcome = await Promise.race([gone, told, late]);
  if (outcome === 'told') {
    // What else it has to say. Whoever is upgraded and answers no ping is left.
    const isUpgraded = text.startsWith('HTTP/1.1 101 ') && then === 'waits';
    outcome = await Promise.race([gone, isUpgraded ? late : sleep(20, 'told' as const)]);
  }
  socket.destroy();
  if (outcome === 'late' && patient) throw new Error('neither an answer nor an end');
  const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));
  return { statuses, text };
}

export interface Target {
  host: string;
  keys: readonly Key[];
  /** Of one with a console. */
  instanceId: string;
}

/** `request` is what a client might have sent. */
export async function makeConversation(
  random: Random,
  request: FuzzRequest,
  target: Target,
): Promise<Conversation> {
  const [kind, pieces] = random.chance(0.3)
    ? ['upgrade', await upgrade(random, target)]
    : random.pick([
        () => ['other protocol', otherProtocol(random)] as const,
        () => ['broken head', brokenHead(random, request)] as const,
        () => ['header flood', headerFlood(random, request)] as const,
        () => ['pipelined', pipelined(random, request)] as const,
        () => ['half', half(random, request)] as const,
        () => ['chunks', chunks(random, request)] as const,
      ])();
  const pauseMs = pieces.length < 40 ? random.pick([0, 0, 1, 20]) : random.pick([0, 0, 1]);
  const then = random.pick(['waits', 'ends its side', 'leaves'] as const);
  const told = pieces.map((piece) => piece.toString('latin1').slice(0, 80));
  const what = `${kind}, ${pieces.length} pieces, ${pauseMs} ms, ${then}: ${JSON.stringify(told.slice(0, 4))}`;
  return { what, pieces, pauseMs, then };
}

type Pieces = (Buffer | string)[];
type Head = Pick<FuzzRequest, 'method' | 'path' | 'headers'>;

function headOf({ method, path, headers }: Head, more: readonly string[] = []): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return `${method} ${path} HTTP/1.1\r\n${[...lines, ...more].join('\r\n')}\r\n\r\n`;
}

function otherProtocol(random: Random): Pieces {
  const noise = Buffer.from(
    Array.from({ length: random.pick([1, 20, 3000]) }, () => random.below(256)),
  );
  return random.pick<Pieces>([
    [noise],
    [Buffer.from('160301020001000001fc0303', 'hex'), noise],
    ['SSH-2.0-OpenSSH_9.2\r\n', noise],
    ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', noise],
    ['PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n', noise],
    ['GET /\r\n'],
    ['\r\n'.repeat(20_000)],
    ['\0'.repeat(100_000)],
    [],
  ]);
}

function brokenHead(random: Random, request: FuzzRequest): Pieces {
  const head = headOf(request);
  const at = random.below(head.length);
  const more = random.pick([
    ['host: two'],
    ['no colon'],
    [': no name'],
    ['a b: c'],
    ['x: \0'],
    ['x: a\r\n folded'],
    ['x: \r y'],
    ['content-length: 5', 'content-length: 6'],
    ['content-length: -1'],
    ['content-length: 0x10'],
    ['content-length: 99999999999999999999'],
    ['content-length: 9007199254740991'],
    ['content-length: 3', 'transfer-encoding: chunked'],
    ['transfer-encoding: xchunked'],
    ['transfer-encoding: gzip, chunked'],
    ['transfer-encoding: chunked', 'transfer-encoding: identity'],
    ['connection: upgrade, close, keep-alive'],
    ['expect: 100-continue', 'expect: nothing'],
    ['trailer: content-length'],
  ]);
  const put = random.pick(['\0', '\r', '\n', ' ', '\r\n\r\n', '\x7f', 'é']);
  return random.pick<Pieces>([
    [headOf(request, more), request.body],
    [`${head.slice(0, at)}${put}${head.slice(at)}`, request.body],
    [head.replaceAll('\r\n', '\n'), request.body],
    [head.replace('HTTP/1.1', random.pick(['HTTP/1.0', 'HTTP/9.9', 'HTTP/0.9', 'HTPP/1.1', '']))],
    [head.replace(request.method, random.pick(['', 'get', 'CONNECT', 'TRACE', 'M'.repeat(9000)]))],
    [head.replace(' /', ` ${random.pick(['http://a b/', '*', '?', `/${'a'.repeat(90_000)}`])}`)],
  ]);
}

function headerFlood(random: Random, request: FuzzRequest): Pieces {
  const start = headOf(request).slice(0, -2);
  const lines = Array.from({ length: random.pick([100, 2000]) }, (_, n) => `x-${n}: ${n}\r\n`);
  const long = `x: ${'a'.repeat(random.pick([60_000, 200_000]))}\r\n`;
  const end = random.chance(0.5) ? ['\r\n'] : [];
  return random.pick<Pieces>([
    [start, ...lines, ...end],
    [start, lines.join(''), ...end],
    [start, long, ...end],
    [start, 'x: ', ...Array<string>(2000).fill('a')],
  ]);
}

function pipelined(random: Random, request: FuzzRequest): Pieces {
  const length = String(request.body.length);
  const one = Buffer.concat([
    Buffer.from(headOf({ ...request, headers: { ...request.headers, 'content-length': length } })),
    request.body.subarray(0, 20_000),
  ]);
  const many = Array<Buffer>(random.pick([2, 20, 100])).fill(one);
  return random.chance(0.5) ? [Buffer.concat(many)] : many;
}

/** And perhaps the rest drop by drop. */
function half(random: Random, request: FuzzRequest): Pieces {
  const length = `content-length: ${request.body.length + random.pick([0, 1, 2 ** 20])}`;
  const whole = Buffer.concat([Buffer.from(headOf(request, [length])), request.body]);
  const at = random.below(Math.min(whole.length, 5000));
  const drops = Array.from({ length: 60 }, (_, n) => whole.subarray(at + n, at + n + 1));
  return [whole.subarray(0, at), ...(random.chance(0.5) ? drops : [])];
}

function chunks(random: Random, request: FuzzRequest): Pieces {
  const head = headOf(request, ['transfer-encoding: chunked']);
  const body = request.body.toString('latin1').slice(0, 60_000);
  const size = body.length.toString(16);
  const ones = Array<string>(3000).fill('1\r\na\r\n');
  return random.pick<Pieces>([
    [head, `${size}\r\n${body}\r\n0\r\n\r\n`],
    [head, `${random.pick(['FFFFFFFFFFFFFFFF', '-1', '0x5', 'g', '', ' 5', '1e3'])}\r\n${body}`],
    [head, `${'0'.repeat(20_000)}${size}\r\n${body}\r\n0\r\n\r\n`],
    [head, `${size};a=${'b'.repeat(random.pick([10, 20_000, 200_000]))}\r\n${body}\r\n0\r\n\r\n`],
    [head, ...ones, '0\r\n\r\n'],
    [head, ones.join('')],
    [head, `${size}\r\n${body}0\r\n\r\n`],
    [head, `0\r\n${'x-trailer: a\r\n'.repeat(random.pick([1, 5000]))}\r\n`],
    [head, 'FFFFFFF\r\n', ...Array<string>(64).fill('a'.repeat(65_536))],
  ]);
}

/** To the console of an instance. */
export async function upgrade(random: Random, { host, keys, instanceId }: Target): Promise<Pieces> {
  const key = random.pick(keys);
  const path = `/imago/instances/${instanceId}/console`;
  const hostname = host.split(':')[0] ?? '';
  const service = random.chance(0.9) ? 'imago' : 'ec2';
  const signer = new SignatureV4({
    credentials: key,
    region: 'us-east-1',
    service,
    sha256: Sha256,
  });
  const at = { method: 'GET', protocol: 'http:', hostname, path, headers: { host } };
  const signingDate = random.chance(0.8) ? new Date() : new Date(Date.now() - 3_600_000);
  const { query = {} } = await signer.presign(at, { expiresIn: 60, signingDate });
  let asked = `?${new URLSearchParams(query as Record<string, string>)}`;
  if (random.chance(0.2)) asked = random.pick(['', asked.slice(0, -3), `${asked}&X-Amz-Expires=9`]);
  const usual = {
    Host: host,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };
  const odd = {
    ...usual,
    ...random.pick<object>([
      { 'Sec-WebSocket-Version': '12' },
      { 'Sec-WebSocket-Key': 'short' },
      { 'Sec-WebSocket-Key': '' },
      { Upgrade: 'h2c' },
      { 'Content-Length': '5' },
      { 'Sec-WebSocket-Extensions': 'permessage-deflate; '.repeat(1000) },
      { 'Sec-WebSocket-Protocol': ',,' },
    ]),
  };
  const headers = random.chance(0.7) ? usual : odd;
  const method = random.chance(0.9) ? 'GET' : 'POST';
  const head = headOf({ method, path: `${path}${asked}`, headers });
  const count = random.pick([0, 1, 5, 300]);
  const frames = Array.from({ length: count }, () => frame(random));
  return random.chance(0.3) ? [Buffer.concat([Buffer.from(head), ...frames])] : [head, ...frames];
}

/** RFC 6455's, right or wrong: opcode, mask, length and what there is of its bytes. */
function frame(random: Random): Buffer {
  const first = random.pick([
    0x82, 0x81, 0x82, 0x02, 0x00, 0x80, 0x88, 0x89, 0x8a, 0x8f, 0xf2, 0x83,
  ]);
  const length = random.pick([0, 1, 100, 125]);
  const mask = random.chance(0.9) ? 0x80 : 0;
  const bytes = Buffer.alloc(mask ? length + 4 : length, random.below(256));
  const huge = random.pick(['7e' + 'ffff', `7f${'7f'.repeat(8)}`, `7f${'ff'.repeat(8)}`]);
  const size = random.chance(0.9) ? Buffer.from([length]) : Buffer.from(huge, 'hex');
  size[0] = (size[0] ?? 0) | mask;
  return Buffer.concat([Buffer.from([first]), size, bytes]);
}
