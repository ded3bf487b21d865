/**
 * Runs every test, or those whose path contains one of the arguments: first those without real
 * guests, those beside the sources before what crosses processes, then those with guests. Each time
 * what takes longest begins first, so that the last files end together. Told as one run.
 *
 *   npm test                 all
 *   tools/node24 tools/test.ts server/catalog test/vm/micro
 */
import { filesWith, runTests } from './test-run.ts';

const order = ['api', 'server', 'cli', 'console', 'tools', 'bench', 'test'];

/** Most of these wait for files, timers and other processes half of the time. */
const quickAtOnce = 3;
/** A guest under emulation takes a core: more at once would only make them time out. */
const withGuestsAtOnce = 2;

/** Files that take half a minute or more, by what they take. */
const longest = [
  ...['debian-12', 'lifecycle', 'volumes', 'peers', 'quickstart', 'hostile-disk', 'import'].map(
    (name) => `test/vm/${name}.test.ts`,
  ),
  'test/crash/adoption.test.ts',
  'test/console/hostile/texts.test.ts',
  'test/console/views.test.ts',
  'test/clients/ansible.test.ts',
  'test/clients/aws-cli.test.ts',
  'server/tasks/faults.test.ts',
];

const wanted = process.argv.slice(2);
const files = filesWith('.test.ts', order, wanted);
const hasGuests = (file: string) => file.startsWith('test/vm/') || file.startsWith('test/crash/');

const ordered = [
  ...longest.filter((file) => files.includes(file)),
  ...files.filter((file) => !longest.includes(file)),
];

if (files.length === 0) {
  console.error(`No test file has ${wanted.join(' or ')} in its path.`);
  process.exitCode = 2;
} else {
  const isWell = await runTests([
    { files: ordered.filter((file) => !hasGuests(file)), filesAtOnce: quickAtOnce },
    { files: ordered.filter(hasGuests), filesAtOnce: withGuestsAtOnce },
  ]);
  process.exitCode = isWell ? 0 : 1;
}
