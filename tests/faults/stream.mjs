// A stream of orders from many clients, which goes on while faults strike. A client whose order was not answered tries it again
// now or leaves it for the end, by turns, and orders something else.

import { setTimeout as pause } from "node:timers/promises";

/** Numbers that look like chance and are the same for the same seed, so that a run can be told again. */
export function chance(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

export class Stream {
  /** @clients: as many as orders shall be under way at once; @goods: what they choose from. */
  constructor(journal, clients, goods, seed) {
    this.journal = journal;
    this.isOpen = true;
    this.failure = null;
    this.running = clients.map((client, i) =>
      this.#run(client, goods, chance(seed * 1000 + i)).catch((error) => {
        this.failure ??= error;
        this.isOpen = false;
      }));
  }

  async #run(client, goods, random) {
    while (this.isOpen) {
      const order = await this.journal.place(client, Stream.#choose(goods, random));
      if (order.state !== "open") continue;
      await pause(20 + random(60));
      if (random(2) && this.isOpen) await this.journal.send(order);
    }
  }

  static #choose(goods, random) {
    const first = random(goods.length);
    const step = 1 + 2 * random(3);
    return Array.from({ length: 1 + random(8) }, (_, n) => [goods[(first + n * step) % goods.length], 1 + random(3)]);
  }

  /** Until so many more orders were placed. */
  async placed(more, limit = 30_000) {
    const goal = this.journal.placedCount + more;
    const end = Date.now() + limit;
    while (this.journal.placedCount < goal) {
      if (this.failure) throw this.failure;
      if (Date.now() > end) throw new Error(`the stream stands still: ${JSON.stringify(this.journal.counts())}`);
      await pause(5);
    }
  }

  /** Ends the stream and waits for what is under way. */
  async end() {
    this.isOpen = false;
    await Promise.all(this.running);
    if (this.failure) throw this.failure;
  }
}
