/**
 * The lineage as a picture: each thing is a link, and the whole can be moved and made larger. Below
 * it is what is to be known of each of its images.
 */
import '../../styles/lineage.css';
import { useQuery } from '@tanstack/preact-query';
import { useSession } from '../../api/session.tsx';
import { Problem } from '../../parts/problem.tsx';
import { href } from '../../route.ts';
import { pathOfId } from '../../shell/places.ts';
import { common } from '../../text/common.ts';
import { lineageText as text } from '../../text/image.ts';
import type { PartProps } from './kinds.ts';
import { type Drawing, nodeHeight, nodeWidth, placed } from './lineage-drawing.ts';
import { LineageList } from './lineage-list.tsx';
import { lineageOf } from './lineage-of.ts';
import { useZoom } from './zoom.ts';

export function ImageLineage({ image }: PartProps) {
  const { client, scope } = useSession();
  const lineage = useQuery({
    queryKey: [scope, 'lineage', image.ImageId],
    queryFn: ({ signal }) => lineageOf(client, image, signal),
    meta: { tables: ['images', 'instances'] },
  });
  if (lineage.error) return <Problem error={lineage.error} retry={lineage.refetch} />;
  if (!lineage.data) return <p class="loading">{common.loading}</p>;
  const { ImageId: id = '' } = image;
  return (
    <>
      <section class="card">
        <h2>{text.title}</h2>
        <p class="hint">{text.hint}</p>
        {lineage.data.isCut && <p>{text.isCut}</p>}
        <Picture drawing={placed(lineage.data)} current={id} />
      </section>
      <LineageList id={id} />
    </>
  );
}

function Picture({ drawing, current }: { drawing: Drawing; current: string }) {
  const zoom = useZoom(drawing);
  return (
    <>
      <div class="actions">
        <button type="button" onClick={() => zoom.by(1.25)}>
          {text.larger}
        </button>
        <button type="button" onClick={() => zoom.by(0.8)}>
          {text.smaller}
        </button>
        <button type="button" onClick={zoom.fit}>
          {text.fit}
        </button>
      </div>
      <svg class="lineage" viewBox={zoom.viewBox} {...zoom.handlers}>
        <title>{text.title}</title>
        {drawing.edges.map(({ from, to, how, path, middle }) => (
          <g key={`${from} ${to}`} class="edge">
            <path d={path} />
            <text x={middle.x} y={middle.y}>
              {text.how[how]}
            </text>
          </g>
        ))}
        {drawing.nodes.map(({ relative: { id, name, kind, state }, x, y }) => (
          <a
            key={id}
            href={href(pathOfId(id) ?? [], { tab: kind === 'image' ? 'lineage' : undefined })}
            class={`node ${kind}`}
            aria-current={id === current ? 'true' : undefined}
          >
            <rect x={x} y={y} width={nodeWidth} height={nodeHeight} rx="6">
              <title>{`${text.kinds[kind]} ${name}`}</title>
            </rect>
            <text x={x + 10} y={y + 20}>
              {shortened(name)}
            </text>
            <text x={x + 10} y={y + 38} class="under">
              {id} {state}
            </text>
          </a>
        ))}
      </svg>
    </>
  );
}

const nameMax = 30;
const shortened = (name: string) =>
  name.length > nameMax ? `${name.slice(0, nameMax - 1)}…` : name;
