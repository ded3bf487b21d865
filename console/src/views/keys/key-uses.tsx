/** Volumes, snapshots and images that nobody reads without the key. */
import type { ComponentChildren } from 'preact';
import { useEncrypted } from '../../api/kms-keys.ts';
import { IdLink } from '../../parts/id-link.tsx';
import { Problem } from '../../parts/problem.tsx';
import { keyText } from '../../text/keys.ts';

const text = keyText.uses;

export function KeyUses({ id }: { id: string }) {
  const { data, error, refetch } = useEncrypted(id);
  return (
    <section class="card">
      <h2>{text.title}</h2>
      {error && <Problem error={error} retry={refetch} />}
      {!data && !error && <p class="loading">{text.looking}</p>}
      {data && data.volumes.length + data.snapshots.length === 0 && <p class="hint">{text.none}</p>}
      {data?.isCut && <p>{keyText.lostToo}</p>}
      <Part title={text.volumes}>
        {data?.volumes.map((volume) => (
          <li key={volume.id}>
            <IdLink id={volume.id} /> {volume.instanceId && <IdLink id={volume.instanceId} />}
          </li>
        ))}
      </Part>
      <Part title={text.snapshots}>
        {data?.snapshots.map((snapshot) => (
          <li key={snapshot}>
            <IdLink id={snapshot} />
          </li>
        ))}
      </Part>
      <Part title={text.images}>
        {data?.images.map((image) => (
          <li key={image.id}>
            <IdLink id={image.id} /> {image.name}
          </li>
        ))}
      </Part>
    </section>
  );
}

function Part({ title, children }: { title: string; children: ComponentChildren[] | undefined }) {
  if (!children?.length) return null;
  return (
    <>
      <h3>{title}</h3>
      <ul class="rows">{children}</ul>
    </>
  );
}
