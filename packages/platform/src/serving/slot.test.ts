import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ServedModel } from '../server/servedModel.js';
import { ModelMemory } from './modelMemory.js';
import { Slot } from './slot.js';

/** Slots of so many bytes over one memory, and what happened to them. */
function slots(limit: number | undefined, sizes: readonly number[], patience = 20) {
  const memory = new ModelMemory({ limit, patience });
  const events: string[] = [];
  const made = sizes.map((bytes, i) => {
    const release = async (): Promise<void> => {
      events.push(`close ${i}`);
    };
    return new Slot(bytes, memory, async () => {
      events.push(`open ${i}`);
      return { name: String(i), release } as ServedModel;
    });
  });
  const use = async (i: number): Promise<void> => {
    assert.equal((await made[i]!.hold()).name, String(i));
    made[i]!.letGo();
  };
  return { memory, events, made, use };
}

describe('slots in a bounded memory', () => {
  it('open when asked for, once, and close those that were not asked for longest', async () => {
    const { memory, events, made, use } = slots(10, [4, 4, 4]);
    await Promise.all([use(0), use(0), use(1)]);
    await use(0);
    await use(2);
    assert.deepEqual(events, ['open 0', 'open 1', 'close 1', 'open 2']);
    assert.deepEqual(
      made.map(({ isOpen }) => isOpen),
      [true, false, true],
    );
    assert.equal(memory.used, 8);
    await use(1);
    assert.deepEqual(events.slice(4), ['close 0', 'open 1']);
  });

  it('stay open while they are held', async () => {
    const { events, made, use } = slots(8, [4, 4, 4], 2000);
    await made[0]!.hold();
    await made[1]!.hold();
    const waiting = use(2);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual(events, ['open 0', 'open 1']);
    made[1]!.letGo();
    await waiting;
    assert.deepEqual(events, ['open 0', 'open 1', 'close 1', 'open 2']);
  });

  it('are refused when all others are in use for too long, and when they could never fit', async () => {
    const { memory, made } = slots(8, [4, 4, 4, 9]);
    await made[0]!.hold();
    await made[1]!.hold();
    await assert.rejects(made[2]!.hold(), { status: 503, headers: { 'Retry-After': '1' } });
    await assert.rejects(made[3]!.hold(), /takes about 1 MB, but all models together may take 1 MB/);
    assert.equal(memory.used, 8);
    made[0]!.letGo();
    await made[2]!.hold();
  });

  it('give their memory back when they cannot be opened, and may be tried again', async () => {
    const memory = new ModelMemory({ limit: 5 });
    let works = false;
    const slot = new Slot(5, memory, async () => {
      if (!works) throw new Error('damaged');
      return { release: async () => undefined } as ServedModel;
    });
    await assert.rejects(slot.hold(), /damaged/);
    assert.equal(memory.used, 0);
    works = true;
    await slot.hold();
    assert.equal(memory.used, 5);
  });

  it('retire when the last one lets go, and are not held again', async () => {
    const { events, made } = slots(undefined, [4]);
    await made[0]!.hold();
    const retired = made[0]!.retire();
    await assert.rejects(made[0]!.hold(), /no longer deployed/);
    assert.deepEqual(events, ['open 0']);
    made[0]!.letGo();
    await retired;
    assert.deepEqual(events, ['open 0', 'close 0']);
  });
});
