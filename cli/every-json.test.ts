/**
 * `--json`: whatever a command of backups, drills, recovery, stores and remotes answers, it is one
 * document, on the standard output, also where there is nothing to tell. Every command of these
 * groups is walked: one that is not in the table fails. What is refused writes nothing there.
 */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Command } from './command-line.ts';
import { BurningImago } from './commands/test-burning-imago.ts';
import { addBackups } from './groups/backups.ts';
import { addDrills } from './groups/drills.ts';
import { addRecovery, addStores } from './groups/recovery.ts';
import { addRemotes } from './groups/remotes.ts';

function program(): Command {
  const top = new Command('imago').exitOverride();
  for (const add of [addBackups, addDrills, addRecovery, addStores, addRemotes]) add(top);
  return top;
}

/** Those that do something: `drill` does, and has others below it. */
function* namesOf(of: Command, above: readonly string[] = []): Generator<string> {
  for (const each of of.commands as Command[]) {
    const words = [...above, each.name()];
    if (each.commands.length === 0 || each.name() === 'drill') yield words.join(' ');
    yield* namesOf(each, words);
  }
}

/** What the command writes there; what tests tell each other there is bytes. */
async function written(words: readonly string[]): Promise<string> {
  let text = '';
  const { write } = process.stdout;
  process.stdout.write = ((part: string | Uint8Array, ...more: never[]) => {
    if (typeof part !== 'string') return write.call(process.stdout, part, ...more);
    text += part;
    return true;
  }) as typeof write;
  try {
    await program().parseAsync([...words, '--json'], { from: 'user' });
  } finally {
    process.stdout.write = write;
    process.exitCode = undefined;
  }
  return text;
}

function documentIn(text: string): object | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const far = 'eu-west-1';

interface Made {
  web: string;
  cache: string;
  backup: string;
  folder: string;
  keyFile: string;
  endpoint: string;
}

/** In this order; what a later one needs is the id that an earlier one answered. */
function rowsOf({
  web,
  cache,
  backup,
  folder,
  keyFile,
  endpoint,
}: Made): [string, string[], RegExp?][] {
  const file = (name: string) => path.join(folder, name);
  const credentials = ['--credentials', file('credentials')];
  return [
    ['backups list', []],
    ['backups list', [cache]],
    ['backups show', [backup]],
    ['backups files', [backup, '/'], /cannot be read|no partition|no file system/i],
    ['backups restore', ['--instance', web, '--preview']],
    ['backups forget', [cache, '--keep-last', '1']],
    ['backups policies list', []],
    ['backups policies put', ['thin', '--source', web, '--keep-last', '1']],
    ['backups policies delete', ['thin']],
    ['backups simulate', ['--every', '1d', '--keep-last', '2', '--days', '3']],
    ['drill list', []],
    ['drill checks list', []],
    ['drill checks put', [web, file('drill.yaml')]],
    ['drill checks show', [web]],
    ['drill checks delete', [web]],
    ['drill', [backup]],
    ['drill show', ['$DrillId']],
    ['drill stop', ['$DrillId']],
    ['remotes list', []],
    ['remotes add', ['second', '--endpoint', endpoint, '--remote-region', far, ...credentials]],
    ['remotes update', ['second', ...credentials]],
    ['backups push', [backup, '--to', 'second']],
    ['backups pull', ['$MadeId', '--from', 'second', '--name', 'back']],
    ['remotes stop', ['$TransferId']],
    ['remotes remove', ['second']],
    ['stores show', [file('blocks')]],
    ['stores lock', [file('blocks'), '--until', '2099-01-01']],
    [
      'recover',
      [
        ...['--from', file('blocks'), '--recovery-key-file', keyFile],
        ...['--home', file('new'), '--dry-run'],
      ],
    ],
  ];
}

test('each command with --json writes one document, or is refused and writes nothing', async () => {
  using imago = new BurningImago();
  const regions = ['us-east-1', far];
  const made = await imago.make({ regions });
  process.env.IMAGO_HOME = imago.home.folder;
  writeFileSync(path.join(imago.home.folder, 'drill.yaml'), 'checks:\n  - command: df /\n');
  try {
    await imago.use(
      async (client) => {
        const { endpoint } = client.connection;
        const rows = rowsOf({
          ...made,
          folder: imago.home.folder,
          keyFile: imago.keyFile,
          endpoint,
        });
        const told = new Set(rows.map(([name]) => name));
        assert.deepEqual(
          [...namesOf(program())].filter((name) => !told.has(name)),
          [],
        );
        const ids = new Map<string, string>();
        for (const [name, words, refusal] of rows) {
          const given = words.map((word) => ids.get(word) ?? word);
          const work = written([...name.split(' '), ...given]);
          if (refusal) {
            await assert.rejects(work, refusal, name);
            continue;
          }
          const text = await work.catch((error) => assert.fail(`${name}: ${error}`));
          const document = documentIn(text) ?? assert.fail(`${name} wrote '${text}'`);
          for (const [member, id] of Object.entries(document)) ids.set(`$${member}`, `${id}`);
        }
      },
      { regions },
    );
  } finally {
    delete process.env.IMAGO_HOME;
    rmSync(imago.home.folder, { recursive: true, force: true });
  }
});
