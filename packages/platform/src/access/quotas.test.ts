import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import { NotFoundError } from '../errors.js';
import { ServiceError } from '../server/errors.js';
import { onEachDatabase, type TestStore } from '../store/testing.js';
import type { Answered } from '../watching/index.js';
import { createKey, type Principal } from './keys.js';
import { Meter } from './meter.js';
import { type Quota, Quotas } from './quotas.js';
import { usageCsv, usageOf } from './usage.js';

const none = { requestsPerMinute: null, tokensPerMinute: null, requestsPerMonth: null, tokensPerMonth: null };
const project = 'test';

onEachDatabase('quotas and usage', (open) => {
  let opened: TestStore;
  let meter: Meter;
  let quotas: Quotas;
  let [steady, now] = [0, new Date('2027-01-31T23:50:00Z')];
  const clock = { steady: () => steady, now: () => now };
  before(async () => {
    opened = await open();
    meter = new Meter(opened.store.db, (error) => assert.fail(error));
    quotas = new Quotas(opened.store.db, () => meter.flush(), clock);
    await quotas.open();
  });
  after(async () => {
    await meter.close();
    await opened[Symbol.asyncDispose]();
  });

  const caller = (key?: string): Principal => ({ name: 'me', project, role: 'caller', ...(key && { key }) });
  const newKey = async () => (await createKey(opened.store.db, { project, name: 'k', role: 'caller' })).id;
  const set = (quota: Partial<Quota>) => quotas.set({ ...none, project, key: '', model: '', ...quota });
  const answered = (more: Partial<Answered>): Answered => ({
    ...{ id: '', method: 'POST', path: '/', project, by: 'me', model: 'm', version: '1', status: 200 },
    ...{ bytes: 100, seconds: 0.5, ...more },
  });
  /** Seconds that a request has to wait; 0 when it is let in. */
  async function wait(principal: Principal, model: string): Promise<number> {
    try {
      await quotas.admit(principal, model);
      return 0;
    } catch (error) {
      if (!(error instanceof ServiceError && error.status === 429)) throw error;
      return Number(error.headers['Retry-After']);
    }
  }

  it('lets so many requests a minute in, and says when the next will be', async () => {
    const key = await newKey();
    await set({ key, requestsPerMinute: 3 });
    assert.deepEqual(
      [await wait(caller(key), 'a'), await wait(caller(key), 'b'), await wait(caller(key), 'a')],
      [0, 0, 0],
    );
    assert.equal(await wait(caller(key), 'a'), 20, 'one in 60 / 3 seconds');
    await assert.rejects(
      quotas.admit(caller(key), 'a'),
      new RegExp(`quota of 3 requests a minute for the key '${key}'`),
    );
    assert.equal(await wait(caller(), 'a'), 0, 'others are let in');
    steady += 19_000;
    assert.equal(await wait(caller(key), 'a'), 1);
    steady += 1000;
    assert.equal(await wait(caller(key), 'a'), 0);
    steady += 3_600_000;
    const later = [await wait(caller(key), 'a'), await wait(caller(key), 'a'), await wait(caller(key), 'a')];
    assert.deepEqual(
      [...later, await wait(caller(key), 'a')],
      [0, 0, 0, 20],
      'no more is saved than a minute',
    );
  });

  it('bounds tokens a minute by what was used before', async () => {
    await set({ model: 'writer', tokensPerMinute: 60 });
    assert.equal(await wait(caller(), 'writer'), 0);
    quotas.spend({ project, model: 'writer' }, 90);
    assert.equal(await wait(caller(), 'writer'), 31, '30 tokens over, and one to begin with');
    steady += 31_000;
    assert.equal(await wait(caller(), 'writer'), 0);
    quotas.spend({ project, model: 'another' }, 1000);
    assert.equal(await wait(caller(), 'writer'), 0);
  });

  it('takes nothing from one quota when another refuses', async () => {
    const key = await newKey();
    await set({ key, requestsPerMinute: 2 });
    await set({ key, model: 'tight', requestsPerMinute: 1 });
    assert.equal(await wait(caller(key), 'tight'), 0);
    for (let i = 0; i < 3; i++) assert.equal(await wait(caller(key), 'tight'), 60);
    assert.equal(await wait(caller(key), 'wide'), 0, 'the second of two');
    assert.equal(await wait(caller(key), 'wide'), 30);
  });

  it('counts months from the record of use: over restarts, into the next one, and when the clock is set back', async () => {
    const key = await newKey();
    await set({ key, requestsPerMonth: 3, tokensPerMonth: 100 });
    const ask = async (more: Partial<Answered> = {}) => {
      const seconds = await wait(caller(key), 'm');
      const status = seconds === 0 ? 200 : 429;
      meter.note(answered({ key, status, ...more }), now);
      if (seconds === 0 && more.tokens) quotas.spend({ project, key, model: 'm' }, more.tokens);
      return seconds;
    };
    assert.equal(await ask(), 0);
    await meter.flush();
    const again = new Quotas(opened.store.db, () => meter.flush(), clock);
    await again.open();
    quotas = again;
    assert.deepEqual(
      [await ask(), await ask(), await ask()],
      [0, 0, 600],
      'until midnight of the last day, UTC',
    );
    now = new Date('2027-02-01T00:00:00Z');
    assert.equal(await ask({ tokens: 100 }), 0);
    assert.equal(await ask(), 28 * 86_400, 'the tokens of February are used up');
    now = new Date('2027-01-31T23:59:00Z');
    assert.equal(await ask(), 60, 'January is as it was');
    const [view] = (await quotas.list(project)).filter((quota) => quota.key === key);
    assert.deepEqual(view!.used, { requests: 3, tokens: 0 });
  });

  it('sets quotas for keys that there are alone, with a bound at least, and takes them away', async () => {
    await assert.rejects(set({ key: 'nobody', requestsPerMinute: 1 }), NotFoundError);
    await assert.rejects(set({ model: 'm' }), /bounds nothing/);
    await set({ model: 'gone', requestsPerMinute: 1 });
    await set({ model: 'gone', requestsPerMinute: 5 });
    assert.equal((await quotas.list(project)).filter(({ model }) => model === 'gone').length, 1);
    await quotas.remove({ project, key: '', model: 'gone' });
    await assert.rejects(quotas.remove({ project, key: '', model: 'gone' }), /no quota for the model 'gone'/);
    for (let i = 0; i < 9; i++) assert.equal(await wait(caller(), 'gone'), 0);
  });

  it('sums use up by hour, day and month, for a table too', async () => {
    const at = (text: string, more: Partial<Answered> = {}) =>
      meter.note(answered({ model: 'metered', key: 'k1', by: '=cmd, "x"', ...more }), new Date(text));
    at('2027-03-01T10:10:00Z', { tokens: 7 });
    at('2027-03-01T10:50:00Z');
    await meter.flush();
    at('2027-03-01T10:59:00Z', { status: 429, bytes: 0 });
    at('2027-03-02T00:00:00Z', { status: 500 });
    await meter.flush();
    const times = { project, model: 'metered', from: new Date('2027-03-01'), to: new Date('2027-04-01') };
    const sums = async (by: 'hour' | 'day' | 'month' | 'all') =>
      (await usageOf(opened.store.db, { ...times, by })).map((row) => [
        row.at,
        row.requests,
        row.errors,
        row.refused,
      ]);
    const days = [
      ['2027-03-01T00:00:00Z', 3, 1, 1],
      ['2027-03-02T00:00:00Z', 1, 1, 0],
    ];
    assert.deepEqual(await sums('day'), days);
    assert.deepEqual((await sums('hour'))[0], ['2027-03-01T10:00:00Z', 3, 1, 1]);
    assert.deepEqual(await sums('month'), [['2027-03-01T00:00:00Z', 4, 2, 1]]);
    assert.deepEqual(await sums('all'), [['', 4, 2, 1]]);
    const work = { project, caller: 'li', model: 'metered', version: '1' };
    for (const seconds of [2, 0.5, 10]) meter.noteWork(work, seconds, new Date('2027-03-02T00:00:00Z'));
    await meter.flush();
    const [row, worked] = await usageOf(opened.store.db, { ...times, by: 'all' });
    assert.deepEqual([worked!.caller, worked!.requests, worked!.jobSeconds], ['li', 0, 12.5]);
    assert.deepEqual([row!.tokens, row!.bytes, row!.milliseconds], [7, 300, 2000]);
    assert.equal(
      usageCsv([{ ...row!, jobSeconds: worked!.jobSeconds }]),
      'at,key,caller,model,version,requests,errors,refused,tokens,bytes,milliseconds,jobSeconds\r\n' +
        `,k1,"'=cmd, ""x""",metered,1,4,2,1,7,300,2000,12.5\r\n`,
    );
  });

  it('keeps what could not be written, and writes it later', async () => {
    const { db } = opened.store;
    let broken = true;
    const flaky = new Proxy(db, {
      get: (target, name, receiver) => {
        if (name === 'insert' && broken) throw new Error('no connection');
        return Reflect.get(target, name, receiver);
      },
    });
    const other = new Meter(flaky, () => undefined);
    other.note(answered({ model: 'later' }), now);
    await assert.rejects(other.flush(), /no connection/);
    other.note(answered({ model: 'later' }), now);
    broken = false;
    await other.close();
    const rows = await usageOf(db, {
      project,
      model: 'later',
      from: new Date(0),
      to: new Date('2030-01-01'),
    });
    assert.equal(rows[0]!.requests, 2);
  });
});
