/**
 * The files of an image as a tree, and the one that is chosen beside it. The address has the chosen
 * path: in base64 where it is not UTF-8.
 */
import '../../styles/contents.css';
import { ask, type Route } from '../../route.ts';
import { filesText as text } from '../../text/contents.ts';
import type { PartProps } from '../images/kinds.ts';
import { FileTree } from './file-tree.tsx';
import { ImageFile } from './image-file.tsx';
import type { Place } from './place.ts';

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
          <FileTree of={{ ImageId }} chosen={chosen} choose={choose} />
        </nav>
        <div>
          {chosen ? <ImageFile id={ImageId} place={chosen} /> : <p class="hint">{text.choose}</p>}
        </div>
      </div>
    </section>
  );
}
