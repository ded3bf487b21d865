/**
 * Every action, with every thing that it names, asked for by its owner, by those with whom it is
 * shared in each way, by a stranger, by an operator, unsigned and with a disabled key: who may, and
 * what the others are told. A thing that the caller does not see is answered in the very words for
 * one that does not exist, and no answer holds anything of an account that shares nothing. An
 * action that no table (tables/) names fails, as does a member that seems to name something.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { keyOf, startTestApi, type TestApi } from '../../server/http/test-api.ts';
import { services } from '../../server/operations/generated/tables.ts';
import type { OperationContext, ServiceTable } from '../../server/operations/operation.ts';
import { Callers, secretTag } from './callers.ts';
import { inputWith, merged, namingPaths } from './inputs.ts';
import { isOfBytes, restRequest } from './rest-request.ts';
import { type Action, type Naming, type Outcome, readTables } from './table.ts';

interface Answer {
  /** `ok`, or the code of the error. */
  outcome: Outcome;
  text: string;
}

/** An action with what is known of it. */
interface Case {
  name: string;
  service: ServiceTable;
  action: string;
  entry: Action;
}

const { nouns, actions } = await readTables();
let callers: Callers;
let api: TestApi;

before(async () => {
  callers = await Callers.create(nouns);
  api = await startTestApi(callers.context);
});
after(async () => {
  await api?.[Symbol.asyncDispose]();
  await callers?.[Symbol.asyncDispose]();
});

const offered = services.flatMap((service) =>
  Object.keys(service.operations).map((action) => ({
    service,
    action,
    name: `${service.model.service}.${action}`,
  })),
);
const cases: Case[] = offered.flatMap((each) => {
  const entry = actions.get(each.name);
  return entry ? [{ ...each, entry }] : [];
});

test('every action is in a table, with every member that names something', () => {
  const missing = offered.filter(({ name }) => !actions.has(name)).map(({ name }) => name);
  assert.deepEqual(missing, [], 'in no table of test/authorisation/tables');
  const gone = [...actions.keys()].filter((name) => !offered.some((each) => each.name === name));
  assert.deepEqual(gone, [], 'not offered');
  const unnamed = cases.flatMap(({ name, service, action, entry }) => {
    const { names = [], plain = [] } = entry;
    const known = new Set([...names.map((each) => each.path), ...plain]);
    const { accepts = [] } = service.operations[action] ?? {};
    const paths = namingPaths(service.model, action, accepts);
    return paths.filter((path) => !known.has(path)).map((path) => `${name} ${path}`);
  });
  assert.deepEqual(unnamed, [], 'neither named nor plain');
});

const isReading = ({ action }: Pick<Case, 'action'>) => /^(Describe|Get|List)/.test(action);
/** Changes nothing, and success is an error of its own. */
const isTried = ({ service: { model }, action, entry }: Case) => {
  if (isReading({ action }) || entry.done) return false;
  const shape = model.shapes[model.operations[action]?.input ?? ''];
  return shape !== undefined && 'members' in shape && 'DryRun' in shape.members;
};
const isForOperators = ({ service, action }: Case) =>
  service.operations[action]?.audience === 'operator';

async function ask(each: Case, as: OperationContext | undefined, input: object): Promise<Answer> {
  // Whether one is an operator is looked at before it is a WebSocket.
  if (each.entry.connects && as && !isForOperators(each)) return connect(each, as, input);
  const { model } = each.service;
  if (isOfBytes(model, each.action)) return askForBytes(each, as, input);
  const body = JSON.stringify(isTried(each) ? { ...input, DryRun: true } : input);
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': `${model.service}.${each.action}`,
  };
  const key = as && (await keyOf(as, as.caller));
  const response = await api.fetch(key, { service: model.service, headers, body });
  // Some services tell it in the answer; it is another each time.
  const text = (await response.text()).replace(/"requestId":"[0-9a-f-]*",?/, '');
  if (response.ok) return { outcome: 'ok', text };
  const { __type: code } = JSON.parse(text);
  return { outcome: code === 'DryRunOperation' ? 'ok' : code, text };
}

async function askForBytes(
  { service: { model }, action }: Case,
  as: OperationContext | undefined,
  input: object,
): Promise<Answer> {
  const key = as && (await keyOf(as, as.caller));
  const response = await api.fetch(key, restRequest(model, action, input));
  const text = await response.text();
  if (response.ok) return { outcome: 'ok', text };
  // Of a request that claims no service it is in EC2's form.
  const code = response.headers.get('x-amzn-errortype') ?? /<Code>(\w+)/.exec(text)?.[1];
  return { outcome: code ?? '', text };
}

/** As the dispatcher does once it knows who asks; web-sockets.test.ts has the rest. */
async function connect(each: Case, as: OperationContext, input: object): Promise<Answer> {
  const operation = each.service.operations[each.action];
  return operation?.run(input as never, as).then(
    () => ({ outcome: 'ok', text: '' }),
    ({ code = 'InternalError', message }) => ({ outcome: code, text: message }),
  ) as Promise<Answer>;
}

/** What is asked for with this id at the member; all else is the caller's own. */
async function inputOf(each: Case, naming: Naming, as: OperationContext, id: string) {
  const { service, action, entry } = each;
  const { [naming.without ?? '']: _, ...needed } = (entry.with ?? {}) as Record<string, unknown>;
  let input: unknown = needed;
  for (const [path, noun] of Object.entries(entry.needs ?? {})) {
    if (path === naming.path || path === naming.without) continue;
    input = merged(input, inputWith(service.model, action, path, await callers.own(as, noun)));
  }
  input = merged(input, naming.with ?? {});
  return merged(input, inputWith(service.model, action, naming.path, id)) as object;
}

test('with everything that an action names: who may, and what others are told', async () => {
  const wrong: string[] = [];
  const checkCase = async (each: Case, naming: Naming, who: Asker) => {
    const id = await who.id();
    const input = await inputOf(each, naming, who.as, id);
    const { outcome, text } = await ask(each, who.as, input);
    const where = `${each.name} ${naming.path} (${naming.noun}) by ${who.name}`;
    if (outcome !== who.expected) {
      wrong.push(`${where}: ${outcome}, not ${who.expected}: ${text.slice(0, 200)}`);
    }
    if (who.as === callers.owner) return;
    const leaked = [...callers.secrets].filter((secret) => secret !== id);
    if (who.name !== 'operator' && leaked.some((secret) => text.includes(secret))) {
      wrong.push(`${where} is told of another's: ${text.slice(0, 500)}`);
    }
    if (!who.hidden) return;
    const { missing } = callers.noun(naming.noun);
    const nothing = await ask(each, who.as, await inputOf(each, naming, who.as, missing));
    if (text.replaceAll(id, missing) !== nothing.text) {
      wrong.push(`${where}: ${text}, but of what does not exist: ${nothing.text}`);
    }
  };
  for (const each of cases.filter((one) => !isForOperators(one))) {
    for (const naming of each.entry.names ?? []) {
      for (const who of askers(each, naming)) await checkCase(each, naming, who);
    }
  }
  assert.deepEqual(wrong, []);
});

interface Asker {
  name: string;
  as: OperationContext;
  id(): Promise<string>;
  expected: Outcome;
  /** Nothing may tell it from what does not exist. */
  hidden?: boolean;
}

function askers(each: Case, naming: Naming): Asker[] {
  const { noun: name, owner: expected = 'ok' } = naming;
  const noun = callers.noun(name);
  const { owner, stranger, operator, seers } = callers;
  const fresh = !isTried(each) && !isReading(each);
  const id = () => callers.own(owner, name, fresh);
  const { unseen = noun.unseen } = naming;
  const hidden = { expected: unseen, hidden: true };
  const all: Asker[] = [
    { name: 'stranger', as: stranger, id, ...hidden },
    { name: 'operator', as: operator, id, ...hidden },
    { name: 'owner', as: owner, id, expected },
  ];
  if (naming.operator !== undefined) {
    all[1] = { name: 'operator', as: operator, id, expected: naming.operator };
  }
  for (const sharing of noun.sharings ?? []) {
    const shown = () => callers.shared(name, sharing);
    const told = naming[sharing] ?? naming.seen ?? unseen;
    all.push({ name: sharing, as: seers[sharing], id: shown, expected: told });
    if (sharing === 'public') continue;
    all.push({ name: `stranger to ${sharing}`, as: stranger, id: shown, ...hidden });
  }
  return all;
}

test('what is asked for without naming anything tells nothing of others', async () => {
  const wrong: string[] = [];
  for (const each of cases.filter((one) => isReading(one) && !isForOperators(one))) {
    const { text } = await ask(each, callers.stranger, each.entry.with ?? {});
    const leaked = [...callers.secrets].filter((secret) => text.includes(secret));
    if (leaked.length > 0) wrong.push(`${each.name}: ${leaked.join(', ')}`);
  }
  assert.deepEqual(wrong, []);
});

test('nothing is found by tags of others, not even what they share', async () => {
  const { seers, shown, secrets } = callers;
  const wrong: string[] = [];
  let asked = 0;
  for (const each of cases.filter((one) => isReading(one) && !isForOperators(one))) {
    if (!each.service.operations[each.action]?.accepts.includes('Filters')) continue;
    for (const [Name, value] of [
      ['tag-key', secretTag],
      ['tag-value', 'is its'],
      [`tag:${secretTag}`, '*'],
      ['key', secretTag],
    ]) {
      const input = { ...each.entry.with, Filters: [{ Name, Values: [value] }] };
      for (const as of [seers.shared, seers.organization, seers.public]) {
        const { outcome, text } = await ask(each, as, input);
        asked += outcome === 'ok' ? 1 : 0;
        const found = [...shown, ...secrets].filter((id) => text.includes(`"${id}"`));
        if (found.length > 0) wrong.push(`${each.name} by ${Name}: ${found.join(', ')}`);
      }
    }
  }
  assert.deepEqual(wrong, []);
  assert.ok(shown.size > 0 && asked > 0);
});

test('what is the operators’ is refused to others, whatever they ask for', async () => {
  const refusals = ['AccessDeniedException', 'UnauthorizedOperation'];
  for (const each of cases.filter(isForOperators)) {
    const { outcome } = await ask(each, callers.owner, each.entry.with ?? {});
    assert.ok(refusals.includes(outcome), `${each.name}: ${outcome}`);
    if (!isReading(each)) continue;
    const allowed = await ask(each, callers.operator, each.entry.with ?? {});
    assert.equal(allowed.outcome, 'ok', each.name);
  }
});

test('unsigned, and with a key or an account that is disabled, nothing is answered at all', async () => {
  const { context } = callers;
  const blocked = await context.asNewAccount({ disabled: true });
  const disabled = await context.asNewAccount();
  const { catalog } = context;
  await catalog.write(async ({ credentials }) => {
    const row = await credentials.get(disabled.caller.accessKeyId);
    if (row) await credentials.update({ ...row, disabled: true });
  });
  const unknown: Record<string, string> = { ec2: 'AuthFailure', sts: 'InvalidClientTokenId' };
  for (const each of cases) {
    const { name, service, entry } = each;
    const unsigned = await ask(each, undefined, entry.with ?? {});
    assert.equal(unsigned.outcome, 'MissingAuthenticationToken', name);
    const { outcome } = await ask({ ...each, entry: {} }, disabled, entry.with ?? {});
    const code = unknown[service.model.service] ?? 'UnrecognizedClientException';
    assert.equal(outcome, code, name);
    const byBlocked = await ask({ ...each, entry: {} }, blocked, entry.with ?? {});
    assert.equal(byBlocked.outcome, 'Blocked', name);
  }
});
