import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { eq } from 'drizzle-orm';
import { createApi } from '../api/index.js';
import { Deployments } from '../serving/deployments.js';
import { sessions, users } from '../store/schema.js';
import { onEachDatabase, type TestStore } from '../store/testing.js';
import { authenticateByKey } from './authenticate.js';
import { Keyring } from './keyring.js';
import { createKey } from './keys.js';
import { csrfHeader, sessionCookie } from './sessions.js';

const password = 'correct horse battery';

onEachDatabase('people', (open) => {
  let opened: TestStore;
  let api: ReturnType<typeof createApi>;
  let admin: string;
  let other: string;
  before(async () => {
    opened = await open();
    const { store, folder } = opened;
    const keyring = new Keyring(store.db);
    api = createApi({
      store,
      keyring,
      deployments: new Deployments(store, { folder: join(folder, 'deployed') }),
      authenticate: authenticateByKey(store.db, keyring),
      workFolder: join(folder, 'work'),
      maxUploadBytes: 2 ** 20,
      jobs: { lease: 30_000, checkParameters: () => undefined, isOpen: () => true },
    });
    admin = `Bearer ${(await createKey(store.db, { project: 'test', name: 'a', role: 'admin' })).key}`;
    other = `Bearer ${(await createKey(store.db, { project: 'other', name: 'o', role: 'admin' })).key}`;
  });
  after(() => opened[Symbol.asyncDispose]());

  async function ask(method: string, path: string, body?: object, headers: Record<string, string> = {}) {
    const response = await api.request(path, {
      method,
      headers: { ...headers, ...(body && { 'Content-Type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
    return { status: response.status, json, headers: response.headers };
  }
  const asAdmin = (method: string, path: string, body?: object) =>
    ask(method, path, body, { Authorization: admin });
  const create = (name: string, role = 'developer', more: object = { password }) =>
    asAdmin('POST', '/api/users', { name, role, ...more });
  /** Signs in. @returns headers of requests that come from the page */
  async function signIn(name: string, more: object = {}) {
    const answer = await ask('POST', '/api/sessions', { name, password, ...more });
    assert.equal(answer.status, 201, JSON.stringify(answer.json));
    const cookie = answer.headers.get('Set-Cookie')!;
    const token = new RegExp(`^${sessionCookie}=([^;]+)`).exec(cookie)![1]!;
    const headers = { Cookie: `${sessionCookie}=${token}`, [csrfHeader]: String(answer.json.csrf) };
    return { ...answer, cookie, token, headers };
  }

  it('sign in with a password, ask with the cookie, and sign out', async () => {
    assert.equal((await create('li')).status, 201);
    const { json, cookie, token, headers } = await signIn('li');
    assert.deepEqual(
      [json.user, json.project, json.role, json.projects],
      ['li', 'test', 'developer', [{ project: 'test', role: 'developer' }]],
    );
    assert.match(cookie, /; Path=\/; HttpOnly; SameSite=Strict; Max-Age=604800$/);
    const rows = await opened.store.db.select().from(sessions);
    assert.ok(!JSON.stringify(rows).includes(token), 'the token is not kept');
    const [kept] = await opened.store.db.select().from(users).where(eq(users.name, 'li'));
    assert.match(kept!.password, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    const who = await ask('GET', '/api/session', undefined, headers);
    assert.deepEqual(who.json, json);
    assert.equal((await ask('POST', '/api/runs', { name: 'x' }, headers)).status, 201);
    assert.equal((await ask('GET', '/api/users', undefined, headers)).status, 403, 'a developer is no admin');
    const out = await ask('DELETE', '/api/session', undefined, headers);
    assert.equal(out.status, 204);
    assert.match(out.headers.get('Set-Cookie')!, /Max-Age=0/);
    assert.equal((await ask('GET', '/api/session', undefined, headers)).status, 401);
    assert.equal((await ask('GET', '/api/runs', undefined, headers)).status, 401);
  });

  it('are not used by pages of other sites: what changes something needs the csrf of the session', async () => {
    await create('wang');
    const { headers } = await signIn('wang');
    const { Cookie } = headers;
    const refused = await ask('POST', '/api/runs', { name: 'x' }, { Cookie });
    assert.equal(refused.status, 403);
    assert.match(String(refused.json.error), /X-CSRF-Token/);
    const wrong = {
      Cookie,
      [csrfHeader]: headers[csrfHeader]!.replace(/^./, (c) => (c === 'a' ? 'b' : 'a')),
    };
    assert.equal((await ask('POST', '/api/runs', { name: 'x' }, wrong)).status, 403);
    assert.equal((await ask('GET', '/api/runs', undefined, { Cookie })).status, 200);
    const both = { ...headers, Authorization: 'Bearer nonsense' };
    assert.equal((await ask('GET', '/api/runs', undefined, both)).status, 401, 'a key goes before a cookie');
  });

  it('are slowed down when they guess, and told the same for a wrong name and a wrong password', async () => {
    await create('zhou');
    const guess = (name: string) => ask('POST', '/api/sessions', { name, password: 'wrong password' });
    const answers = [];
    for (let i = 0; i < 6; i++) answers.push(await guess('zhou'));
    assert.deepEqual(
      answers.map(({ status }) => status),
      [401, 401, 401, 401, 401, 429],
    );
    assert.match(answers[5]!.headers.get('Retry-After')!, /^[12]$/);
    assert.equal((await ask('POST', '/api/sessions', { name: 'zhou', password })).status, 429);
    const unknown = await guess('who');
    assert.deepEqual([unknown.status, unknown.json], [401, answers[0]!.json]);
  });

  it('are signed in until the session ends, the password changes, or they are taken out', async () => {
    await create('chen');
    const first = await signIn('chen');
    await opened.store.db
      .update(sessions)
      .set({ expiresAt: new Date(0) })
      .where(eq(sessions.user, 'chen'));
    assert.equal((await ask('GET', '/api/runs', undefined, first.headers)).status, 401);
    const second = await signIn('chen');
    const change = (before: string) =>
      ask('PUT', '/api/session/password', { before, password: 'another one 123' }, second.headers);
    assert.equal((await change('wrong')).status, 400);
    assert.equal((await change(password)).status, 204);
    assert.equal((await ask('GET', '/api/runs', undefined, second.headers)).status, 401);
    assert.equal((await asAdmin('PUT', '/api/users/chen', { password })).status, 204);
    const third = await signIn('chen');
    assert.equal((await asAdmin('PUT', '/api/users/chen', { role: 'caller' })).status, 204);
    assert.equal(
      (await ask('GET', '/api/runs', undefined, third.headers)).status,
      403,
      'a role counts at once',
    );
    assert.equal((await asAdmin('DELETE', '/api/users/chen')).status, 204);
    assert.equal((await ask('GET', '/api/session', undefined, third.headers)).status, 401);
    assert.equal((await ask('POST', '/api/sessions', { name: 'chen', password })).status, 401);
  });

  it('are in several projects, and look at one of them', async () => {
    await create('sun');
    const let_in = await ask('POST', '/api/users', { name: 'sun', role: 'admin' }, { Authorization: other });
    assert.equal(let_in.status, 201);
    const { headers, json } = await signIn('sun', { project: 'test' });
    assert.equal((json.projects as object[]).length, 2);
    const run = (await ask('POST', '/api/runs', { name: 'x' }, headers)).json.id;
    assert.equal((await ask('PUT', '/api/session', { project: 'other' }, headers)).status, 204);
    assert.equal((await ask('GET', '/api/session', undefined, headers)).json.role, 'admin');
    assert.equal((await ask('GET', `/api/runs/${String(run)}`, undefined, headers)).status, 404);
    assert.equal((await ask('PUT', '/api/session', { project: 'nowhere' }, headers)).status, 404);
    const taken = await ask(
      'PUT',
      '/api/users/sun',
      { password: 'mine now, thank you' },
      { Authorization: other },
    );
    assert.equal(taken.status, 409, 'an administrator of one project does not take over who is in another');
    assert.equal((await asAdmin('DELETE', '/api/users/sun')).status, 204);
    assert.equal(
      (await ask('GET', '/api/session', undefined, headers)).status,
      200,
      'the other project stays',
    );
  });

  it('need a fit name and a long password, and are listed without it', async () => {
    assert.equal((await create('no spaces')).status, 400);
    assert.match(
      String((await create('short', 'caller', { password: '123456789' })).json.error),
      /10 to 200 characters/,
    );
    assert.match(String((await create('nobody', 'caller', {})).json.error), /no user 'nobody' yet/);
    await create('twice');
    assert.equal((await create('twice')).status, 409);
    assert.equal((await create('twice', 'caller', {})).status, 409);
    const { json } = await asAdmin('GET', '/api/users');
    assert.ok((json.users as { name: string }[]).some(({ name }) => name === 'twice'));
    assert.ok(!JSON.stringify(json).includes('argon2'));
    assert.equal((await ask('DELETE', '/api/users/twice', undefined, { Authorization: other })).status, 404);
    const withKey = await ask('GET', '/api/session', undefined, { Authorization: admin });
    assert.equal(withKey.status, 400);
  });
});
