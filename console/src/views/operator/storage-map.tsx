/**
 * A box for each thing that is stored, as large as what it takes; of each the part that is its own
 * is filled. Boxes are links, and say in words what they show.
 */
import '../../styles/legend.css';
import '../../styles/treemap.css';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { bytes } from '../../parts/format.ts';
import { storageText as text } from '../../text/storage.ts';
import { nameOf, type StorageItem, usePlaceOf } from './storage-item.ts';
import { type Box, treemap } from './treemap.ts';

interface Props {
  items: readonly StorageItem[];
  by: 'stored' | 'exclusive';
}

/** More could not be told apart. */
const boxesMax = 100;
const heightPx = 380;
const gapPx = 1;
const lettersPerPx = 1 / 7.5;

export function StorageMap({ items, by }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const width = useWidth(place);
  const placeOf = usePlaceOf();
  const sizeOf = ({ StoredBytes, ExclusiveBytes }: StorageItem) =>
    by === 'stored' ? StoredBytes : ExclusiveBytes;
  const largest = [...items].sort((a, b) => sizeOf(b) - sizeOf(a)).filter(sizeOf);
  const shown = largest.slice(0, boxesMax);
  const boxes = treemap(shown.map(sizeOf), { x: 0, y: 0, width, height: heightPx });
  return (
    <div ref={place}>
      <ul class="legend treemap-legend">
        <li class="exclusive">{text.legend.exclusive}</li>
        {by === 'stored' && <li class="shared">{text.legend.shared}</li>}
      </ul>
      {width > 0 && (
        <svg class="treemap" viewBox={`0 0 ${width} ${heightPx}`} height={heightPx}>
          <title>{text.map}</title>
          {shown.map((item, index) => (
            <a key={item.Id} href={placeOf(item)}>
              <ItemBox item={item} box={inset(boxes[index])} isAllOwn={by === 'exclusive'} />
            </a>
          ))}
        </svg>
      )}
      {largest.length > shown.length && (
        <p class="hint">{text.more(largest.length - shown.length)}</p>
      )}
    </div>
  );
}

const labelOf = (item: StorageItem) =>
  text.box(nameOf(item), bytes(item.ExclusiveBytes), bytes(item.SharedBytes));

interface BoxProps {
  item: StorageItem;
  box: Box;
  isAllOwn: boolean;
}

function ItemBox({ item, box: { x, y, width, height }, isAllOwn }: BoxProps) {
  const own = isAllOwn ? 1 : item.ExclusiveBytes / item.StoredBytes;
  const letters = Math.floor((width - 12) * lettersPerPx);
  const hasText = letters > 3 && height > 24;
  return (
    <>
      <title>{labelOf(item)}</title>
      <rect class="whole" x={x} y={y} width={width} height={height} />
      <rect class="own" x={x} y={y + height * (1 - own)} width={width} height={height * own} />
      {hasText && (
        <text class="label" x={x + 6} y={y + 17}>
          {cut(nameOf(item), letters)}
        </text>
      )}
      {hasText && height > 42 && (
        <text class="label under" x={x + 6} y={y + 34}>
          {cut(bytes(isAllOwn ? item.ExclusiveBytes : item.StoredBytes), letters)}
        </text>
      )}
    </>
  );
}

const cut = (name: string, letters: number) =>
  name.length > letters ? `${name.slice(0, letters - 1)}…` : name;

function inset({ x, y, width, height }: Box = { x: 0, y: 0, width: 0, height: 0 }): Box {
  return {
    x: x + gapPx,
    y: y + gapPx,
    width: Math.max(0, width - 2 * gapPx),
    height: Math.max(0, height - 2 * gapPx),
  };
}

function useWidth(place: { current: HTMLElement | null }): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    if (!place.current) return;
    const observer = new ResizeObserver(([entry]) =>
      setWidth(Math.floor(entry?.contentRect.width ?? 0)),
    );
    observer.observe(place.current);
    return () => observer.disconnect();
  }, []);
  return width;
}
