/**
 * Which indexes of a volume were written to, a bit each: counted, and by the leaves of a block map.
 * Leaves that nothing was written to take no memory.
 */
import { blocksPerLeaf } from '../blocks/map-pages.ts';

export class WrittenBlocks {
  readonly #leaves = new Map<number, Uint8Array>();
  #count = 0;

  /** Distinct ones. */
  get count(): number {
    return this.#count;
  }

  add(index: number): void {
    const leafIndex = Math.floor(index / blocksPerLeaf);
    let bits = this.#leaves.get(leafIndex);
    if (!bits) {
      bits = new Uint8Array(blocksPerLeaf / 8);
      this.#leaves.set(leafIndex, bits);
    }
    const [byte, bit] = placeOf(index);
    const before = bits[byte] as number;
    if ((before & bit) !== 0) return;
    bits[byte] = before | bit;
    this.#count++;
  }

  has(index: number): boolean {
    const [byte, bit] = placeOf(index);
    const bits = this.#leaves.get(Math.floor(index / blocksPerLeaf));
    return bits !== undefined && ((bits[byte] as number) & bit) !== 0;
  }

  /** Ascending. */
  leafIndexes(): number[] {
    return [...this.#leaves.keys()].sort((a, b) => a - b);
  }
}

function placeOf(index: number): [byte: number, bit: number] {
  const inLeaf = index % blocksPerLeaf;
  return [inLeaf >> 3, 1 << (inLeaf & 7)];
}
