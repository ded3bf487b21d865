/**
 * The files of an image as a tree, folder by folder as they are opened, and the one that is chosen
 * beside it. The address has the chosen path: in base64 where it is not UTF-8.
 */
import { useEffect, useState } from 'preact/hooks';
import '../../styles/contents.css';
import { usePages } from '../../api/queries.ts';
import type { Output } from '../../api/wire.ts';
import { Problem } from '../../parts/problem.tsx';
import { ask, type Route } from '../../route.ts';
import { common } from '../../text/common.ts';
import { filesText as text } from '../../text/contents.ts';
import type { PartProps } from '../images/kinds.ts';
import { ImageFile } from './image-file.tsx';
import { type Place, placeOf } from './place.ts';
import { visibleLine } from './visible.ts';

type FileTold = Output<'imago', 'ListImageFiles'>['Files'][number];

const pageSize = 200;

export function ImageFiles({ image: { ImageId = '' }, route }: PartProps & { route: Route }) {
  const [path, bytes] = [route.query.get('path'), route.query.get('bytes')];
  const chosen: Place | undefined = bytes
    ? { PathBytes: bytes }
    : path
      ? { Path: path }
      : undefined;
  const choose = ({ Path, PathBytes }: Place) =>
    ask(
      route,
      PathBytes ? { path: undefined, bytes: PathBytes } : { path: Path, bytes: undefined },
    );
  return (
    <section class="card">
      <h2>{text.title}</h2>
      <p class="hint">{text.hint}</p>
      <div class="columns">
        <nav class="tree" aria-label={text.folders}>
          <Folder id={ImageId} place={{ Path: '/' }} chosen={chosen} choose={choose} />
        </nav>
        <div>
          {chosen ? <ImageFile id={ImageId} place={chosen} /> : <p class="hint">{text.choose}</p>}
        </div>
      </div>
    </section>
  );
}

interface FolderProps {
  id: string;
  place: Place;
  chosen: Place | undefined;
  choose(place: Place): void;
}

function Folder({ id, place, chosen, choose }: FolderProps) {
  const input = { ImageId: id, ...placeOf(place) };
  const found = usePages('imago', 'ListImageFiles', input, { tables: [], pageSize });
  if (found.error) return <Problem error={found.error} retry={found.refetch} />;
  if (!found.data) return <p class="loading">{common.loading}</p>;
  const files = found.data.pages.flatMap(({ Files }) => Files);
  return (
    <>
      {files.length === 0 && !found.hasNextPage && <p class="hint">{text.empty}</p>}
      <ul>
        {files.map((file) => (
          <li key={file.PathBytes ?? file.Path}>
            <Entry id={id} file={file} chosen={chosen} choose={choose} />
          </li>
        ))}
      </ul>
      {found.hasNextPage && (
        <button
          type="button"
          class="more"
          disabled={found.isFetchingNextPage}
          onClick={() => void found.fetchNextPage()}
        >
          {found.isFetchingNextPage ? common.loading : common.more}
        </button>
      )}
    </>
  );
}

type EntryProps = Omit<FolderProps, 'place'> & { file: FileTold };

function Entry({ id, file, chosen, choose }: EntryProps) {
  const [isOpen, setIsOpen] = useState(false);
  // The way to what the address names is open.
  const isOnWay = chosen?.Path?.startsWith(`${file.Path}/`) ?? false;
  useEffect(() => setIsOpen((was) => was || isOnWay), [isOnWay]);
  const isChosen = chosen?.PathBytes
    ? chosen.PathBytes === file.PathBytes
    : chosen?.Path === file.Path;
  const name = visibleLine(nameOf(file));
  const look = (
    <button
      type="button"
      class="plain"
      aria-current={isChosen ? 'true' : undefined}
      onClick={() => choose(file)}
    >
      {file.Kind === 'link' ? `${name} → ${visibleLine(file.Target ?? '')}` : name}
    </button>
  );
  if (file.Kind !== 'folder') return look;
  return (
    <details open={isOpen} onToggle={({ currentTarget }) => setIsOpen(currentTarget.open)}>
      <summary>{name}/</summary>
      {isOpen && <Folder id={id} place={file} chosen={chosen} choose={choose} />}
    </details>
  );
}

/** The last part of its path. */
const nameOf = ({ Path }: FileTold) => Path.slice(Path.lastIndexOf('/') + 1);
