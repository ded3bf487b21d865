/**
 * What a recipe of people's says, as component documents of Image Builder: packages, users, files,
 * services and commands in the phase `build`, in this order, tests in the phase `test`. A document
 * has a limited length, so a long recipe becomes several, which are run one after the other.
 */
import { CommandError } from './command-error.ts';
import type { Recipe, RecipeFile, RecipeUser } from './recipe.ts';

/** A document is YAML, and JSON is that, too. */
export type ComponentDocument = string;

interface Step {
  name: string;
  action: string;
  inputs: unknown;
}

type Phase = 'build' | 'test';

/** Image Builder's limits, with room for what a document has besides. */
const documentCharsMax = 15_000;
const componentsMax = 20;
const pieceChars = 8_000;
/** A service may need a moment after a boot. */
const tries = 15;
const pauseSeconds = 2;
/** Keys in homes are taken for rests of the build, and go. */
const keyFolder = '/etc/ssh/authorized_keys.d';
const keyConfiguration = '/etc/ssh/sshd_config.d/recipe-keys.conf';

export function componentsOf(recipe: Recipe): ComponentDocument[] {
  const steps: [Phase, Step][] = [];
  const add = (phase: Phase, step: Step) => steps.push([phase, step]);
  if (recipe.packages.length > 0) add('build', packagesStep(recipe.packages));
  for (const user of recipe.users) add('build', userStep(user));
  for (const [index, file] of recipe.files.entries()) {
    for (const step of fileSteps(file, index)) add('build', step);
  }
  if (recipe.services.length > 0) add('build', servicesStep(recipe.services));
  for (const [index, command] of recipe.commands.entries()) {
    add('build', script(`Command${index + 1}`, [command]));
  }
  for (const [index, test] of recipe.tests.entries()) add('test', testStep(test, index));
  const documents = documentsOf(recipe, steps);
  if (documents.length <= componentsMax) return documents;
  throw new CommandError(
    `${recipe.name} has more in it than a build takes (${componentsMax} components): put files into a package.`,
  );
}

/** As many steps as fit into each; their order stays. */
function documentsOf(recipe: Recipe, steps: readonly [Phase, Step][]): ComponentDocument[] {
  const documents: ComponentDocument[] = [];
  let held: [Phase, Step][] = [];
  for (const step of steps) {
    const next = [...held, step];
    if (held.length > 0 && document(recipe, next).length > documentCharsMax) {
      documents.push(document(recipe, held));
      held = [step];
    } else held = next;
  }
  if (held.length > 0) documents.push(document(recipe, held));
  return documents;
}

function document({ name }: Recipe, steps: readonly [Phase, Step][]): ComponentDocument {
  const phases = (['build', 'test'] as const)
    .map((phase) => ({
      name: phase,
      steps: steps.filter(([of]) => of === phase).map(([, step]) => step),
    }))
    .filter((phase) => phase.steps.length > 0);
  return JSON.stringify({ name, schemaVersion: 1.0, phases });
}

function packagesStep(packages: readonly string[]): Step {
  const install = 'apt-get install -y --no-install-recommends --';
  return script('Packages', [
    'set -e',
    'export DEBIAN_FRONTEND=noninteractive',
    'apt-get update',
    `${install} ${packages.map(quoted).join(' ')}`,
  ]);
}

function userStep({ name, groups, shell, authorizedKeys }: RecipeUser): Step {
  const user = quoted(name);
  const options = [
    ...(groups.length > 0 ? ['--groups', quoted(groups.join(','))] : []),
    ...['--shell', quoted(shell ?? '/bin/bash')],
  ];
  const keys = authorizedKeys.map((key) => `printf '%s\\n' ${quoted(key)} >> ${keyFolder}/${user}`);
  return script(`User-${name}`, [
    'set -e',
    `useradd --create-home ${options.join(' ')} -- ${user}`,
    ...(keys.length > 0
      ? [
          `install -d ${keyFolder}`,
          ...keys,
          `echo 'AuthorizedKeysFile .ssh/authorized_keys ${keyFolder}/%u' > ${keyConfiguration}`,
        ]
      : []),
  ]);
}

/** In pieces, as a document has a limited length. */
function fileSteps({ path, content, mode, owner }: RecipeFile, index: number): Step[] {
  const text = content.toString('utf8');
  if (!Buffer.from(text).equals(content) || text.includes('\0')) {
    throw new CommandError(
      `${path} is no text in UTF-8: in a recipe that needs a machine it has to come by a package.`,
    );
  }
  const [user = '', group = ''] = owner.split(':');
  const pieces = text.match(new RegExp(`[^]{1,${pieceChars}}`, 'gu')) ?? [''];
  const about = { path, owner: user, group, permissions: mode, overwrite: true };
  return pieces.map((piece, at) => ({
    name: `File${index + 1}${at > 0 ? `-${at + 1}` : ''}`,
    action: at === 0 ? 'CreateFile' : 'AppendFile',
    inputs: [at === 0 ? { ...about, content: piece } : { path, content: piece }],
  }));
}

function servicesStep(services: readonly string[]): Step {
  return script('Services', [`systemctl enable -- ${services.map(quoted).join(' ')}`]);
}

function testStep(test: string, index: number): Step {
  return script(`Test${index + 1}`, [
    `for try in $(seq ${tries}); do`,
    `  if (\n${test}\n); then exit 0; fi`,
    `  sleep ${pauseSeconds}`,
    'done',
    'exit 1',
  ]);
}

function script(name: string, lines: readonly string[]): Step {
  return { name, action: 'ExecuteBash', inputs: { commands: [lines.join('\n')] } };
}

/** One word of a shell's, whatever is in it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
