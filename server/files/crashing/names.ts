/**
 * Names of files in two states: as every process sees them, and as they are on disk. Between them
 * are the changes that no folder sync has written yet, each of which a power cut keeps or drops.
 */
import { FileContent } from './file-content.ts';

export interface Owned {
  mode: number;
  uid: number;
  gid: number;
}

export interface FileNode extends Owned {
  kind: 'file';
  content: FileContent;
}

export interface FolderNode extends Owned {
  kind: 'folder';
  seen: Map<string, Node>;
  onDisk: Map<string, Node>;
}

export type Node = FileNode | FolderNode;

/** A name that was given to a file, or taken away (`node` absent), and is not on disk. */
interface Change {
  folder: FolderNode;
  name: string;
  node?: Node;
  /** Of a rename: the name that it gave. The old one goes only where that one is. */
  gave?: Change;
  settled: boolean;
}

export class Names {
  readonly root: FolderNode;
  #changes: Change[] = [];

  constructor(root: FolderNode = newFolder(0o755)) {
    this.root = root;
  }

  give(folder: FolderNode, name: string, node: Node): void {
    folder.seen.set(name, node);
    this.#changes.push({ folder, name, node, settled: false });
  }

  take(folder: FolderNode, name: string): void {
    folder.seen.delete(name);
    this.#changes.push({ folder, name, settled: false });
  }

  move(from: FolderNode, name: string, to: FolderNode, newName: string): void {
    this.give(to, newName, from.seen.get(name) as Node);
    const gave = this.#changes.at(-1);
    this.take(from, name);
    Object.assign(this.#changes.at(-1) as Change, { gave });
  }

  syncFolder(folder: FolderNode): void {
    for (const change of this.#changes) if (change.folder === folder) this.#settle(change);
    this.#changes = this.#changes.filter(({ settled }) => !settled);
  }

  /** The tree that a power cut leaves. */
  survivor(random: (below: number) => number): Names {
    for (const change of this.#changes) {
      const possible = !change.gave || change.gave.settled;
      if (!change.settled && possible && random(2)) this.#settle(change);
    }
    const copies = new Map<Node, Node>();
    return new Names(survivorOf(this.root, copies, random) as FolderNode);
  }

  #settle(change: Change): void {
    if (change.settled) return;
    if (change.gave) this.#settle(change.gave);
    const { folder, name, node } = change;
    if (node) folder.onDisk.set(name, node);
    else folder.onDisk.delete(name);
    // What the same name was before is no longer possible.
    for (const earlier of this.#changes) {
      if (earlier === change) break;
      if (earlier.folder === folder && earlier.name === name) earlier.settled = true;
    }
    change.settled = true;
  }
}

export function newFile(mode: number): FileNode {
  return { kind: 'file', mode, uid: 0, gid: 0, content: new FileContent() };
}

export function newFolder(mode: number): FolderNode {
  return { kind: 'folder', mode, uid: 0, gid: 0, seen: new Map(), onDisk: new Map() };
}

/** Links to one file stay links to one file. */
function survivorOf(node: Node, copies: Map<Node, Node>, random: (below: number) => number): Node {
  const known = copies.get(node);
  if (known) return known;
  const copy: Node =
    node.kind === 'file'
      ? { ...node, content: node.content.survivor(random) }
      : { ...node, seen: new Map(), onDisk: new Map() };
  copies.set(node, copy);
  if (node.kind === 'folder' && copy.kind === 'folder') {
    for (const [name, child] of node.onDisk) {
      const left = survivorOf(child, copies, random);
      copy.seen.set(name, left);
      copy.onDisk.set(name, left);
    }
  }
  return copy;
}
