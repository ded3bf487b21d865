/**
 * A disk of data, which no machine boots from, as a drill sees it: every block is what its digest
 * says, each of its file systems is read from its first file to its last, as an archive of it would
 * be, and files that the plan names are there. What is on it that is not read here is told, and
 * speaks neither for it nor against it.
 */
import type { DrillCheck, DrillCheckResult, DrillRow } from '../../catalog/rows/drill.ts';
import { type Budget, budgets, UnreadableContents } from '../../contents/bounded-reader.ts';
import { type DiskPart, openDisk } from '../../contents/disk-contents.ts';
import { systemTree } from '../../contents/mount-points.ts';
import { SystemTree } from '../../contents/system-tree.ts';
import { changeDrill } from '../../domain/drills/drills.ts';
import type { CompletedSnapshot } from '../../domain/snapshots.ts';
import { unlessSilent } from '../../foundations/silence.ts';
import { usualTimeLimits } from '../../host/time-limits.ts';
import { EncryptedContents, tarOf } from '../../inspection/tar-of-tree.ts';
import { type VerifiedBlocks, verifyBlocks } from '../../inspection/verify-blocks.ts';
import { type DiskOfImage, withDisksOfSnapshots } from '../image-disks.ts';
import { type RunContext, TaskFailure } from '../task.ts';
import { judge } from './check-commands.ts';
import { checkNeedsNoMachine } from './find-system.ts';
import { digestOf } from './recorded-digests.ts';
import { objectionOf } from './run-checks.ts';
import { triedSnapshot } from './tried-backup.ts';

/** In a piece, which is given up when it takes too long. */
const blocksAtOnce = 64;
/** Of a disk the more may be read the larger it is: all of its files, and what leads to them. */
const bytesPerRead = 1024;
const readsPerByte = 4;

interface Seen {
  passed: boolean;
  reason?: string;
  output: string;
  exitCode?: number;
}

interface Looked {
  name: string;
  kind: DrillCheckResult['kind'];
  look(): Promise<Seen>;
}

/** Answers what speaks against it, in a sentence. */
export async function lookAtDisk(
  context: RunContext,
  drill: DrillRow,
  checks: readonly DrillCheck[],
): Promise<string | null> {
  const { services, signal } = context;
  const snapshot = await triedSnapshot(context, drill);
  if (!snapshot) throw new Error('a drill of an image has a machine');
  // First of all, as what is damaged is not opened.
  const blocks = looked('all blocks', 'blocks', () => verified(context, snapshot));
  const first = drill.results[0] ?? (await record(context, drill, blocks, 1));
  if (!first.passed) return objectionOf([first]);
  checkNeedsNoMachine(drill);
  return withDisksOfSnapshots(services, [snapshot], signal, async ([opened]) => {
    const looks = opened ? await looksAt(opened, checks) : [];
    const count = looks.length + 1 - checks.length;
    const results = [first];
    for (const [index, each] of looks.entries()) {
      const known = drill.results[index + 1];
      results.push(known ?? (await record(context, drill, each, count)));
    }
    return objectionOf(results);
  });
}

function looked(name: string, kind: Looked['kind'], look: Looked['look']): Looked {
  return { name, kind, look };
}

/** Done, and in the row before the next begins. */
async function record(
  { services }: RunContext,
  drill: DrillRow,
  { name, kind, look }: Looked,
  looks: number,
): Promise<DrillCheckResult> {
  const { catalog, clock } = services;
  const sinceMs = clock.monotonicMs();
  const seen = await look();
  const milliseconds = Math.round(clock.monotonicMs() - sinceMs);
  const result: DrillCheckResult = { name, kind, ...seen, milliseconds };
  await catalog.write((transaction) =>
    changeDrill(transaction, drill.id, (row) => ({
      ...row,
      looks,
      results: [...row.results, result],
    })),
  );
  return result;
}

/** As they are stored: what is sealed is opened when its file systems are read. */
async function verified(
  { services, signal }: RunContext,
  { id, region, root }: CompletedSnapshot,
): Promise<Seen> {
  const store = services.blocks.of(region);
  const { silenceMs = usualTimeLimits.silenceMs } = services;
  const silent = () => new Error('the look at all blocks of a backup shows no progress');
  let read = 0;
  for (let from: number | undefined = 0; from !== undefined; ) {
    const piece = { from, most: blocksAtOnce };
    const part: VerifiedBlocks = await unlessSilent(() => verifyBlocks(store, root, piece), {
      ...{ silenceMs, signal, silent },
    });
    read += part.read;
    from = part.next;
    const [damaged] = part.damaged;
    if (!damaged) continue;
    const row = await services.catalog.read(({ snapshots }) => snapshots.get(id));
    if (row?.root !== root) throw deleted(id);
    const where = damaged.index === undefined ? 'Its map' : `Block ${damaged.index}`;
    const reason = `${where}: ${damaged.problem}`;
    return { passed: false, reason, output: `${read} blocks were read` };
  }
  return { passed: true, output: `${read} blocks have the digests that they are named after` };
}

/** Its blocks may have been collected. */
function deleted(id: string): TaskFailure {
  const code = 'Client.InvalidSnapshot.NotFound';
  return new TaskFailure(code, `${code}: The snapshot ${id} has been deleted.`);
}

async function looksAt({ disk }: DiskOfImage, checks: readonly DrillCheck[]): Promise<Looked[]> {
  const budget: Budget = {
    reads: budgets.walk.reads + Math.ceil(disk.sizeBytes / bytesPerRead),
    bytes: budgets.walk.bytes + disk.sizeBytes * readsPerByte,
  };
  let parts: DiskPart[];
  try {
    parts = await openDisk(disk, budget);
  } catch (error) {
    if (!(error instanceof UnreadableContents)) throw error;
    const seen = { passed: false, reason: error.message, output: '' };
    return [looked('partitions', 'file-system', async () => seen)];
  }
  return [
    ...parts.map((part) => looked(nameOf(part), 'file-system', () => readWholly(part))),
    ...checks.map((check) => looked(check.name, check.kind, () => checkFile(parts, check))),
  ];
}

function nameOf({ partition: { number }, volume, kind }: DiskPart): string {
  if (volume) return `${kind} on ${volume.group}/${volume.name}`.slice(0, 128);
  return number === undefined ? `${kind} on the whole disk` : `${kind} on partition ${number}`;
}

async function readWholly({ fileSystem, refused, isDamaged }: DiskPart): Promise<Seen> {
  if (!fileSystem) {
    return { passed: !isDamaged, ...(isDamaged && { reason: refused }), output: refused ?? '' };
  }
  const tree = new SystemTree(fileSystem);
  try {
    let bytes = 0;
    const top = await tree.find('/');
    if (top) for await (const piece of tarOf(tree, top)) bytes += piece.length;
    const output = `${bytes} bytes as an archive of all files`;
    return { passed: true, output: fileSystem.isUnclean ? `${output}; ${inUse}` : output };
  } catch (error) {
    if (!(error instanceof UnreadableContents)) throw error;
    const { message } = error;
    if (error instanceof EncryptedContents) {
      return { passed: true, output: `${message}: it was read up to there` };
    }
    if (fileSystem.isUnclean) throw unjudged(message);
    return { passed: false, reason: message, output: '' };
  }
}

const inUse = 'it was in use, and what its journal holds besides was not read';

/** Whether its journal would make it whole again only a kernel can say. */
function unjudged(message: string): TaskFailure {
  const code = 'Client.UnreadableContents';
  return new TaskFailure(code, `${code}: A file system cannot be judged: ${message}; ${inUse}.`);
}

/** What a guest would answer of it; it is read to its end, whether a digest is asked for or not. */
async function checkFile(parts: readonly DiskPart[], check: DrillCheck): Promise<Seen> {
  const path = check.kind === 'file' ? check.path : '';
  try {
    const tree = await systemTree(parts);
    const digest = tree && (await digestOf(tree, path));
    const isThere = digest !== undefined || (await tree?.find(path)) !== undefined;
    const asksDigest = check.kind === 'file' && check.sha256 !== undefined;
    const exitCode = isThere && (!asksDigest || digest !== undefined) ? 0 : 1;
    const lastError = isThere ? `${path} is no regular file` : `${path} is not there`;
    const stdout = asksDigest ? (digest ?? '') : '';
    const reason = judge(check, { kind: 'ended', exitCode, stdout, lastError });
    const output = digest === undefined ? '' : `SHA-256 ${digest}`;
    return { passed: reason === undefined, ...(reason && { reason }), output, exitCode };
  } catch (error) {
    if (!(error instanceof UnreadableContents)) throw error;
    return { passed: false, reason: error.message, output: '' };
  }
}
