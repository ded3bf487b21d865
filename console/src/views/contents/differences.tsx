/** Differences as they are told: packages and files, before and after beside each other. */
import '../../styles/contents.css';
import type { Output } from '../../api/wire.ts';
import { bytes } from '../../parts/format.ts';
import { type Column, List } from '../../parts/list.tsx';
import { Mark, type Tone } from '../../parts/mark.tsx';
import { differencesText as text } from '../../text/contents.ts';
import { visibleLine, visibleText } from './visible.ts';

type Told = Output<'imago', 'DiffImages'>;
export type PackageChange = Told['Packages'][number];
export type FileChange = Told['Files'][number];

const tones: Record<string, Tone> = {
  added: 'good',
  removed: 'bad',
  upgraded: 'good',
  downgraded: 'busy',
  changed: 'busy',
};

const Change = ({ of }: { of: string }) => (
  <Mark tone={tones[of] ?? 'quiet'}>{text.changes[of] ?? of}</Mark>
);

export function PackageChanges({ changes }: { changes: readonly PackageChange[] }) {
  return (
    <section class="card">
      <h2>{text.packages}</h2>
      <List
        caption={text.packages}
        columns={packageColumns}
        items={changes}
        keyOf={({ Manager, Name, Architecture }) => `${Manager} ${Name} ${Architecture}`}
        empty={text.noPackages}
      />
    </section>
  );
}

const packageColumns: Column<PackageChange>[] = [
  { title: text.name, cell: ({ Name }) => visibleLine(Name) },
  { title: text.architecture, cell: ({ Architecture }) => visibleLine(Architecture) },
  { title: text.change, cell: ({ Change: change }) => <Change of={change} /> },
  { title: text.before, cell: ({ Before = '' }) => visibleLine(Before) },
  { title: text.after, cell: ({ After = '' }) => visibleLine(After) },
];

/** Columns of files; what differs in a text is under its path. */
export const fileColumns: Column<FileChange>[] = [
  { title: text.path, cell: (file) => <PathOf file={file} /> },
  { title: text.change, cell: ({ Change: change }) => <Change of={change} /> },
  {
    title: text.what,
    cell: ({ Differences = [] }) => Differences.map((each) => text.whats[each] ?? each).join(', '),
  },
  { title: text.before, cell: ({ Before, Differences }) => factsOf(Before, Differences) },
  { title: text.after, cell: ({ After, Differences }) => factsOf(After, Differences) },
  { title: text.name, cell: ({ Package = '' }) => visibleLine(Package) },
];

export const keyOfFile = ({ Path, PathBytes }: FileChange) => PathBytes ?? Path;

function PathOf({ file: { Path, TextDiff } }: { file: FileChange }) {
  const path = visibleLine(Path);
  if (TextDiff === undefined) return <code class="long">{path}</code>;
  return (
    <>
      <code class="long">{path}</code>
      <details>
        <summary>{text.text}</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and keys must reach it */}
        <section class="file" tabIndex={0} aria-label={text.textOf(path)}>
          <pre class="diff">{TextDiff.replace(/\n$/, '').split('\n').map(lineOf)}</pre>
        </section>
      </details>
    </>
  );
}

const kinds: Record<string, string> = { '+': 'added', '-': 'removed', '@': 'place' };

const lineOf = (line: string, index: number) => (
  <span key={index} class={kinds[line[0] ?? '']}>
    {`${visibleText(line)}\n`}
  </span>
);

/** What differs of it, or all that is of interest where it is on one side alone. */
function factsOf(facts: FileChange['Before'], differences: FileChange['Differences']): string {
  if (!facts) return '';
  const of: Record<string, string | number | undefined> = {
    kind: facts.Kind,
    mode: facts.Mode,
    owner: facts.Uid,
    group: facts.Gid,
    device: facts.Device,
    target: facts.Target && visibleLine(facts.Target),
    content: bytes(facts.SizeBytes),
  };
  const told = differences ?? ['mode', 'owner', 'group', 'target', 'content'];
  return told
    .map((each) => of[each])
    .filter((each) => each !== undefined)
    .join(', ');
}
