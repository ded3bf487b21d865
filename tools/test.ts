/**
 * Runs every test, or those whose path contains one of the arguments: those with real guests beside
 * those without, which wait half of the time; those beside the sources before what crosses
 * processes. What takes longest begins first, so that the last files end together; what is quick
 * shares a process with others. Told as one run.
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

/** Several times what the longest takes: who takes longer hangs. Read by lighter-tests.ts. */
process.env.IMAGO_TEST_FILE_MAX_MS = `${20 * 60_000}`;

/** Files that take a minute or more beside others, by what they take: the last end together. */
const longest = [
  ...['debian-12', 'lifecycle', 'volumes'].map((name) => `test/vm/${name}.test.ts`),
  'test/crash/create-image.test.ts',
  'test/console/whole-way.test.ts',
  ...['quickstart', 'regions', 'micro', 'packer-surrogate', 'peers', 'one-point-in-time'].map(
    (name) => `test/vm/${name}.test.ts`,
  ),
  ...['replace-root', 'import', 'recipe-build', 'ordinary-user', 'hostile-disk'].map(
    (name) => `test/vm/${name}.test.ts`,
  ),
  'test/crash/adoption.test.ts',
  'test/clients/aws-cli.test.ts',
  'server/tasks/faults.test.ts',
  'test/console/views.test.ts',
  'test/clients/ansible.test.ts',
  'test/console/hostile/texts.test.ts',
  'test/sdk/paginators.test.ts',
  'server/tasks/build-image.test.ts',
  'server/provider-images/provider-image.test.ts',
  'test/sdk/postgres-catalog.test.ts',
  'server/disk-formats/real-disk.test.ts',
  'server/catalog/postgres/postgres-catalog.test.ts',
  'test/console/living.test.ts',
  'test/authorisation/matrix.test.ts',
  'test/clients/transfers.test.ts',
  'test/sdk/remotes.test.ts',
  'cli/commands/serve.test.ts',
];

const wanted = process.argv.slice(2);
const files = filesWith('.test.ts', order, wanted);
const withGuests = [
  ...['test/vm/', 'test/crash/', 'test/clients/aws-cli.test.ts'],
  'test/console/whole-way.test.ts',
];
const hasGuests = (file: string) => withGuests.some((place) => file.startsWith(place));

/** What these change or look at is their process's own: its memory, its files, its environment. */
const alone = [
  ...['console-attach', 'drill', 'images-check', 'images-contents', 'recover'].map(
    (name) => `cli/commands/${name}.test.ts`,
  ),
  ...['cpu-share', 'identities', 'qemu-machines', 'tpm', 'usage'].map(
    (name) => `server/hypervisor/qemu/${name}.test.ts`,
  ),
  ...['server/data-plane/process/', 'server/port-forwarder/', 'server/catalog/sqlite/'],
  ...['server/blocks/fs/', 'server/contents/logical-volumes', 'server/disk-formats/hostile'],
  ...['server/http/block-bodies', 'server/provider-images/run-command', 'bench/', 'test/'],
  ...['tools/indexed-png', 'tools/setup'],
];
/** So few that the last ones end together. */
const togetherInOne = 16;

const ordered = [
  ...longest.filter((file) => files.includes(file)),
  ...files.filter((file) => !longest.includes(file)),
];

const isQuick = (file: string) => !hasGuests(file) && !longest.includes(file);
const isTogether = (file: string) =>
  isQuick(file) && !alone.some((place) => file.startsWith(place));
const isAlone = (file: string) => !hasGuests(file) && !isTogether(file);

function inGroups(quick: readonly string[]): string[][] {
  const count = Math.ceil(quick.length / togetherInOne);
  return Array.from({ length: count }, (_, index) =>
    quick.slice(index * togetherInOne, (index + 1) * togetherInOne),
  );
}

if (files.length === 0) {
  console.error(`No test file has ${wanted.join(' or ')} in its path.`);
  process.exitCode = 2;
} else {
  const isWell = await runTests([
    {
      files: ordered.filter(isAlone),
      together: inGroups(ordered.filter(isTogether)),
      filesAtOnce: quickAtOnce,
    },
    { files: ordered.filter(hasGuests), filesAtOnce: withGuestsAtOnce },
  ]);
  process.exitCode = isWell ? 0 : 1;
}
