/** What an instance took: processors, disks and network, over the last hour or day. */
import '../../styles/metrics.css';
import { useState } from 'preact/hooks';
import { useAction } from '../../api/queries.ts';
import { Empty } from '../../parts/empty.tsx';
import { bytes } from '../../parts/format.ts';
import { type Column, List } from '../../parts/list.tsx';
import { Problem } from '../../parts/problem.tsx';
import { href, type Route } from '../../route.ts';
import { common } from '../../text/common.ts';
import { metricsText as text } from '../../text/metrics.ts';
import { MetricChart } from './metric-chart.tsx';
import { type Figure, lineOf, type Metrics, timesOf } from './metric-lines.ts';

const spans = ['hour', 'day'] as const;
type Span = (typeof spans)[number];

const spanMs = { hour: 3_600_000, day: 86_400_000 };
const stepMs = { hour: 60_000, day: 300_000 };
/** Of a row of the table. */
const rowMs = { hour: 300_000, day: 3_600_000 };
/** Figures come every minute. */
const everyMs = 20_000;

const rate = (value: number) =>
  text.perSecond(bytes(value < 10 ? Math.round(value * 10) / 10 : Math.round(value)));

interface Chart {
  title: string;
  hint: string;
  shown(value: number): string;
  lines: readonly (readonly [name: string, figure: Figure])[];
}

const charts: readonly Chart[] = [
  { ...text.cpu, shown: text.percent, lines: [[text.used, 'CpuPercent']] },
  {
    ...text.disk,
    shown: rate,
    lines: [
      [text.read, 'DiskReadBytesPerSecond'],
      [text.written, 'DiskWrittenBytesPerSecond'],
    ],
  },
  {
    ...text.network,
    shown: rate,
    lines: [
      [text.received, 'NetworkReceivedBytesPerSecond'],
      [text.sent, 'NetworkSentBytesPerSecond'],
    ],
  },
];

export function InstanceMetrics({ route }: { route: Route }) {
  const [, id = ''] = route.path;
  const span = spans.find((name) => name === route.query.get('span')) ?? 'hour';
  return (
    <>
      <Spans id={id} current={span} />
      <Figures key={`${id} ${span}`} id={id} span={span} />
    </>
  );
}

function Spans({ id, current }: { id: string; current: Span }) {
  return (
    <nav class="tabs" aria-label={text.spansLabel}>
      {spans.map((span) => (
        <a
          key={span}
          href={href(['instances', id], { tab: 'metrics', span })}
          aria-current={span === current ? 'page' : undefined}
        >
          {text.spans[span]}
        </a>
      ))}
    </nav>
  );
}

function Figures({ id, span }: { id: string; span: Span }) {
  const found = useMetrics(id, span, stepMs[span]);
  if (found.error) return <Problem error={found.error} retry={found.refetch} />;
  if (!found.data) return <p class="loading">{common.loading}</p>;
  if (found.data.Points.length === 0) return <Empty>{text.nothing}</Empty>;
  return (
    <>
      <Curves metrics={found.data} />
      <AsTable id={id} span={span} />
    </>
  );
}

/** The same question until there is another answer. */
function useMetrics(id: string, span: Span, periodMs: number) {
  const endMs = Math.floor(Date.now() / stepMs[span]) * stepMs[span];
  const StartTime = new Date(endMs - spanMs[span]).toISOString();
  const input = { InstanceId: id, StartTime, PeriodSeconds: periodMs / 1000 };
  return useAction('imago', 'DescribeInstanceMetrics', input, { tables: [], everyMs });
}

function Curves({ metrics }: { metrics: Metrics }) {
  const times = timesOf(metrics);
  return (
    <div class="metrics">
      {charts.map(({ lines, ...chart }) => (
        <MetricChart
          key={chart.title}
          {...chart}
          times={times}
          lines={lines.map(([name, figure]) => ({ name, values: lineOf(metrics, times, figure) }))}
        />
      ))}
    </div>
  );
}

/** For who does not see curves: means of longer times, which can be listened to. */
function AsTable({ id, span }: { id: string; span: Span }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <details class="card" onToggle={({ currentTarget }) => setIsOpen(currentTarget.open)}>
      <summary>{text.asTable}</summary>
      {isOpen && <Rows id={id} span={span} />}
    </details>
  );
}

function Rows({ id, span }: { id: string; span: Span }) {
  const { data, error } = useMetrics(id, span, rowMs[span]);
  return (
    <List
      caption={text.means[span]}
      columns={columns}
      items={data && [...data.Points].reverse()}
      keyOf={({ Time }) => Time}
      empty={text.nothing}
      error={error}
    />
  );
}

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });

const columns: Column<Metrics['Points'][number]>[] = [
  {
    title: text.time,
    isShort: true,
    cell: ({ Time }) => <time dateTime={Time}>{clock.format(new Date(Time))}</time>,
  },
  ...charts.flatMap(({ title, shown, lines }) =>
    lines.map(([name, figure]) => ({
      title: `${title}: ${name}`,
      isFigure: true,
      cell: (point: Metrics['Points'][number]) => {
        const value = point[figure];
        return value === undefined ? '–' : shown(value);
      },
    })),
  ),
];
