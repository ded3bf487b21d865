/**
 * A recipe as people write it: one YAML file with what an image is made of. Everything in it is
 * checked here, by the line that it is on; what becomes of it is the commands' affair.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { CommandError } from './command-error.ts';

export interface Recipe {
  name: string;
  version: string;
  description?: string;
  /** A provider image, an image id, or a parameter of one. */
  parent: string;
  packages: string[];
  files: RecipeFile[];
  /** Units of systemd that start by themselves. */
  services: string[];
  users: RecipeUser[];
  /** In a shell, as root, one after the other; the first that fails ends the build. */
  commands: string[];
  /** The same, in a machine of the finished image. */
  tests: string[];
  /** The file, as it is. */
  text: string;
}

export interface RecipeFile {
  path: string;
  content: Buffer;
  mode: string;
  owner: string;
}

export interface RecipeUser {
  name: string;
  groups: string[];
  shell?: string;
  authorizedKeys: string[];
}

/** Longer ones are no recipes. */
const textBytesMax = 256 * 1024;
const namePattern = /^[a-z0-9][a-z0-9-]{1,60}$/;
const versionPattern = /^\d+\.\d+\.\d+$/;
const members = [
  ...['name', 'version', 'description', 'parent', 'packages', 'files'],
  ...['services', 'users', 'commands', 'tests'],
];

export async function readRecipe(file: string): Promise<Recipe> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`${file} cannot be read: ${error.message}`);
  });
  const reader = new RecipeReader(file, text);
  const recipe = reader.recipe();
  const files: RecipeFile[] = [];
  for (const { source, ...each } of recipe.files) {
    const content =
      source === undefined ? each.content : await reader.source(source, path.dirname(file));
    files.push({ ...each, content });
  }
  return { ...recipe, files, text };
}

interface ReadFile extends RecipeFile {
  /** In place of its content: beside the recipe. */
  source?: string;
}

class RecipeReader {
  readonly #file: string;
  readonly #lines = new LineCounter();
  readonly #root: Node | null;

  constructor(file: string, text: string) {
    this.#file = file;
    if (Buffer.byteLength(text) > textBytesMax) {
      throw new CommandError(`${file} is longer than recipes are (${textBytesMax} bytes).`);
    }
    const document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
    const [error] = document.errors;
    if (error) throw this.#wrong(error.pos[0], error.message);
    this.#root = document.contents;
  }

  recipe(): Omit<Recipe, 'files' | 'text'> & { files: ReadFile[] } {
    const all = this.#members(this.#root, members, 'a recipe');
    const name = this.#text(all, 'name');
    if (!namePattern.test(name)) {
      throw this.#wrong(all.get('name'), `name is of small letters, digits and '-', not '${name}'`);
    }
    const version = this.#text(all, 'version', '1.0.0');
    if (!versionPattern.test(version)) {
      throw this.#wrong(all.get('version'), `version is like 1.2.3 (in quotes), not '${version}'`);
    }
    return {
      name,
      version,
      ...(all.has('description') && { description: this.#text(all, 'description') }),
      parent: this.#text(all, 'parent'),
      packages: this.#texts(all, 'packages'),
      files: this.#items(all, 'files').map((item) => this.#fileOf(item)),
      services: this.#texts(all, 'services'),
      users: this.#items(all, 'users').map((item) => this.#userOf(item)),
      commands: this.#texts(all, 'commands'),
      tests: this.#texts(all, 'tests'),
    };
  }

  async source(name: string, folder: string): Promise<Buffer> {
    return readFile(path.resolve(folder, name)).catch((error: NodeJS.ErrnoException) => {
      throw new CommandError(`${this.#file} names ${name}: ${error.message}`);
    });
  }

  #fileOf(item: Node): ReadFile {
    const known = ['path', 'content', 'source', 'mode', 'owner'];
    const file = this.#members(item, known, 'a file');
    if (file.has('content') === file.has('source')) {
      throw this.#wrong(item, 'a file has either content or source');
    }
    return {
      path: this.#text(file, 'path'),
      content: Buffer.from(this.#text(file, 'content', '')),
      ...(file.has('source') && { source: this.#text(file, 'source') }),
      mode: this.#text(file, 'mode', '0644'),
      owner: this.#text(file, 'owner', 'root:root'),
    };
  }

  #userOf(item: Node): RecipeUser {
    const user = this.#members(item, ['name', 'groups', 'shell', 'authorized-keys'], 'a user');
    return {
      name: this.#text(user, 'name'),
      groups: this.#texts(user, 'groups'),
      ...(user.has('shell') && { shell: this.#text(user, 'shell') }),
      authorizedKeys: this.#texts(user, 'authorized-keys'),
    };
  }

  #members(node: Node | null, known: readonly string[], what: string): Map<string, Node> {
    if (!isMap(node)) throw this.#wrong(node, `${what} has the members ${known.join(', ')}`);
    const found = new Map<string, Node>();
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value) : '';
      if (!known.includes(name)) {
        throw this.#wrong(key as Node, `${what} has no '${name}': there are ${known.join(', ')}`);
      }
      if (value) found.set(name, value as Node);
    }
    return found;
  }

  #text(of: ReadonlyMap<string, Node>, name: string, usual?: string): string {
    const node = of.get(name);
    if (!node) {
      if (usual !== undefined) return usual;
      throw this.#wrong(null, `${name} is missing`);
    }
    return this.#scalar(node, name);
  }

  #texts(of: ReadonlyMap<string, Node>, name: string): string[] {
    return this.#items(of, name).map((item) => this.#scalar(item, name));
  }

  /** As it is written: `0644` is no number of a file's mode, nor `1.10` one of a version. */
  #scalar(node: Node, name: string): string {
    if (isScalar(node) && node.value !== null) return node.source ?? String(node.value);
    throw this.#wrong(node, `${name} is a text`);
  }

  #items(of: ReadonlyMap<string, Node>, name: string): Node[] {
    const node = of.get(name);
    if (!node || (isScalar(node) && node.value === null)) return [];
    if (!isSeq(node)) throw this.#wrong(node, `${name} is a list`);
    return node.items as Node[];
  }

  #wrong(where: Node | number | null | undefined, message: string): CommandError {
    const offset = typeof where === 'number' ? where : (where?.range?.[0] ?? 0);
    const { line } = this.#lines.linePos(offset);
    return new CommandError(`${this.#file}:${Math.max(line, 1)}: ${message}`);
  }
}
