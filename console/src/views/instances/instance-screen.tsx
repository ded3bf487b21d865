/** The guest's screen as it is now, taken again every few seconds. */
import { useAction } from '../../api/queries.ts';
import { Problem } from '../../parts/problem.tsx';
import { common } from '../../text/common.ts';
import { screenText as text } from '../../text/instance.ts';
import type { PartProps } from './instance.ts';

const everyMs = 3000;

export function InstanceScreen({ instance: { InstanceId = '' } }: PartProps) {
  const shot = useAction(
    'ec2',
    'GetConsoleScreenshot',
    { InstanceId, WakeUp: true },
    {
      tables: [],
      everyMs,
    },
  );
  if (shot.error) return <Problem error={shot.error} retry={shot.refetch} />;
  if (!shot.data) return <p class="loading">{common.loading}</p>;
  return (
    <section class="card">
      <img
        class="screen"
        alt={text.alt(InstanceId)}
        src={`data:image/jpeg;base64,${shot.data.ImageData}`}
      />
    </section>
  );
}
