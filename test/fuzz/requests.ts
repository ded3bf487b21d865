/**
 * Requests as bytes: an input in one of the service's protocols, signed or not, and what may be
 * wrong with it on the way.
 */
import { SignatureV4 } from '@smithy/signature-v4';
import type { ServiceModel } from '../../api/model.ts';
import { Sha256 } from '../../server/foundations/sha256.ts';
import type { ServiceTable } from '../../server/operations/operation.ts';
import { type Field, formFields } from './form-fields.ts';
import { InputMaker } from './inputs.ts';
import type { Random } from './random.ts';
import type { Words } from './words.ts';

export interface Key {
  accessKeyId: string;
  secretAccessKey: string;
}

/** How its bytes come. */
export type Pace = 'at once' | 'in pieces' | 'cut off' | 'never whole';

export interface FuzzRequest {
  /** For reports. */
  what: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Buffer;
  pace: Pace;
}

interface Draft {
  service: string;
  method: string;
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  body: Buffer;
}

const formType = 'application/x-www-form-urlencoded';
const jsonType = 'application/x-amz-json-1.1';
const mediaTypes = [
  ...['', 'text/plain', 'application/json', jsonType, `${formType};charset=utf-16`, '*/*'],
  ...['multipart/form-data; boundary=x', 'application/xml', 'a/b;'.repeat(200), formType],
];

export interface RequestOptions {
  services: readonly ServiceTable[];
  keys: readonly Key[];
  host: string;
  /** Some bodies never come whole, and are waited for as long as Imago does. */
  patient: boolean;
}

export class RequestMaker {
  readonly #options: RequestOptions;

  constructor(options: RequestOptions) {
    this.#options = options;
  }

  async make(random: Random, words: Words): Promise<FuzzRequest> {
    const { services, patient } = this.#options;
    const table = random.chance(0.8) ? (services[0] as ServiceTable) : random.pick(services);
    const offered = Object.keys(table.operations);
    const action = random.chance(0.97) ? random.pick(offered) : otherAction(random, table, words);
    const broken = random.chance(0.25);
    const wrong = random.pick([0, 0, 0, 0.05, 0.2, 0.6]);
    const accepts = offered.includes(action) ? table.operations[action]?.accepts : undefined;
    const { model } = table;
    const input = new InputMaker(random, words, { model, action, accepts, wrong }).make();
    const draft = this.#draft(random, model, action, input, broken);
    const changes = broken && random.chance(0.5) ? [changeOnTheWire(random, draft)] : [];
    const signing = random.chance(0.96) ? 'signed' : random.pick(signings);
    const pace: Pace = random.chance(0.98)
      ? 'at once'
      : random.pick(['in pieces', 'cut off', patient ? 'never whole' : 'in pieces']);
    const signed = await this.#sign(random, draft, signing);
    const request = {
      what: '',
      method: draft.method,
      path: '/',
      headers: signed,
      body: draft.body,
    };
    const query = String(new URLSearchParams(draft.query));
    const path = `${draft.path}${query && `?${query}`}`;
    const told = JSON.stringify(input, (_, value) => shortened(value)).slice(0, 1500);
    const what = `${model.service}.${action} ${[signing, pace, ...changes].join(', ')}: ${draft.headers['x-amz-target'] ? 'json' : 'form'} ${told}`;
    return { ...request, what, path, pace };
  }

  #draft(
    random: Random,
    model: ServiceModel,
    action: string,
    input: object,
    broken: boolean,
  ): Draft {
    const { service, version } = model;
    const draft = { service, method: 'POST', path: '/', query: {}, headers: {} };
    if (model.protocol === 'rest-json' || random.chance(0.5)) {
      let text = JSON.stringify(input);
      if (broken && random.chance(0.5)) text = brokenJson(random, text);
      const route = Object.hasOwn(model.operations, action) ? model.routes?.[action] : undefined;
      if (route && random.chance(0.4)) {
        const [method = '', path = ''] = route.split(' ');
        const headers = { 'content-type': 'application/json' };
        return { ...draft, method, path, headers, body: Buffer.from(text) };
      }
      // Of a header nothing else can be sent.
      const target = `${service}.${action.replaceAll(/[^\x20-\x7e]/g, '?').trim()}`;
      const headers = { 'content-type': jsonType, 'x-amz-target': target };
      return { ...draft, headers, body: Buffer.from(text) };
    }
    const fields: Field[] = [
      ['Action', action],
      ['Version', version],
      ...formFields(model, action, input),
    ];
    if (broken && random.chance(0.5)) breakFields(random, fields);
    if (random.chance(0.05) && fields.length < 50) {
      const query = Object.fromEntries(
        fields.map((field) => field.map((text) => text.toWellFormed())),
      );
      return { ...draft, method: 'GET', query, body: Buffer.alloc(0) };
    }
    let text = fields.map((pair) => pair.map(encoded).join('=')).join('&');
    if (broken && random.chance(0.2)) text = brokenForm(random, text);
    return { ...draft, headers: { 'content-type': formType }, body: Buffer.from(text) };
  }

  async #sign(random: Random, draft: Draft, how: Signing): Promise<Record<string, string>> {
    const headers = { ...draft.headers, host: this.#options.host };
    if (how === 'unsigned') return headers;
    const key = random.pick(this.#options.keys);
    const secretAccessKey = how === 'wrong secret' ? 'wrong' : key.secretAccessKey;
    const accessKeyId = how === 'unknown key' ? 'AKIANOBODY' : key.accessKeyId;
    const service = how === 'other service' ? random.pick(['s3', 'imago', 'sts']) : draft.service;
    const region = random.chance(0.95) ? 'us-east-1' : random.pick(['eu-west-1', 'mars-1', '']);
    const sessionToken = how === 'session token' ? 'token' : undefined;
    const signer = new SignatureV4({
      credentials: { accessKeyId, secretAccessKey, sessionToken },
      region: region || 'us-east-1',
      service,
      sha256: Sha256,
    });
    const { method, path, query, body } = draft;
    const at = { method, protocol: 'http:', hostname: '127.0.0.1', path, query, body, headers };
    const signingDate = how === 'long ago' ? new Date(0) : new Date();
    const signed = { ...(await signer.sign(at, { signingDate })).headers };
    if (how === 'cut signature') signed.authorization = signed.authorization?.slice(0, -9) ?? '';
    if (how === 'other body') draft.body = Buffer.concat([body, Buffer.from('&A=b')]);
    return signed;
  }
}

const signings = [
  ...(['unsigned', 'wrong secret', 'unknown key', 'other service', 'session token'] as const),
  ...(['long ago', 'cut signature', 'other body'] as const),
];
type Signing = 'signed' | (typeof signings)[number];

function otherAction(random: Random, { actionNames }: ServiceTable, words: Words): string {
  return random.chance(0.5) ? random.pick(actionNames) : words.unlikely(random).slice(0, 300);
}

/** As encodeURIComponent, but for what it throws at: half of a pair is sent as its three bytes. */
function encoded(text: string): string {
  return text.isWellFormed() ? encodeURIComponent(text) : '%ED%A0%80';
}

function shortened(value: unknown): unknown {
  if (Array.isArray(value) && value.length > 20) return [value[0], `and ${value.length - 1} more`];
  return typeof value === 'string' && value.length > 80
    ? `${value.slice(0, 20)}… (${value.length})`
    : value;
}

function brokenJson(random: Random, text: string): string {
  const at = random.below(text.length + 1);
  return random.pick([
    () => text.slice(0, at),
    () => `${'['.repeat(100_000)}`,
    () => `${'{"Filters":'.repeat(20_000)}`,
    () => text.replace('{', '{"DryRun":true,"DryRun":false,'),
    () => text.replace('{', '{"__proto__":{"DryRun":true},'),
    () => `\ufeff${text}`,
    () => `${text}${text}`,
    () => 'null',
    () => '[]',
    () => '"text"',
    () => '1e999',
    () => text.replaceAll('"', "'"),
    () => `${text.slice(0, at)}\u0000${text.slice(at)}`,
    () => text.replace('{', '{"MaxResults":1e400,'),
  ])();
}

function breakFields(random: Random, fields: Field[]): void {
  const at = random.below(fields.length);
  const [name, text] = fields[at] as Field;
  const index = random.pick(['0', '-1', '01', '9999999', '99999999999', '2', '1.5', '', '1e3']);
  const break_ = random.pick([
    () => fields.push([name, text]),
    () => fields.splice(at, 1),
    () => fields.push([`${name}.1.2.3.4.5`, text]),
    () => fields.push([name.replace(/\.\d+/, `.${index}`), text]),
    () => fields.push([`Filter.${index}.Name`, 'state']),
    () => fields.push([`${'A.1.'.repeat(80)}`, text]),
    () => fields.push(['', text]),
    () => fields.push(['Version', '1999-01-01']),
    () => fields.push([`${name.split('.')[0]}`, text]),
    () => fields.push([name.toUpperCase(), text]),
    () => {
      for (let entry = 1; entry <= 20_000; entry++) fields.push([`InstanceId.${entry}`, 'i-1']);
    },
  ]);
  break_();
}

function brokenForm(random: Random, text: string): string {
  const at = random.below(text.length + 1);
  const put = random.pick(['%', '%zz', '%ff', '%c0%80', '&&', '=', '&=', ';', '\u0000', '+', '#']);
  return `${text.slice(0, at)}${put}${text.slice(at)}`;
}

/** Says what it changed. */
function changeOnTheWire(random: Random, draft: Draft): string {
  const { headers } = draft;
  const change = random.below(9);
  if (change === 0)
    draft.method = random.pick(['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD']);
  if (change === 1)
    draft.path = random.pick(['/x', '//', '/%2e%2e/', '/%', '/a%20b', '/%C3%A9', '/*', '/;']);
  if (change === 2) headers['content-type'] = random.pick(mediaTypes);
  if (change === 3) headers['content-encoding'] = random.pick(['gzip', 'br', 'aws-chunked', 'x']);
  if (change === 4)
    headers['x-amz-target'] = random.pick(['', '.', 'ec2', 'ec2.', 'a.b.c', 'sts.x']);
  if (change === 5) headers['x-amz-filler'] = 'a'.repeat(random.pick([100, 8000, 60_000, 70_000]));
  if (change === 6) {
    for (let each = 0; each < 300; each++) headers[`x-filler-${each}`] = String(each);
  }
  if (change === 7) headers.expect = random.pick(['100-continue', 'something']);
  if (change === 8) draft.body = Buffer.concat([draft.body, Buffer.alloc(2 * 1024 * 1024, '&')]);
  return `wire ${change}`;
}
