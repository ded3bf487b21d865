/**
 * Homes that hold a built provider image already. Building takes from seconds (micro) to minutes
 * (Debian), so one template home per image is built by the real command, once per run of the tests,
 * and copied: same blocks, catalog and key.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ImagoProcess, launcher, newHome, repository } from './imago.ts';

const run = promisify(execFile);
const server = path.join(repository, 'server');
const isOfTests = /^test-|\.(test|soak)\.ts$/;

/** Nobody builds for longer than this. */
const buildLimitMs = 15 * 60_000;

export type ProviderImage = 'micro' | 'debian-12' | 'debian-13';

export async function homeWith(image: ProviderImage): Promise<string> {
  const template = await templateHome(image);
  const home = newHome();
  await copyFolder(template, home);
  return home;
}

export async function templateHome(image: ProviderImage): Promise<string> {
  const folder = path.join(tmpdir(), `imago-tests-${process.getuid?.()}`, `${image}-${version()}`);
  const lock = `${folder}.lock`;
  mkdirSync(path.dirname(folder), { recursive: true, mode: 0o755 });
  for (;;) {
    if (existsSync(folder)) return folder;
    if (await buildTemplate(image, folder, lock)) return folder;
    await sleep(500);
  }
}

/** Answers false when somebody else builds it. */
async function buildTemplate(image: ProviderImage, folder: string, lock: string): Promise<boolean> {
  try {
    // With the builder in it from the first moment, who may be killed.
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
  } catch {
    if (isLeft(lock)) rmSync(lock, { recursive: true, force: true });
    return false;
  }
  const draft = `${folder}.draft`;
  rmSync(draft, { recursive: true, force: true });
  const imago = await ImagoProcess.start({ hypervisor: 'simulated' });
  try {
    await run(launcher, ['images', 'build', image, '--home', imago.home], {
      timeout: buildLimitMs,
    });
    await imago.stop();
    for (const leftover of ['run', 'lock', 'ballast']) {
      rmSync(path.join(imago.home, leftover), { recursive: true, force: true });
    }
    // Under its name only when it is whole: others look for that.
    await copyFolder(imago.home, draft);
    renameSync(draft, folder);
    return true;
  } finally {
    await imago.dispose();
    rmSync(lock, { recursive: true, force: true });
  }
}

function isLeft(lock: string): boolean {
  const since = statSync(lock, { throwIfNoEntry: false })?.mtimeMs;
  if (since === undefined) return false;
  if (Date.now() - since > buildLimitMs) return true;
  try {
    const builder = Number(readFileSync(lock, 'utf8'));
    // It is written a moment after it is there.
    return builder > 0 && !isAlive(builder);
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** With owners, which node's own copy leaves out: the data plane reads blocks through its group. */
async function copyFolder(source: string, target: string): Promise<void> {
  mkdirSync(target, { recursive: true });
  await run('cp', ['-a', `${source}/.`, target]);
}

/** Changes with what is in any file that has a say in what a built home looks like. */
function version(): string {
  const folders = ['provider-images', 'catalog', 'blocks', 'disk'];
  const files = folders
    .flatMap((folder) => globSync(`${folder}/**/*`, { cwd: server, withFileTypes: true }))
    .filter((entry) => entry.isFile() && !isOfTests.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
  const hash = createHash('sha256');
  for (const file of [...files, path.join(server, 'tasks/build-image.ts')]) {
    hash.update(`${path.relative(server, file)}\n`).update(readFileSync(file));
  }
  return hash.digest('hex').slice(0, 16);
}
