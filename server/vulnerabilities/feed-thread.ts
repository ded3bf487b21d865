/**
 * Reads a feed for one question, in a thread of its own that ends with it: the documents are of many
 * megabytes, and what is read of them is gone when it is answered.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { isTracker, ofTracker, trackerSpeaksOf } from './debian-tracker.ts';
import { isOsv, ofRecord, recordSpeaksOf } from './osv.ts';
import { byName, type Question, type Vulnerability } from './vulnerability.ts';

/** What a string of JavaScript has room for. */
const fileMaxBytes = 400 * 1024 ** 2;
const allMaxBytes = 2 * 1024 ** 3;
const filesMax = 500_000;
const foundMax = 100_000;

export interface FeedQuestion extends Question {
  path: string;
}

export type FeedAnswer = { found: Vulnerability[] } | { refused: string };

class FeedRefused extends Error {}

function answer({ path: feed, ...question }: FeedQuestion): Vulnerability[] {
  const found = new Map<string, Vulnerability>();
  const reader = new DocumentReader(question);
  let bytes = 0;
  for (const file of filesOf(feed)) {
    const { size } = statSync(file);
    bytes += size;
    if (size > fileMaxBytes || bytes > allMaxBytes) throw new FeedRefused('it is too large');
    for (const each of reader.read(parsed(file))) {
      found.set(`${each.package} ${each.installed} ${each.id}`, each);
      if (found.size > foundMax) throw new FeedRefused('it has too many vulnerabilities');
    }
  }
  const { id = 'an unknown system', versionId = '' } = question.system;
  if (!reader.speaksOfSystem) throw new FeedRefused(`it says nothing of ${id} ${versionId}`.trim());
  return [...found.values()];
}

function filesOf(feed: string): string[] {
  if (!statSync(feed).isDirectory()) return [feed];
  const names = readdirSync(feed).filter((name) => name.endsWith('.json'));
  if (names.length > filesMax) throw new FeedRefused('it has too many files');
  return names.sort().map((name) => path.join(feed, name));
}

function parsed(file: string): unknown {
  const text = readFileSync(file, 'utf8');
  try {
    return JSON.parse(text);
  } catch {
    throw new FeedRefused(`${path.basename(file)} is no JSON`);
  }
}

class DocumentReader {
  /** That there is nothing to tell is good only where there is. */
  speaksOfSystem = false;
  readonly #question: Question;
  readonly #versions: ReadonlyMap<string, readonly string[]>;

  constructor(question: Question) {
    this.#question = question;
    this.#versions = byName(question.installed);
  }

  read(document: unknown): Vulnerability[] {
    if (Array.isArray(document)) {
      if (!document.every(isOsv)) throw new FeedRefused('an entry is no record of OSV');
      return document.flatMap((each) => this.#record(each));
    }
    if (isOsv(document)) return this.#record(document);
    if (!isTracker(document)) {
      throw new FeedRefused('it is neither of OSV nor of the Debian security tracker');
    }
    this.speaksOfSystem ||= trackerSpeaksOf(document, this.#question.system);
    return ofTracker(document, this.#question);
  }

  #record(record: unknown): Vulnerability[] {
    this.speaksOfSystem ||= recordSpeaksOf(record, this.#question.system);
    return ofRecord(record, this.#question, this.#versions);
  }
}

function answered(): FeedAnswer {
  try {
    return { found: answer(workerData as FeedQuestion) };
  } catch (error) {
    if (error instanceof FeedRefused) return { refused: error.message };
    return { refused: `it cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})` };
  }
}

parentPort?.postMessage(answered());
