/** What becomes of an image that was just published: the checks as they go, and what they found. */
import { useAction } from '../../api/queries.ts';
import type { Output } from '../../api/wire.ts';
import { Mark } from '../../parts/mark.tsx';
import { TaskOf } from '../../parts/task-of.tsx';
import { href } from '../../route.ts';
import { marketText as text } from '../../text/market.ts';

interface Props {
  published: Output<'imago', 'PublishProduct'>;
  /** The vendor's, which is checked. */
  sourceId: string | undefined;
}

export function Published({ published: { TaskId, Product }, sourceId = '' }: Props) {
  const found = useAction(
    'ec2',
    'GetImageFindings',
    { ImageId: sourceId },
    { tables: ['images', 'tasks'], enabled: sourceId !== '' },
  );
  const findings = found.data?.ImageFindings ?? [];
  return (
    <>
      <TaskOf id={TaskId} title={text.publishes(Product.Title)} />
      {findings.length > 0 && (
        <section class="card">
          <h2>{text.report}</h2>
          <ul class="rows">
            {findings.map(({ Title, SeverityLabel, Paths = [] }) => (
              <li key={`${Title} ${Paths}`}>
                <span>
                  <Mark>{SeverityLabel}</Mark> {Title}
                </span>
                <code>{Paths.join(' ')}</code>
              </li>
            ))}
          </ul>
          <a href={href(['images', sourceId], { tab: 'findings' })}>{text.findings}</a>
        </section>
      )}
    </>
  );
}
