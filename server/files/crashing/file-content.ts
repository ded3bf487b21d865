/**
 * The bytes of a file in two states: as every process sees them, and as they are on disk. What lies
 * between, pages that were written and not synced, is decided at the power cut.
 */

export const pageBytes = 4096;
const sectorBytes = 512;
const zeroPage = Buffer.alloc(pageBytes);

interface Version {
  sizeBytes: number;
  /** Never changed in place, so that both versions may share a page. Absent: zeros. */
  pages: Map<number, Buffer>;
}

export class FileContent {
  readonly #seen: Version;
  #onDisk: Version;
  #unsynced = new Set<number>();
  /** Of a sync that failed: no later sync writes them. */
  readonly #lost = new Set<number>();

  constructor(onDisk: Version = { sizeBytes: 0, pages: new Map() }) {
    this.#onDisk = onDisk;
    this.#seen = copyOf(onDisk);
  }

  get sizeBytes(): number {
    return this.#seen.sizeBytes;
  }

  read(target: Buffer, position: number): number {
    const length = Math.max(0, Math.min(target.length, this.sizeBytes - position));
    for (let done = 0; done < length; ) {
      const at = position + done;
      const inPage = at % pageBytes;
      const part = Math.min(length - done, pageBytes - inPage);
      this.#page(Math.floor(at / pageBytes)).copy(target, done, inPage, inPage + part);
      done += part;
    }
    return length;
  }

  write(bytes: Buffer, position: number): void {
    for (let done = 0; done < bytes.length; ) {
      const at = position + done;
      const inPage = at % pageBytes;
      const part = Math.min(bytes.length - done, pageBytes - inPage);
      const page = Buffer.from(this.#page(Math.floor(at / pageBytes)));
      bytes.copy(page, inPage, done, done + part);
      this.#replace(Math.floor(at / pageBytes), page);
      done += part;
    }
    this.#seen.sizeBytes = Math.max(this.#seen.sizeBytes, position + bytes.length);
  }

  truncate(sizeBytes: number): void {
    const lastPage = Math.floor(sizeBytes / pageBytes);
    for (const number of this.#seen.pages.keys()) {
      if (number > lastPage) this.#replace(number, zeroPage);
    }
    if (sizeBytes < this.#seen.sizeBytes && this.#seen.pages.has(lastPage)) {
      const page = Buffer.from(this.#page(lastPage));
      this.#replace(lastPage, page.fill(0, sizeBytes % pageBytes));
    }
    this.#seen.sizeBytes = sizeBytes;
  }

  sync(): void {
    for (const number of this.#unsynced) this.#onDisk.pages.set(number, this.#page(number));
    this.#onDisk.sizeBytes = this.#seen.sizeBytes;
    this.#unsynced = new Set();
  }

  /** The kernel tells of a failed write once, and takes the pages for clean from then on. */
  failSync(): void {
    for (const number of this.#unsynced) this.#lost.add(number);
    this.#unsynced = new Set();
  }

  /** What a power cut leaves: each page that was not synced is dropped, kept, torn or trashed. */
  survivor(random: (below: number) => number): FileContent {
    const left = copyOf(this.#onDisk);
    if (random(2)) left.sizeBytes = this.#seen.sizeBytes;
    for (const number of new Set([...this.#unsynced, ...this.#lost])) {
      const page = this.#fate(number, random);
      if (page) left.pages.set(number, page);
    }
    return new FileContent(left);
  }

  #fate(number: number, random: (below: number) => number): Buffer | undefined {
    const page = this.#page(number);
    switch (random(4)) {
      case 0:
        return undefined;
      case 1:
        return page;
      case 2: {
        const torn = Buffer.from(this.#onDisk.pages.get(number) ?? zeroPage);
        page.copy(torn, 0, 0, random(pageBytes / sectorBytes) * sectorBytes);
        return torn;
      }
      default:
        return Buffer.from(page.map((byte) => byte ^ (1 + random(255))));
    }
  }

  #page(number: number): Buffer {
    return this.#seen.pages.get(number) ?? zeroPage;
  }

  #replace(number: number, page: Buffer): void {
    this.#seen.pages.set(number, page);
    this.#unsynced.add(number);
    this.#lost.delete(number);
  }
}

function copyOf({ sizeBytes, pages }: Version): Version {
  return { sizeBytes, pages: new Map(pages) };
}
