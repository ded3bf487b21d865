/**
 * Lines over time. Their colours are those of the legend, which has them from the style sheet, so
 * that they follow the theme; the second is dashed, for those who see no colours.
 */
import '../../styles/legend.css';
import 'uplot/dist/uPlot.min.css';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { metricsText as text } from '../../text/metrics.ts';
import { lastOf, mostOf } from './metric-lines.ts';

export interface Line {
  name: string;
  values: (number | null)[];
}

interface Props {
  title: string;
  hint: string;
  times: number[];
  lines: Line[];
  shown(value: number): string;
}

const heightPx = 180;
const dash = [6, 4];
const axisPx = 78;

export function MetricChart({ title, hint, times, lines, shown }: Props) {
  const card = useRef<HTMLElement>(null);
  const chart = useRef<uPlot | null>(null);
  const data: uPlot.AlignedData = [times, ...lines.map(({ values }) => values)];
  const told = (value: number | undefined) => (value === undefined ? '–' : shown(value));
  // Made once: new data are set below.
  useEffect(() => {
    const place = card.current?.querySelector<HTMLElement>('.plot');
    if (!card.current || !place) return;
    const made = new uPlot(optionsOf(card.current, place.clientWidth, lines, shown), data, place);
    chart.current = made;
    const resized = new ResizeObserver(() =>
      made.setSize({ width: place.clientWidth, height: heightPx }),
    );
    resized.observe(place);
    const endTheme = onTheme(() => made.redraw());
    return () => {
      endTheme();
      resized.disconnect();
      made.destroy();
    };
  }, []);
  useEffect(() => chart.current?.setData(data), [data]);
  const summary = lines.map(({ name, values }) =>
    text.line(name, told(lastOf(values)), shown(mostOf(values))),
  );
  return (
    <section ref={card} class="card metric">
      <h2>{title}</h2>
      <p class="hint">{hint}</p>
      <ul class="legend">
        {lines.map(({ name, values }, index) => (
          <li key={name} class={index === 0 ? 'first' : 'second'}>
            {name}: <strong>{told(lastOf(values))}</strong>
          </li>
        ))}
      </ul>
      <div class="plot" role="img" aria-label={text.drawn(title, summary.join(' '))} />
    </section>
  );
}

function optionsOf(
  card: HTMLElement,
  width: number,
  lines: readonly Line[],
  shown: Props['shown'],
): uPlot.Options {
  const colour =
    (selector: string, of: 'color' | 'borderTopColor' = 'color') =>
    () => {
      const element = card.querySelector(selector);
      return element ? getComputedStyle(element)[of] : '';
    };
  const axis = {
    stroke: colour('.hint'),
    grid: { stroke: colour('.plot', 'borderTopColor'), width: 1 },
    ticks: { stroke: colour('.plot', 'borderTopColor'), width: 1 },
  };
  return {
    width,
    height: heightPx,
    legend: { show: false },
    cursor: { drag: { x: false, y: false } },
    scales: { y: { range: (_chart, _low, high) => [0, Math.max(1, (high ?? 0) * 1.1)] } },
    series: [
      {},
      ...lines.map((_line, index) => ({
        stroke: colour(`.legend li:nth-child(${index + 1})`),
        width: 2,
        dash: index === 0 ? undefined : dash,
        points: { show: undefined },
      })),
    ],
    axes: [axis, { ...axis, size: axisPx, values: (_chart, ticks) => ticks.map(shown) }],
  };
}

function onTheme(changed: () => void): () => void {
  const media = matchMedia('(prefers-color-scheme: dark)');
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  media.addEventListener('change', changed);
  return () => {
    observer.disconnect();
    media.removeEventListener('change', changed);
  };
}
