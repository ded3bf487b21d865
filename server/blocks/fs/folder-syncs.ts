/**
 * Syncs of folders, as few as will do: a folder whose names are on disk is not synced again, and
 * who waits for the same names waits for one sync. What a failed sync left undone stays to be done.
 */
import type { BlockWork } from './block-work.ts';

interface Folder {
  /** Changes of its names. The first is whatever an earlier process may not have synced. */
  changes: number;
  synced: number;
  running?: { changes: number; done: Promise<void> };
}

export class FolderSyncs {
  readonly #work: BlockWork;
  readonly #folders = new Map<string, Folder>();

  constructor(work: BlockWork) {
    this.#work = work;
  }

  changed(path: string): void {
    this.#folder(path).changes++;
  }

  /** The names that the folder has at the time of the call are on disk when it resolves. */
  async sync(path: string): Promise<void> {
    const folder = this.#folder(path);
    const wanted = folder.changes;
    while (folder.synced < wanted) {
      const running = folder.running ?? this.#begin(path, folder);
      if (running.changes >= wanted) await running.done;
      else await running.done.catch(() => {});
    }
  }

  #begin(path: string, folder: Folder): NonNullable<Folder['running']> {
    const { changes } = folder;
    const sync = async () => {
      try {
        await this.#work.settle({ syncFolder: path });
        folder.synced = changes;
      } finally {
        folder.running = undefined;
      }
    };
    folder.running = { changes, done: sync() };
    return folder.running;
  }

  #folder(path: string): Folder {
    let folder = this.#folders.get(path);
    if (!folder) {
      folder = { changes: 1, synced: 0 };
      this.#folders.set(path, folder);
    }
    return folder;
  }
}
