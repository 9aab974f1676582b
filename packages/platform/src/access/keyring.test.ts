import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { eq } from 'drizzle-orm';
import { keys, projects } from '../store/schema.js';
import { onEachDatabase, type TestStore } from '../store/testing.js';
import { Keyring } from './keyring.js';
import { createKey, type KeyCheck } from './keys.js';

const project = 'p';
const start = Date.parse('2026-01-01T00:00:00Z');
/** A time of so many seconds after the start. */
const later = (seconds: number): Date => new Date(start + seconds * 1000);

onEachDatabase('the keyring', (open) => {
  let opened: TestStore;
  let keyring: Keyring;
  before(async () => {
    opened = await open();
    await opened.store.db.insert(projects).values({ name: project });
    keyring = new Keyring(opened.store.db);
  });
  after(() => opened[Symbol.asyncDispose]());

  const newKey = (expiresAt?: Date) =>
    createKey(opened.store.db, { project, name: 'k', role: 'caller', expiresAt }, later(0));
  const told = (check: KeyCheck): string => ('refused' in check ? check.refused : check.principal.role);
  const row = async (id: string) => (await opened.store.db.select().from(keys).where(eq(keys.id, id)))[0]!;

  it('asks the database once a minute for a key, and notes its use as often', async () => {
    const { id, key } = await newKey();
    assert.equal(told(await keyring.check(key, later(1))), 'caller');
    await opened.store.db.update(keys).set({ role: 'admin' }).where(eq(keys.id, id));
    assert.equal(told(await keyring.check(key, later(60))), 'caller');
    assert.deepEqual((await row(id)).usedAt, later(1));
    assert.equal(told(await keyring.check(key, later(62))), 'admin');
    assert.deepEqual((await row(id)).usedAt, later(62));
  });

  it('forgets a key at once that is revoked, also while it is being looked up', async () => {
    const [known, looked] = [await newKey(), await newKey()];
    assert.equal(told(await keyring.check(known.key, later(1))), 'caller');
    await keyring.revoke(project, known.id);
    assert.equal(told(await keyring.check(known.key, later(2))), 'The key was revoked.');
    const looking = keyring.check(looked.key, later(1));
    await keyring.revoke(project, looked.id);
    await looking;
    assert.equal(told(await keyring.check(looked.key, later(2))), 'The key was revoked.');
    await assert.rejects(keyring.revoke(project, looked.id), /no key/);
  });

  it('refuses a key that it remembers from the moment when it expires', async () => {
    const { key } = await newKey(later(10));
    assert.equal(told(await keyring.check(key, later(9))), 'caller');
    assert.match(told(await keyring.check(key, later(10))), /expired at 2026-01-01T00:00:10/);
  });

  it('remembers no key that is not known', async () => {
    const { id, key } = await newKey();
    const other = `${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}`;
    for (const text of [other, 'nonsense', `mw_${id}_`])
      assert.equal(told(await keyring.check(text, later(1))), 'The key is not known.');
    assert.equal(told(await keyring.check(key, later(1))), 'caller');
    assert.equal(told(await keyring.check(other, later(1))), 'The key is not known.');
  });
});
