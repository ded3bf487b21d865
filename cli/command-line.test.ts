import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Command, command } from './command-line.ts';

/** In its help, which lists them as they were added. */
function optionsIn(of: Command): string[] {
  return [...of.helpInformation().matchAll(/^ +(?:-\w, )?(--[\w-]+)/gm)].map(
    ([, name = '']) => name,
  );
}

test('what acts in a region, or as an account, explains these options after its own', () => {
  const group = new Command('imago').command('things');
  const list = command(group, 'list', 'List things.', ['imago things list']);
  list.option('--all', 'all of them').inRegion();
  assert.deepEqual(optionsIn(list), [
    '--home',
    '--all',
    '--region',
    '--account',
    '--json',
    '--help',
  ]);
  assert.match(list.helpInformation(), /--region <name> +act in this region \(default: the first/);
  const keys = command(group, 'keys', 'List keys.', ['imago things keys']).ofAccount();
  assert.deepEqual(optionsIn(keys), ['--home', '--account', '--json', '--help']);
});
