/**
 * Sends requests of a seed to a running Imago, several at once, and looks at each answer: is there
 * one, does its status say that Imago is at fault, is it of the form that clients can read.
 */
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from './random.ts';
import { type FuzzRequest, RequestMaker, type RequestOptions } from './requests.ts';
import { converse, makeConversation } from './sockets.ts';
import { Words } from './words.ts';

const atOnce = 6;
/** Far above the time after which a body counts as late. */
const answerWithinMs = 60_000;
/** One of so many is no request of a client's. */
const conversationEach = 25;
/** EC2's own, of a host that is full: a launch may be refused so, whatever it asked for. */
const noRoom = /Insufficient(Instance|Volume|Host)?Capacity/;

export interface FuzzOptions extends Pick<RequestOptions, 'services' | 'keys' | 'patient'> {
  port: number;
  /** Ids of the accounts that ask, which no request names. */
  accounts: readonly string[];
  /** One whose console is asked for. */
  instanceId: string;
  seed: number;
  count: number;
  /** Called after each thousand. */
  onProgress?: (done: number, faults: number) => void;
}

export interface FuzzResult {
  /** How many answers had this status. */
  statuses: Record<string, number>;
  /** Actions that succeeded at least once. */
  succeeded: Set<string>;
  faults: string[];
}

interface Answer {
  status: number;
  text: string;
  type: string;
}

export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const { port, keys, accounts, seed, count } = options;
  const words = new Words([...accounts, ...keys.map(({ accessKeyId }) => accessKeyId)]);
  const maker = new RequestMaker({ ...options, host: `127.0.0.1:${port}` });
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  const result: FuzzResult = { statuses: {}, succeeded: new Set(), faults: [] };
  const late: Promise<void>[] = [];
  let next = 0;
  const converseOnce = async (number: number) => {
    const random = new Random(seed, number);
    const request = await maker.make(random, words);
    const target = { host: `127.0.0.1:${port}`, keys, instanceId: options.instanceId };
    const conversation = await makeConversation(random, request, target);
    const report = (fault: unknown) =>
      result.faults.push(`${number} of seed ${seed}: ${fault}: ${conversation.what}`);
    const done = converse(port, conversation, options.patient).then(({ statuses, text }) => {
      for (const status of statuses) {
        const told = `${status} on a socket`;
        result.statuses[told] = (result.statuses[told] ?? 0) + 1;
      }
      if (statuses.some((status) => status >= 500) && !noRoom.test(text)) report(text);
      if (tellsStack(text)) report(`a stack is told: ${text}`);
    });
    late.push(done.catch(report).then(() => {}));
  };
  const one = async (number: number) => {
    const request = await maker.make(new Random(seed, number), words);
    const sent = send(port, agent, request).then((answer) => {
      const status = answer === 'cut off' ? answer : answer.status;
      result.statuses[status] = (result.statuses[status] ?? 0) + 1;
      if (answer === 'cut off') return;
      words.hear(answer.text);
      if (answer.status === 200) result.succeeded.add(request.what.split(' ', 1)[0] ?? '');
      const fault = faultOf(request, answer);
      if (fault) result.faults.push(`request ${number} of seed ${seed}: ${fault}: ${request.what}`);
    });
    const told = sent.catch((error) => {
      result.faults.push(`request ${number} of seed ${seed}: ${error}: ${request.what}`);
    });
    if (request.pace === 'never whole') late.push(told);
    else await told;
  };
  const worker = async () => {
    while (next < count) {
      const number = next++;
      if (number % conversationEach === 0) await converseOnce(number);
      else await one(number);
      if (number % 1000 === 999) options.onProgress?.(number + 1, result.faults.length);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  await Promise.all(late);
  agent.destroy();
  return result;
}

/** `cut off`: it was the request that ended first. */
async function send(port: number, agent: Agent, request: FuzzRequest): Promise<Answer | 'cut off'> {
  const { method, path, headers, body, pace } = request;
  const { promise, resolve, reject } = Promise.withResolvers<Answer | 'cut off'>();
  const whole = pace === 'at once';
  const outgoing = httpRequest({
    ...{ host: '127.0.0.1', port, method, path, agent: whole ? agent : false },
    headers: { ...headers, 'content-length': String(body.length + (cut(pace) ? 10 : 0)) },
  });
  promise.catch(() => {}); // it may fail while the body is still being sent
  const timer = setTimeout(() => reject(new Error('no answer')), answerWithinMs);
  outgoing.on('response', (message) => readAnswer(message).then(resolve, reject));
  outgoing.on('error', (error: NodeJS.ErrnoException) => {
    // Refused before its body was read: the connection may end before the answer is seen.
    const refused = /EPIPE|ECONNRESET/.test(error.code ?? '') && body.length > 60_000;
    if (pace === 'cut off' || refused) resolve('cut off');
    else reject(error);
  });
  try {
    if (whole) outgoing.end(body);
    else await sendSlowly(outgoing, body, pace);
    return await promise;
  } finally {
    clearTimeout(timer);
    if (!whole) outgoing.destroy();
  }
}

const cut = (pace: string) => pace === 'cut off' || pace === 'never whole';

async function sendSlowly(outgoing: ReturnType<typeof httpRequest>, body: Buffer, pace: string) {
  const third = Math.ceil(body.length / 3);
  outgoing.flushHeaders();
  for (let from = 0; from < body.length; from += third) {
    await sleep(5);
    outgoing.write(body.subarray(from, from + third));
  }
  if (pace === 'in pieces') outgoing.end();
  if (pace === 'cut off') outgoing.destroy(Object.assign(new Error('cut'), { code: 'EPIPE' }));
}

async function readAnswer(message: IncomingMessage): Promise<Answer> {
  const text = Buffer.concat(await message.toArray()).toString();
  return { status: message.statusCode ?? 0, text, type: message.headers['content-type'] ?? '' };
}

function faultOf({ method }: FuzzRequest, { status, text, type }: Answer): string | undefined {
  const short = text.slice(0, 400);
  if (status >= 500 && !noRoom.test(text)) return `${status} ${short}`;
  if (method === 'HEAD' || status === 417) return undefined;
  if (tellsStack(text)) return `a stack is told: ${short}`;
  if (type.includes('json')) return isJson(text) ? undefined : `no JSON: ${short}`;
  return isXml(text) ? undefined : `no XML: ${status} ${short}`;
}

function tellsStack(text: string): boolean {
  return /\bat .*(\.ts|node:)[^ ]*:\d+/.test(text);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Its elements end in the order in which they began, and it has only what XML can carry. */
function isXml(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what XML cannot carry
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text)) return false;
  const open: string[] = [];
  for (const [, end, name = '', empty] of text.matchAll(/<(\/?)([A-Za-z][\w.-]*)[^<>]*?(\/?)>/g)) {
    if (empty) continue;
    if (!end) open.push(name);
    else if (open.pop() !== name) return false;
  }
  return text.includes('<') && open.length === 0;
}
