/** A priority queue: `pop` gives an item that no other goes before. */
export class Heap<T> {
  private readonly items: T[] = [];

  constructor(private readonly before: (a: T, b: T) => boolean) {}

  push(item: T): void {
    let at = this.items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.before(item, this.items[parent] as T)) break;
      this.items[at] = this.items[parent] as T;
      at = parent;
    }
    this.items[at] = item;
  }

  pop(): T | undefined {
    const first = this.items[0];
    const last = this.items.pop();
    if (last === undefined || this.items.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.items.length) break;
      if (child + 1 < this.items.length && this.before(this.items[child + 1] as T, this.items[child] as T)) child++;
      if (!this.before(this.items[child] as T, last)) break;
      this.items[at] = this.items[child] as T;
      at = child;
    }
    this.items[at] = last;
    return first;
  }

  clear(): void {
    this.items.length = 0;
  }
}
