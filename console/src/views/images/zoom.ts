/** A picture that is moved by dragging or the arrow keys, and made larger by the wheel, + and -. */
import { useState } from 'preact/hooks';

interface Size {
  width: number;
  height: number;
}

const heightMin = 240;
const step = 60;

export function useZoom(size: Size) {
  const whole = { x: 0, y: 0, width: size.width, height: Math.max(size.height, heightMin) };
  const [box, setBox] = useState(whole);
  const by = (factor: number) =>
    setBox(({ x, y, width, height }) => ({
      x: x + (width - width / factor) / 2,
      y: y + (height - height / factor) / 2,
      width: width / factor,
      height: height / factor,
    }));
  const move = (dx: number, dy: number) =>
    setBox((now) => ({ ...now, x: now.x + dx, y: now.y + dy }));
  const onKeyDown = (event: KeyboardEvent) => {
    const keys: Partial<Record<string, () => void>> = {
      ArrowLeft: () => move(-step, 0),
      ArrowRight: () => move(step, 0),
      ArrowUp: () => move(0, -step),
      ArrowDown: () => move(0, step),
      '+': () => by(1.25),
      '-': () => by(0.8),
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    keys[event.key]?.();
  };
  const onPointerMove = (event: PointerEvent & { currentTarget: SVGSVGElement }) => {
    if (event.buttons !== 1) return;
    const scale = box.width / event.currentTarget.clientWidth;
    move(-event.movementX * scale, -event.movementY * scale);
  };
  const onWheel = (event: WheelEvent) => {
    if (!event.ctrlKey) return; // the page is scrolled
    event.preventDefault();
    by(event.deltaY < 0 ? 1.1 : 0.9);
  };
  return {
    viewBox: `${box.x} ${box.y} ${box.width} ${box.height}`,
    by,
    fit: () => setBox(whole),
    handlers: { onKeyDown, onPointerMove, onWheel },
  };
}
