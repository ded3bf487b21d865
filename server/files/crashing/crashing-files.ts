/**
 * A file system in memory that loses at a power cut what was not synced, for crash tests. Each
 * `sync` and `syncFolder` is a crash point: at the chosen one the power is cut, every operation
 * from then on fails with PowerCutError, and `survivor` is the file system that the restart finds,
 * where each page and name that was not synced has met its fate by seed. It can also make
 * operations fail. What it takes for granted is the contract of the port, not what one kernel does.
 */
import path from 'node:path';
import type { FileStatus, Files, OpenFile } from '../files.ts';
import type { FileContent } from './file-content.ts';
import { type FileNode, type FolderNode, Names, type Node, newFile, newFolder } from './names.ts';
import { seededNumbers } from './seeded-numbers.ts';

export type FileOperation = Exclude<keyof Files, 'stat' | 'readdir'> | 'read' | 'write' | 'sync';

export interface CrashingFilesOptions {
  seed: number;
  /** The crash point, counted from 1; none without it. */
  cutAt?: number;
  /**
   * Instead: the process is killed before this operation, counted from 1. The survivor has all that
   * it did, which the next power cut may lose still, as far as it is not synced.
   */
  killAt?: number;
  /** Called at the cut, before anything else can happen: to keep what is durable elsewhere. */
  onCut?: () => void;
  /** An error code for an operation that is to fail. It may have been carried out all the same. */
  fault?: (operation: FileOperation, path: string) => string | undefined;
}

export class PowerCutError extends Error {
  override name = 'PowerCutError';
  constructor() {
    super('the power was cut');
  }
}

/** One operation in so many fails, with one of the codes. */
export function faultsBySeed(
  seed: number,
  oneIn: number,
  codes: Partial<Record<FileOperation, string>> = { write: 'ENOSPC', sync: 'EIO' },
): NonNullable<CrashingFilesOptions['fault']> {
  const random = seededNumbers(seed);
  return (operation) => {
    const code = codes[operation];
    return code !== undefined && random(oneIn) === 0 ? code : undefined;
  };
}

export class CrashingFiles implements Files {
  #options: CrashingFilesOptions;
  #random: (below: number) => number;
  readonly #names: Names;
  #points = 0;
  #operations = 0;
  #survivor: CrashingFiles | undefined;

  constructor(options: CrashingFilesOptions, names = new Names()) {
    this.#options = options;
    this.#random = seededNumbers(options.seed);
    this.#names = names;
  }

  /** Crash points that were passed. */
  get points(): number {
    return this.#points;
  }

  /** Operations that were begun. */
  get operations(): number {
    return this.#operations;
  }

  /** What the restart finds; undefined while the power is on. */
  get survivor(): CrashingFiles | undefined {
    return this.#survivor;
  }

  /** From now on, with points counted anew: set-up is over, or the restart is to be cut as well. */
  set(options: CrashingFilesOptions): void {
    this.#options = options;
    this.#random = seededNumbers(options.seed);
    this.#points = 0;
    this.#operations = 0;
  }

  cut(): CrashingFiles {
    return this.#survivor ?? this.#end(this.#names.survivor(this.#random));
  }

  #end(left: Names): CrashingFiles {
    this.#survivor = new CrashingFiles({ seed: this.#options.seed + 1 }, left);
    this.#options.onCut?.();
    return this.#survivor;
  }

  open(file: string, access: 'read' | 'create' | 'update', mode = 0o666): Promise<OpenFile> {
    return this.#run('open', file, () => {
      const { folder, name } = this.#parent(file);
      const there = folder.seen.get(name);
      if (access === 'create') {
        if (there) throw failure('EEXIST', file);
        const node = newFile(mode);
        this.#names.give(folder, name, node);
        return this.#opened(node, file);
      }
      if (!there) throw failure('ENOENT', file);
      if (there.kind === 'folder') throw failure('EISDIR', file);
      return this.#opened(there, file);
    });
  }

  mkdir(folder: string, mode = 0o777): Promise<void> {
    return this.#run('mkdir', folder, () => {
      let at = this.#names.root;
      for (const name of parts(folder)) {
        const next = at.seen.get(name) ?? newFolder(mode);
        if (next.kind !== 'folder') throw failure('EEXIST', folder);
        if (!at.seen.has(name)) this.#names.give(at, name, next);
        at = next;
      }
    });
  }

  rename(from: string, to: string): Promise<void> {
    return this.#run('rename', from, () => {
      const [source, target] = [this.#parent(from), this.#parent(to)];
      const node = this.#node(from);
      const there = target.folder.seen.get(target.name);
      if (there === node) return;
      if (there?.kind === 'folder') throw failure('EISDIR', to);
      this.#names.move(source.folder, source.name, target.folder, target.name);
    });
  }

  link(existing: string, file: string): Promise<void> {
    return this.#run('link', file, () => {
      const { folder, name } = this.#parent(file);
      if (folder.seen.has(name)) throw failure('EEXIST', file);
      this.#names.give(folder, name, this.#node(existing));
    });
  }

  unlink(file: string): Promise<void> {
    return this.#run('unlink', file, () => {
      const { folder, name } = this.#parent(file);
      if (this.#node(file).kind === 'folder') throw failure('EISDIR', file);
      this.#names.take(folder, name);
    });
  }

  rmdir(path: string): Promise<void> {
    return this.#run('rmdir', path, () => {
      const { folder, name } = this.#parent(path);
      if (this.#folder(path).seen.size > 0) throw failure('ENOTEMPTY', path);
      this.#names.take(folder, name);
    });
  }

  async readdir(path: string): Promise<string[]> {
    await this.#turn();
    this.#checkPower();
    return [...this.#folder(path).seen.keys()];
  }

  async stat(path: string): Promise<FileStatus> {
    await this.#turn();
    this.#checkPower();
    return statusOf(this.#node(path));
  }

  syncFolder(path: string): Promise<void> {
    this.#passPoint();
    return this.#run('syncFolder', path, () => this.#names.syncFolder(this.#folder(path)));
  }

  #opened(node: FileNode, file: string): OpenFile {
    const { content } = node;
    const run = <T>(operation: FileOperation, work: () => T) => this.#run(operation, file, work);
    return {
      read: (target, position) => run('read', () => content.read(target, position)),
      write: (bytes, position) => this.#write(content, file, Buffer.from(bytes), position),
      truncate: (sizeBytes) => run('write', () => content.truncate(sizeBytes)),
      sync: () => this.#sync(content, file),
      stat: async () => statusOf(node),
      chown: async (uid, gid) => void Object.assign(node, { uid, gid }),
      chmod: async (mode) => void Object.assign(node, { mode }),
      close: async () => {},
      [Symbol.asyncDispose]: async () => {},
    };
  }

  async #write(content: FileContent, file: string, bytes: Buffer, position: number) {
    await this.#turn();
    this.#checkPower();
    const code = this.#options.fault?.('write', file);
    const length = code === undefined ? bytes.length : this.#random(bytes.length + 1);
    content.write(bytes.subarray(0, length), position);
    if (code !== undefined) throw failure(code, file);
  }

  async #sync(content: FileContent, file: string): Promise<void> {
    this.#passPoint();
    await this.#turn();
    this.#checkPower();
    const code = this.#options.fault?.('sync', file);
    if (code === undefined) return content.sync();
    content.failSync();
    throw failure(code, file);
  }

  async #run<T>(operation: FileOperation, file: string, work: () => T): Promise<T> {
    await this.#turn();
    this.#checkPower();
    const code = this.#options.fault?.(operation, file);
    if (code === undefined) return work();
    // A synced folder that was told as failed would only be more than was promised.
    if (operation !== 'syncFolder' && operation !== 'open' && this.#random(2)) work();
    throw failure(code, file);
  }

  #passPoint(): void {
    if (this.#survivor) return;
    this.#points++;
    if (this.#points === this.#options.cutAt) this.cut();
  }

  /** Others have their turn meanwhile, more or fewer of them by seed. */
  async #turn(): Promise<void> {
    for (let turns = this.#random(4); turns >= 0; turns--) await undefined;
    // All that was done is seen by the next process, and not on disk by that.
    if (++this.#operations === this.#options.killAt && !this.#survivor) this.#end(this.#names);
  }

  /** Asked after each turn, in the one in which the work is done: nothing is done without power. */
  #checkPower(): void {
    if (this.#survivor) throw new PowerCutError();
  }

  #node(file: string): Node {
    const { folder, name } = this.#parent(file);
    const node = name === '' ? folder : folder.seen.get(name);
    if (!node) throw failure('ENOENT', file);
    return node;
  }

  #folder(path: string): FolderNode {
    const node = this.#node(path);
    if (node.kind !== 'folder') throw failure('ENOTDIR', path);
    return node;
  }

  #parent(file: string): { folder: FolderNode; name: string } {
    const names = parts(file);
    const name = names.pop() ?? '';
    let folder = this.#names.root;
    for (const part of names) {
      const next = folder.seen.get(part);
      if (!next) throw failure('ENOENT', file);
      if (next.kind !== 'folder') throw failure('ENOTDIR', file);
      folder = next;
    }
    return { folder, name };
  }
}

function parts(file: string): string[] {
  return path.resolve('/', file).split('/').filter(Boolean);
}

function statusOf(node: Node): FileStatus {
  const { kind, mode, uid, gid } = node;
  const sizeBytes = node.kind === 'file' ? node.content.sizeBytes : 0;
  return { kind, sizeBytes, mode, uid, gid };
}

function failure(code: string, file: string): Error {
  return Object.assign(new Error(`${code}: ${file}`), { code });
}
