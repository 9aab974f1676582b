// The microphone of the page, with sound of a file in its place.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  type AudioClip,
  decodeAudio,
  encodeWav,
  joinClips,
  PcmReader,
  resample,
  saidDigits,
} from 'modelwright/data';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser, noBrowser, untilTrue } from '../testing/browser.js';
import { saveBrightnessModel } from '../testing.js';
import { badRequest } from './errors.js';
import { type RunningServer, serve } from './serve.js';
import { type ServedModel, serveModel } from './servedModel.js';

/** Three digits between pauses. @param key which digits */
const digits = (key: number): AudioClip =>
  joinClips(
    saidDigits(20, 3, 1).map((clip) => ({ ...clip, speaker: '' })),
    [key],
    { words: [3, 3], pause: [0.4, 0.5] },
  );
/** What the microphone hears, and what it does not. */
const said = digits(4);
const unsaid = [5, 6, 7, 8].map(digits);

/** A name that leads to this machine, and that browsers take for another one. */
const elsewhere = 'models.test';
const always = [
  '--autoplay-policy=user-gesture-required',
  `--host-resolver-rules=MAP ${elsewhere} 127.0.0.1`,
];

/** The root mean square of 40 ms, every 10 ms. */
function loudness({ samples, sampleRate }: AudioClip): number[] {
  const hop = Math.round(sampleRate / 100);
  return Array.from({ length: Math.floor(samples.length / hop) - 3 }, (_, i) =>
    Math.sqrt(samples.subarray(i * hop, (i + 4) * hop).reduce((sum, x) => sum + x * x, 0) / (4 * hop)),
  );
}

/** The greatest correlation of one curve with a stretch of another. */
function likeness(of: readonly number[], within: readonly number[]): number {
  const centred = (values: readonly number[]): number[] => {
    const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
    return values.map((x) => x - mean);
  };
  const dot = (a: readonly number[], b: readonly number[]): number =>
    a.reduce((sum, x, i) => sum + x * b[i]!, 0);
  const a = centred(of);
  const all = Array.from({ length: Math.max(0, within.length - of.length + 1) }, (_, lag) => {
    const b = centred(within.slice(lag, lag + of.length));
    return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b) || 1);
  });
  return Math.max(...all);
}

describe('recording on the page', { skip: noBrowser }, () => {
  let folder = '';
  let server: RunningServer;
  let browser: Browser;
  /** What the models heard. */
  const heard: AudioClip[] = [];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'modelwright-recording-'));
    await writeFile(join(folder, 'said.wav'), encodeWav(said));
    await saveBrightnessModel(join(folder, 'photos'), { channels: 3, labels: ['cat', 'dog'] });
    server = await serve({ models: await models(), port: 0 });
    browser = await launchBrowser(
      ...[...always, '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'],
      `--use-file-for-fake-audio-capture=${join(folder, 'said.wav')}%noloop`,
    );
  });
  after(async () => {
    await browser?.close();
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Models that keep what they hear: 'whole' takes files, 'live' sound as it arrives, 'strict' no more than half a second of it. */
  async function models(): Promise<ServedModel[]> {
    const photos = await serveModel(join(folder, 'photos'), { replicas: 1 });
    const listening = (name: string, most?: number): ServedModel => ({
      ...photos,
      name,
      predictor: {
        input: 'sound',
        async read(c) {
          const clip = await decodeAudio(new Uint8Array(await c.req.arrayBuffer()));
          heard.push(clip);
          return { streams: false, answer: async () => ({ text: `${clip.samples.length} samples` }) };
        },
        stream:
          most === undefined
            ? undefined
            : async (query) => {
                const sampleRate = Number(query('sampleRate'));
                const reader = new PcmReader();
                const samples: number[] = [];
                return {
                  async write(bytes) {
                    samples.push(...reader.push(bytes));
                    if (samples.length > most * sampleRate) throw badRequest('That is too long.');
                    return { text: `${Math.floor(samples.length / sampleRate)} s` };
                  },
                  async end() {
                    heard.push({ samples: Float32Array.from(samples), sampleRate });
                    return { text: `${samples.length} samples in the end` };
                  },
                };
              },
      },
      release: async () => undefined,
    });
    return [listening('whole'), listening('live', 60), listening('strict', 0.5), photos];
  }

  /** Opens the page for a model, and checks that nothing on it fails. */
  async function open(
    model: string,
    { at = server.url, from = browser, locale = 'en-GB', width = 900 } = {},
  ): Promise<Page> {
    const context = await from.newContext({ locale, viewport: { width, height: 800 } });
    const page = await context.newPage();
    page.on('pageerror', (error) => assert.fail(error));
    page.on('console', (message) => assert.notEqual(message.type(), 'error', message.text()));
    await page.goto(at);
    await page.locator('#models').selectOption(model);
    return page;
  }

  const record = (page: Page) => page.getByRole('button', { name: 'Record', exact: true });
  const stop = (page: Page) => page.getByRole('button', { name: 'Stop', exact: true });
  const timer = (page: Page) => page.getByRole('timer', { name: 'Recorded so far' });
  const status = (page: Page) => page.locator('#status').textContent();

  /** What was said is in what a model heard, and the page plays as much. */
  async function checkHeard(page: Page): Promise<AudioClip> {
    const clip = heard.at(-1)!;
    const seconds = clip.samples.length / clip.sampleRate;
    await untilTrue(page, `Math.abs(document.querySelector('audio').duration - ${seconds}) < 0.01`);
    const { sampleRate } = said;
    const found = loudness({ samples: resample(clip.samples, clip.sampleRate, sampleRate), sampleRate });
    const likenessOf = (other: AudioClip): number => likeness(loudness(other).slice(20, -20), found);
    // A browser that waits for the processor leaves gaps, which cost some likeness: other digits come to 0.5.
    assert.ok(likenessOf(said) > 0.7, `what was heard is like what was said by ${likenessOf(said)}`);
    assert.ok(Math.max(...unsaid.map(likenessOf)) < 0.6);
    return clip;
  }

  it('sends the whole to a model that takes files, with the keyboard alone', async () => {
    const page = await open('whole');
    await record(page).press('Enter');
    await page.getByText('Recording: press Stop when you have finished.').waitFor();
    await timer(page).getByText('0:03 / 0:30').waitFor();
    assert.ok(await stop(page).evaluate((button) => button.matches(':focus')));
    await page.keyboard.press('Enter');
    await page.getByText(/^\d+ samples$/).waitFor();
    assert.equal(await timer(page).isVisible(), false);
    const { samples } = await checkHeard(page);
    assert.equal(await page.locator('#text').textContent(), `${samples.length} samples`);
    await record(page).waitFor();
    await page.context().close();
  });

  it('shows the text while somebody speaks where the model hears it, and again the next time', async () => {
    const page = await open('live');
    for (let turn = 0; turn < 2; turn++) {
      await record(page).click();
      await page.getByText('the text appears while you speak').waitFor();
      for (const seconds of [1, 3]) await page.getByText(`${seconds} s`, { exact: true }).waitFor();
      await stop(page).click();
      await page.getByText('samples in the end').waitFor();
      assert.match((await status(page))!, /^Answered in [\d.]+ ms\.$/);
      await checkHeard(page);
    }
    await page.context().close();
  });

  it('keeps what was heard when the server goes, and says so', async () => {
    const other = await serve({ models: await models(), port: 0 });
    const page = await open('live', { at: other.url });
    await record(page).click();
    await page.getByText('1 s', { exact: true }).waitFor();
    await other.close(0);
    await page.getByText('The connection to the server was lost.').waitFor();
    assert.match((await page.locator('#text').textContent())!, /^[1-9] s$/);
    await untilTrue(page, "document.querySelector('audio').duration >= 1");
    assert.ok(await record(page).isVisible());
    await page.context().close();
  });

  it('says what the server has against a recording, in Chinese too, and fits a phone', async () => {
    const page = await open('strict', { locale: 'zh-CN', width: 400 });
    await page.getByRole('button', { name: '录音' }).click();
    await page.getByText('没有结果：That is too long.').waitFor();
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 400);
    await page.context().close();
  });

  it('drops a recording when the page is cleared, or a file is chosen instead', async () => {
    const page = await open('whole');
    const count = heard.length;
    await record(page).click();
    await timer(page).getByText('0:01 / 0:30').waitFor();
    await page.getByRole('button', { name: 'Clear' }).click();
    await record(page).waitFor();
    assert.equal(await status(page), 'The answer will appear here.');
    assert.equal(heard.length, count);
    await record(page).click();
    await timer(page).waitFor();
    const file = { name: 'a.wav', mimeType: 'audio/wav', buffer: Buffer.from(encodeWav(said)) };
    await page.locator('#upload').setInputFiles(file);
    await page.getByText(`${said.samples.length} samples`).waitFor();
    assert.ok(await record(page).isVisible());
    assert.equal(heard.length, count + 1);
    await page.context().close();
  });

  it('says why there is no sound from a microphone', async () => {
    const reason = async (flags: readonly string[], at?: string): Promise<string> => {
      const other = await launchBrowser(...always, ...flags);
      const page = await open('whole', { from: other, ...(at !== undefined && { at }) });
      await record(page).click();
      await page.locator('#status.fault').waitFor();
      const text = (await status(page))!;
      assert.ok(await record(page).isVisible());
      await other.close();
      return text;
    };
    const refusing = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream=deny'];
    const without = ['--disable-audio-input'];
    assert.match(await reason(refusing), /^This page may not use the microphone\./);
    assert.match(await reason(without), /^There is no microphone\./);
    const at = server.url.replace('127.0.0.1', elsewhere);
    const insecure = /^Browsers allow the microphone on https addresses and on localhost alone/;
    assert.match(await reason(without, at), insecure);
  });

  it('asks browsers for the microphone alone, and only where a model is asked with sounds', async () => {
    const allowed = async (url: string): Promise<string> =>
      (await fetch(url)).headers.get('Permissions-Policy') ?? '';
    assert.match(await allowed(server.url), /microphone=\(self\)/);
    assert.deepEqual((await allowed(server.url)).match(/\w+=\([^)]+\)/g), ['microphone=(self)']);
    const pictures = (await models()).slice(-1);
    const other = await serve({ models: pictures, port: 0 });
    assert.match(await allowed(other.url), /microphone=\(\)/);
    await other.close();
  });
});
