/**
 * Whether an element is in the window, or about to be: what a row of a long list asks for, beside
 * what the list tells of it, waits for that, and is asked for again only where somebody looks.
 */
import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

/** One for all, however many rows there are. */
const listeners = new WeakMap<Element, (isInSight: boolean) => void>();
const observer = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) listeners.get(target)?.(isIntersecting);
  },
  { rootMargin: '25% 0px' },
);

export function useInSight<Of extends Element>(): [RefObject<Of>, boolean] {
  const ref = useRef<Of>(null);
  const [isInSight, setIsInSight] = useState(false);
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    listeners.set(element, setIsInSight);
    observer.observe(element);
    return () => observer.unobserve(element);
  }, []);
  return [ref, isInSight];
}
