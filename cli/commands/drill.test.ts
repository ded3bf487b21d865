/** Drills as a person or a pipeline sees them, against a server whose machines are simulated. */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { FsBlockStore } from '../../server/blocks/fs/fs-block-store.ts';
import { openSqliteCatalog } from '../../server/catalog/sqlite/sqlite-catalog.ts';
import { image, rootDisk, snapshot } from '../../server/catalog/test-rows.ts';
import { BufferDisk } from '../../server/contents/test-file-systems.ts';
import { uploadDisk } from '../../server/disk/upload-layers.ts';
import type { Home } from '../../server/foundations/home.ts';
import type { RunningServer } from '../../server/main.ts';
import type { CommandContext } from '../context.ts';
import { readDrillFile } from '../drill-file.ts';
import { sparkline } from '../sparkline.ts';
import { stackedBar } from '../stacked-bar.ts';
import { drillCommand } from './drill.ts';
import {
  drillChecksDeleteCommand,
  drillChecksListCommand,
  drillChecksPutCommand,
  drillChecksShowCommand,
} from './drill-checks.ts';
import { drillListCommand } from './drill-list.ts';
import { drillShowCommand } from './drill-show.ts';
import { commandContext, newHome, serveSimulated } from './test-command.ts';

const ami = 'ami-0123456789abcdef0';
const ofMachine = 'ami-0123456789abcdef1';
const laterOfMachine = 'ami-0123456789abcdef2';
let home: Home;
let server: RunningServer;

before(async () => {
  home = await newHome();
  const store = await FsBlockStore.open(home.blocksFolder);
  const { root } = await uploadDisk({ store, disk: new BufferDisk(Buffer.alloc(1024 ** 2, 1)) });
  await store.close();
  server = await serveSimulated(home);
  const catalog = await openSqliteCatalog(home.catalogFile);
  await catalog.write(async ({ accounts, images, snapshots }) => {
    const account = (await accounts.list({ where: { operator: 'true' } }))[0]?.id ?? '';
    const owned = { account, region: 'us-east-1' };
    await snapshots.insert(snapshot('snap-0123456789abcdef0', { ...owned, root }));
    const blockDeviceMappings = rootDisk(1, 'snap-0123456789abcdef0');
    await images.insert(image(ami, { ...owned, blockDeviceMappings }));
    const backup = { sourceId: 'i-0123456789abcdef0' };
    for (const id of [ofMachine, laterOfMachine]) {
      await images.insert(image(id, { ...owned, blockDeviceMappings, backup }));
    }
  });
  await catalog.close();
});
after(async () => {
  await server?.close();
  rmSync(home.folder, { recursive: true });
});
afterEach(() => {
  process.exitCode = undefined;
});

function file(text: string): string {
  const name = path.join(home.folder, 'drill.yaml');
  writeFileSync(name, text);
  return name;
}

test('a file of checks, as people write it', async () => {
  const read = await readDrillFile(
    file(`type: t3.nano
console: "login:"
timeout: 120
checks:
  - command: df /
    exit: 0
    within: 5
  - query: SELECT count(*) FROM orders
    client: psql
    equals: 3
compare: [/etc/passwd, /etc/shadow]
`),
  );
  assert.deepEqual(read, {
    InstanceType: 't3.nano',
    ConsoleText: 'login:',
    BootTimeoutSeconds: 120,
    Checks: [
      { Command: 'df /', ExitCode: 0, WithinSeconds: 5 },
      { Query: 'SELECT count(*) FROM orders', Client: 'psql', Equals: '3' },
    ],
    Compare: ['/etc/passwd', '/etc/shadow'],
  });
  for (const [text, message] of [
    ['checks:\n  - comand: df\n', /drill.yaml:2: there is no 'comand'/],
    ['checks:\n  - port: ssh\n', /:2: port is a whole number/],
    ['checks: df\n', /:1: checks is a list/],
    ['checks:\n  - command: [df]\n', /:2: command is a text/],
    ['compare: [[df]]\n', /:1: compare is a list of paths/],
    ['- 1\n', /:1: there are the members/],
    ['a: [\n', /drill.yaml:\d: /],
    ['\n', /drill.yaml says nothing to look at/],
  ] as const) {
    await assert.rejects(readDrillFile(file(text)), message);
  }
});

test('verdict, list with its trend, and one drill; what fails ends with 1', async () => {
  const { context, printed } = commandContext(home);
  await drillCommand(context, ami, { checks: file('checks:\n  - command: df /\n') });
  assert.equal(process.exitCode, undefined);
  assert.match(printed(), /^passed {2}ami-0123456789abcdef0 {2}drill-\w+\n {2}✔ command df \/ /);
  assert.match(printed(), /running after .*, ready after .*, checked after /);

  const failing = commandContext(home);
  await drillCommand(failing.context, ami, {
    checks: file('checks:\n  - command: df /\n    equals: nothing\n'),
  });
  assert.equal(process.exitCode, 1);
  assert.match(failing.printed(), /^failed[\s\S]*✖ command df \/: its output is ""/);
  const [id = ''] = /drill-\w+/.exec(failing.printed()) ?? [];

  const listed = commandContext(home);
  await drillListCommand(listed.context);
  assert.match(
    listed.printed(),
    /^LAST +STATE .*\nami-0123456789abcdef0 {2}2 drills {2}[▁█]{2}\ndrill-\w+ {2}failed /,
  );
  const ofImage = commandContext(home);
  await drillListCommand(ofImage.context, ami);
  assert.match(
    ofImage.printed(),
    /CHECKS {2}TIME\ndrill-.*Z\npassed .*1\/1 +░*▒*█*\ndrill-.*Z\nfailed .*0\/1 +░*▒*█*\n░ until it runs, ▒ until it is ready, █ until all is checked\n/,
  );
  // The bar of the one that took longest is as long as one can be.
  assert.match(ofImage.printed(), /[░▒█]{14}\n/);

  const shown = commandContext(home, true);
  await drillShowCommand(shown.context, id, { console: true });
  const drill = JSON.parse(shown.printed());
  assert.deepEqual([drill.DrillId, drill.State, drill.Results.length], [id, 'failed', 1]);
  assert.match(drill.ConsoleOutput, /simulated/);
});

test('what is said once of a machine is what a drill of its backup looks at', async () => {
  const source = 'i-0123456789abcdef0';
  const run = async (command: (context: CommandContext) => Promise<void>, json = false) => {
    const { context, printed } = commandContext(home, json);
    await command(context);
    return printed();
  };
  const written = `timeout: 120
checks:
  - name: room
    command: df /
    within: 5
  - command: hostname
    equals: "3"
`;
  const none = await run(drillChecksListCommand);
  assert.match(none, /^Nothing is said of any source/);
  await run((context) => drillChecksPutCommand(context, source, file(written)));
  assert.match(await run(drillChecksListCommand), /^SOURCE .*\ni-0123456789abcdef0 {2}2 {7}0 /);
  assert.equal(await run((context) => drillChecksShowCommand(context, source)), written);
  const told = await run((context) => drillCommand(context, ofMachine));
  assert.match(told, /✔ room .*\n.*✖ command hostname: its output is ""/);
  await run((context) => drillCommand(context, laterOfMachine));
  const ofAll = await run((context) => drillListCommand(context));
  assert.match(
    ofAll,
    /^i-0123456789abcdef0 {2}2 drills {2}[▁█]{2} {2}of ami-0123456789abcdef2\ndrill-/m,
  );
  assert.doesNotMatch(ofAll, /^ami-0123456789abcdef[12] +\d/m);
  const ofOne = await run((context) => drillListCommand(context, source));
  assert.match(
    ofOne,
    /^drill-\w+ .* of ami-0123456789abcdef1\n.*\ndrill-.* of ami-0123456789abcdef2\n.*\n░ until/m,
  );
  for (const list of [ofAll, ofOne]) {
    assert.ok(list.split('\n').every((line) => line.length <= 80));
  }
  await run((context) => drillChecksDeleteCommand(context, source));
  assert.equal(await run(drillChecksListCommand), none);
});

test('numbers as a line', () => {
  assert.equal(sparkline([1, 8, undefined, 4.4]), '▁█ ▄');
  assert.equal(sparkline([5, 5]), '▁▁');
});

test('times as a bar', () => {
  assert.equal(stackedBar([1000, 5000, 10_000], 10_000), '░▒▒▒▒▒▒███████');
  assert.equal(stackedBar([1000, 5000, undefined], 10_000), '░▒▒▒▒▒▒');
  assert.equal(stackedBar([undefined, undefined, 5000], 10_000), '█'.repeat(7));
  assert.equal(stackedBar([undefined, undefined, undefined], 0), '');
});
