/**
 * Installs what this clone needs and the machine lacks: npm dependencies, Node 24 (into .runtime,
 * where the machine's is older), the built console, and QEMU with the image tools (apt on Debian and Ubuntu; elsewhere
 * it names what to install). Runs on Node 20 with nothing installed, so it imports node:* only.
 * Does nothing, quickly, when all is there.
 *
 *   node tools/setup.mjs [--tests]        --tests: also what only the tests need
 */
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const runtimeNode = path.join(root, '.runtime/node_modules/node/bin/node');
const oldestNode = 24;
/** Enough of a failed tool's output to see why. */
const shownOutputLines = 15;

class SetupError extends Error {}

/**
 * One line per thing: a spinner with the elapsed time on a terminal, then a tick and what it took.
 */
async function step(title, work) {
  const started = performance.now();
  const seconds = () => `${((performance.now() - started) / 1000).toFixed(1)} s`;
  const live = process.stdout.isTTY;
  const frames = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';
  let frame = 0;
  const draw = () =>
    process.stdout.write(`\r\x1b[2K  ${frames[frame++ % frames.length]} ${title}  ${seconds()}`);
  const timer = live ? setInterval(draw, 100) : undefined;
  if (!live) console.log(`  … ${title}`);
  try {
    await work();
    clearInterval(timer);
    console.log(`${live ? '\r\x1b[2K' : ''}  ✔ ${title}  ${seconds()}`);
  } catch (error) {
    clearInterval(timer);
    console.log(`${live ? '\r\x1b[2K' : ''}  ✖ ${title}  ${seconds()}`);
    throw error;
  }
}

/** Runs a program quietly; its output is shown only when it fails. */
function run(command, args, advice, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const keep = (chunk) => {
      output += chunk;
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => reject(new SetupError(`${command}: ${error.message}. ${advice}`)));
    child.on('close', (code) => {
      if (code === 0) return resolve();
      const tail = output.trim().split('\n').slice(-shownOutputLines).join('\n');
      reject(new SetupError(`${[command, ...args].join(' ')} failed. ${advice}\n${tail}`));
    });
  });
}

function findNode() {
  if (existsSync(runtimeNode)) return true;
  const version = spawnSync('node', ['--version'], { encoding: 'utf8' }).stdout ?? '';
  return Number(/^v(\d+)/.exec(version)?.[1] ?? 0) >= oldestNode;
}

/**
 * The npm package `node` fetches its binary in an install script, which newer npms refuse to run
 * unasked; the package with the binary itself, installed under that name, needs no script.
 */
function installNode() {
  const binary = `node-${process.platform}-${process.arch}`;
  return run(
    'npm',
    [
      ...['install', '--prefix', path.join(root, '.runtime'), '--no-save', '--no-package-lock'],
      ...['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
      `node@npm:${binary}@${oldestNode}`,
    ],
    `Check the network and npm's settings, or install Node ${oldestNode} or newer yourself.`,
  );
}

/**
 * Whether node_modules holds exactly the versions of the lock file (packages for other platforms
 * aside).
 */
function dependenciesAreCurrent() {
  try {
    const read = (file) => JSON.parse(readFileSync(path.join(root, file), 'utf8')).packages;
    const installed = read('node_modules/.package-lock.json');
    return Object.entries(read('package-lock.json')).every(
      ([name, { version, optional }]) =>
        name === '' || (installed[name] ? installed[name].version === version : optional),
    );
  } catch {
    return false;
  }
}

function installDependencies() {
  return run(
    'npm',
    ['ci', '--no-audit', '--no-fund', '--loglevel=error'],
    "Check the network and npm's settings, then try again.",
  );
}

/** A probe is a file, or a program on PATH or where Debian keeps administrators' programs. */
function isPresent(probe) {
  if (probe.startsWith('/')) return existsSync(probe);
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'];
  return folders.some((folder) => {
    try {
      accessSync(path.join(folder, probe), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function missingPackages(withTests) {
  const all = JSON.parse(readFileSync(path.join(root, 'tools/system-packages.json'), 'utf8'));
  return all
    .filter(({ use }) => withTests || use !== 'test')
    .filter(({ probe }) => !isPresent(probe))
    .map((entry) => entry.package);
}

/**
 * How to become root: nothing before the command, or sudo; undefined when there is no way without a
 * person.
 */
function asRoot() {
  if (process.getuid?.() === 0) return [];
  if (!isPresent('sudo')) return undefined;
  if (spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0) return ['sudo', '-n'];
  if (!process.stdin.isTTY) return undefined;
  const asked = spawnSync('sudo', ['-v'], { stdio: 'inherit' });
  return asked.status === 0 ? ['sudo', '-n'] : undefined;
}

async function installPackages(packages) {
  const install = ['apt-get', 'install', '-qy', '--no-install-recommends', ...packages];
  if (!isPresent('apt-get')) {
    throw new SetupError(
      `This system has no apt. Install what provides these Debian packages, then try again:\n  ${packages.join(' ')}`,
    );
  }
  const isRoot = process.getuid?.() === 0;
  if (!isRoot) {
    console.log(`  System packages are missing; as root this will run:\n    ${install.join(' ')}`);
  }
  const prefix = asRoot();
  if (!prefix) {
    throw new SetupError(
      `Root is needed for that. Run this, then try again:\n  sudo apt-get update && sudo ${install.join(' ')}`,
    );
  }
  const root = (args) => {
    const [command, ...rest] = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', ...args];
    return run(command, rest, 'Check the network and the sources of apt.');
  };
  await step(`system packages: ${packages.join(' ')}`, async () => {
    if (!packageListsArePresent()) await root(['apt-get', 'update', '-q']);
    const apt = () =>
      packages.includes('postgresql') ? aptWithPostgres(root, install) : root(install);
    try {
      await apt();
    } catch {
      // Old lists name versions that the mirror no longer has.
      await root(['apt-get', 'update', '-q']);
      await apt();
    }
  });
}

/**
 * Without the database that Debian makes and starts, if it can, beside PostgreSQL: tests start
 * their own. What the administrator has set for later installations is left as it was.
 */
async function aptWithPostgres(root, install) {
  const [settings, kept] = ['', '.imago'].map(
    (end) => `/etc/postgresql-common/createcluster.conf${end}`,
  );
  await root([...install.slice(0, 4), 'postgresql-common']);
  await root(['cp', '-p', settings, kept]);
  try {
    await root(['pg_conftool', settings, 'set', 'create_main_cluster', 'off']);
    await root(install);
  } finally {
    await root(['mv', kept, settings]);
  }
}

function packageListsArePresent() {
  try {
    return readdirSync('/var/lib/apt/lists').some((name) => name.includes('_Packages'));
  } catch {
    return false;
  }
}

/**
 * Into the cache of tools/node24: a server that strips and compiles all of itself at its first
 * start keeps the memory which that took. By importing it, which starts nothing.
 */
async function compileAhead() {
  const modules = ['serve', 'quickstart'].map((name) => path.join(root, `cli/commands/${name}.ts`));
  const imports = modules.map((file) => `import ${JSON.stringify(pathToFileURL(file).href)};`);
  const advice = 'This clone is not whole: git status may say why.';
  const node = path.join(root, 'tools/node24');
  await run(node, ['--input-type=module', '--eval', imports.join('\n')], advice);
  await run(path.join(root, 'bin/imago'), ['--version'], advice);
}

/** Whether what is in `console/dist` was made from the files as they are. */
function consoleIsCurrent() {
  const built = path.join(root, 'console/dist/index.html');
  if (!existsSync(built)) return false;
  const sources = readdirSync(path.join(root, 'console'), { recursive: true })
    .filter((name) => !name.startsWith('dist'))
    .map((name) => `console/${name}`);
  const newest = [...sources, 'package-lock.json'].map(
    (name) => statSync(path.join(root, name)).mtimeMs,
  );
  return statSync(built).mtimeMs > Math.max(...newest);
}

function buildConsole() {
  const vite = path.join(root, 'node_modules/vite/bin/vite.js');
  const advice = 'This clone is not whole: git status may say why.';
  return run(path.join(root, 'tools/node24'), [vite, 'build', 'console'], advice);
}

async function setup(withTests) {
  if (!findNode()) await step(`Node ${oldestNode}, into .runtime`, installNode);
  if (!dependenciesAreCurrent()) await step('npm dependencies', installDependencies);
  const packages = missingPackages(withTests);
  if (packages.length > 0) await installPackages(packages);
  if (!consoleIsCurrent()) await step('console, into console/dist', buildConsole);
  await compileAhead();
  console.log('  ✔ Node, npm dependencies, QEMU and tools are ready');
}

try {
  await setup(process.argv.includes('--tests'));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`\n${error.message}`);
  process.exitCode = 1;
}
