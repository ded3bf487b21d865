/** One file of an image: what it is, and the beginning of its text. */
import { useQuery } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import { contentRoutes } from '../../../../api/imago-contents.ts';
import type { ApiClient } from '../../api/client.ts';
import { useAction } from '../../api/queries.ts';
import { useSession } from '../../api/session.tsx';
import type { Output } from '../../api/wire.ts';
import { ActionButton } from '../../parts/action-button.tsx';
import { CopiedId } from '../../parts/copied-id.tsx';
import { Facts } from '../../parts/facts.tsx';
import { bytes } from '../../parts/format.ts';
import { Problem } from '../../parts/problem.tsx';
import { saveFile } from '../../parts/save-file.ts';
import { Time } from '../../parts/time.tsx';
import { common } from '../../text/common.ts';
import { filesText as text } from '../../text/contents.ts';
import { type Place, placeOf } from './place.ts';
import { isText, visibleLine, visibleText } from './visible.ts';

type Told = Output<'imago', 'DescribeImageFile'>['File'];

/** What a person may read of a text, and a browser draws without delay. */
const shownMax = 256 * 1024;
/** It goes through the tab's memory. */
const savedMax = 64 * 1024 * 1024;

interface Props {
  id: string;
  place: Place;
}

export function ImageFile({ id, place }: Props) {
  const input = { ImageId: id, ...placeOf(place) };
  const found = useAction('imago', 'DescribeImageFile', input, { tables: [] });
  if (found.error) return <Problem error={found.error} retry={found.refetch} />;
  if (!found.data) return <p class="loading">{common.loading}</p>;
  const file = found.data.File;
  return (
    <>
      <Facts of={factsOf(id, file)} />
      {file.Kind === 'file' && <Content key={file.PathBytes ?? file.Path} id={id} file={file} />}
    </>
  );
}

function factsOf(id: string, file: Told) {
  const { Path, Kind, Mode, Owner, Uid, Group, Gid, Links, Device, Target, Attributes = [] } = file;
  return [
    [text.path, <code key="path">{visibleLine(Path)}</code>],
    [text.kind, text.kinds[Kind] ?? Kind],
    [text.mode, Mode],
    [text.owner, visibleLine(`${Owner ?? ''} ${Uid}`)],
    [text.group, visibleLine(`${Group ?? ''} ${Gid}`)],
    [text.size, bytes(file.SizeBytes)],
    [text.modified, <Time key="modified" at={file.ModifyDate} />],
    ...(Links > 1 ? [[text.links, Links] as const] : []),
    ...(Target === undefined
      ? []
      : [[text.target, <code key="target">{visibleLine(Target)}</code>] as const]),
    ...(Device === undefined ? [] : [[text.device, Device] as const]),
    ...(Attributes.length === 0
      ? []
      : [[text.attributes, visibleLine(Attributes.map(({ Name }) => Name).join(', '))] as const]),
    ...(Kind === 'file' ? [[text.sha256, <Digest key={Path} id={id} file={file} />] as const] : []),
  ] as const;
}

/** All of the file is read for it. */
function Digest({ id, file }: { id: string; file: Told }) {
  const [isAsked, setIsAsked] = useState(false);
  const input = { ImageId: id, ...placeOf(file), Sha256: true };
  const found = useAction('imago', 'DescribeImageFile', input, { tables: [], enabled: isAsked });
  const digest = isAsked ? found.data?.File.Sha256 : undefined;
  if (digest) return <CopiedId id={digest} />;
  if (isAsked && found.error) return <Problem error={found.error} />;
  return (
    <button type="button" class="plain" disabled={isAsked} onClick={() => setIsAsked(true)}>
      {isAsked ? common.busy : text.ask}
    </button>
  );
}

function Content({ id, file }: { id: string; file: Told }) {
  const { client, scope } = useSession();
  const [failed, setFailed] = useState<unknown>();
  const { Path, SizeBytes } = file;
  const found = useQuery({
    queryKey: [scope, 'bytes', id, placeOf(file)],
    queryFn: ({ signal }) => readBytes(client, id, file, shownMax, signal),
    meta: { tables: [] },
  });
  const save = async () => {
    setFailed(undefined);
    try {
      const { bytes: all } = await readBytes(client, id, file, savedMax);
      saveFile(Path.slice(Path.lastIndexOf('/') + 1), all);
    } catch (error) {
      setFailed(error);
    }
  };
  return (
    <>
      <div class="actions">
        <ActionButton
          because={SizeBytes > savedMax && text.saveMax(bytes(savedMax))}
          onClick={() => void save()}
        >
          {text.save}
        </ActionButton>
      </div>
      {failed !== undefined && <Problem error={failed} />}
      {found.error && <Problem error={found.error} retry={found.refetch} />}
      {!found.data && !found.error && <p class="loading">{common.loading}</p>}
      {found.data && <Text path={Path} size={SizeBytes} {...found.data} />}
    </>
  );
}

interface TextProps {
  path: string;
  size: number;
  bytes: Uint8Array;
  isWhole: boolean;
}

function Text({ path, size, bytes: content, isWhole }: TextProps) {
  if (content.length === 0) return <p class="hint">{text.isEmpty}</p>;
  if (!isText(content)) return <p class="hint">{text.binary}</p>;
  return (
    <>
      {!isWhole && <p class="hint">{text.cut(bytes(content.length), bytes(size))}</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and keys must reach it */}
      <section class="file" tabIndex={0} aria-label={text.content(visibleLine(path))}>
        <pre>{visibleText(new TextDecoder().decode(content))}</pre>
      </section>
    </>
  );
}

function readBytes(
  client: ApiClient,
  id: string,
  file: Told,
  maxBytes: number,
  signal?: AbortSignal,
) {
  const path = contentRoutes.GetImageFile.replace(/^GET /, '').replace('{ImageId}', id);
  const { Path = '', PathBytes } = placeOf(file);
  const query: Record<string, string> = PathBytes ? { pathBytes: PathBytes } : { path: Path };
  return client.bytes(path, query, maxBytes, signal);
}
