/**
 * A guide that a test follows: what it says to type, typed as it stands into bash, in a folder of
 * its own. Folders of the host that it names are below that one, and `bin/imago serve`, which is in
 * the foreground, is left to the test, with the words that it was given. It knows which of the
 * guide's blocks nobody has taken.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { environmentOf, type Reachable } from './debian-client.ts';
import { launcher, repository } from './imago.ts';

/** Only ends a test that fails anyway. */
const timeoutMs = 10 * 60_000;

/** That there are on a host. */
const folders = ['etc', 'mnt/second', 'media/usb', 'var/lib'];
const place = /(?<=^|[\s=])\/(?=(etc\/imago|mnt\/second|media\/usb|var\/lib\/imago)\b)/gm;

/** Is served by the test. Names in small letters are the guide's own, for what is typed later. */
const program = `#!/bin/sh
case $1 in
  serve) shift; printf '%s\\n' "$@" >served ;;
  *) exec "${launcher}" "$@" ;;
esac
`;
const before = `
if [ -e said ]; then . ./said; fi
aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }
set -eux -o pipefail
`;
const after = `
{ set +x; } 2>/dev/null
NAMES=$(compgen -A variable | grep -xE '[a-z]+' || true)
if [ "$NAMES" ]; then declare -p $NAMES >said; fi
`;

interface Block {
  title: string;
  language: string;
  text: string;
  isTaken: boolean;
}

export class FollowedGuide implements Disposable {
  /** Where things are typed. */
  readonly folder = mkdtempSync(path.join(tmpdir(), 'im-guide-'));
  readonly #blocks: Block[];

  /** A file in `docs/guides`. */
  constructor(name: string) {
    this.#blocks = blocksOf(readFileSync(path.join(repository, 'docs/guides', name), 'utf8'));
    // QEMU's own user goes through it.
    chmodSync(this.folder, 0o755);
    for (const each of [...folders, 'bin']) mkdirSync(this.place(each), { recursive: true });
    writeFileSync(this.place('bin/imago'), program, { mode: 0o755 });
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }

  /** The first one of a part (`## title`) that was not taken yet. */
  take(title: string, language = ''): string {
    const block = this.#blocks.find((each) => isOf(each, title, language) && !each.isTaken);
    assert.ok(block, `the guide has no more of ${language} under ${title}`);
    block.isTaken = true;
    return block.text;
  }

  /** All of a part, one after the other. */
  takeAll(title: string, language = ''): string {
    const count = this.#blocks.filter((each) => isOf(each, title, language)).length;
    assert.ok(count > 0, title);
    return Array.from({ length: count }, () => this.take(title, language)).join('');
  }

  /** What was not taken, by its part. */
  left(): string[] {
    return this.#blocks
      .filter(({ isTaken }) => !isTaken)
      .map(({ title, language, text }) => `${title}: ${language} ${text.split('\n')[0]}`);
  }

  /** What it is here. */
  place(named: string): string {
    return path.join(this.folder, named);
  }

  /** Of this Imago, where there is one already. Answers what was printed. */
  async type(lines: string, imago?: Reachable): Promise<string> {
    const environment = imago
      ? { ...environmentOf(imago), IMAGO_HOME: imago.home, AWS_ENDPOINT_URL: imago.endpoint }
      : { PATH: process.env.PATH };
    const command = `${before}${lines.replaceAll(place, `${this.folder}/`)}${after}`;
    const options = {
      cwd: this.folder,
      env: { ...environment, HOME: this.folder },
      timeout: timeoutMs,
      maxBuffer: 64 * 1024 * 1024,
    };
    try {
      return (await promisify(execFile)('bash', ['-c', command], options)).stdout;
    } catch (error) {
      (error as Error).message += `\n${(error as { stdout?: string }).stdout}`;
      throw error;
    }
  }

  /** The words behind `bin/imago serve`, as it was typed last. */
  served(): string[] {
    return readFileSync(this.place('served'), 'utf8').trimEnd().split('\n');
  }
}

const isOf = (block: Block, title: string, language: string) =>
  block.title === title && block.language === language;

function blocksOf(guide: string): Block[] {
  return guide.split(/^## /m).flatMap((part) => {
    const title = part.slice(0, part.indexOf('\n'));
    return [...part.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(
      ([, language = '', text = '']): Block => ({ title, language, text, isTaken: false }),
    );
  });
}
