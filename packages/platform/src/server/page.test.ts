import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { decodeAudio, decodeImage, encodePng, encodeWav, tone } from 'modelwright/data';
import { NdArray } from 'modelwright/runtime';
import { imageInput, openImageGenerator, readImage } from 'modelwright/tasks';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser, noBrowser, untilTrue } from '../testing/browser.js';
import {
  plainImage,
  saveBrightnessModel,
  saveCountingModel,
  saveDirections,
  saveGreyGenerator,
  saveTripsModel,
} from '../testing.js';
import { badRequest } from './errors.js';
import { type RunningServer, serve } from './serve.js';
import { type ServedModel, serveModel } from './servedModel.js';

const plainPicture = (height: number, width: number): NdArray<'uint8'> =>
  new NdArray('uint8', [3, height, width], new Uint8Array(3 * height * width).fill(180));

const cells = [
  { label: 'white', score: 0.9, box: [20, 10, 60, 50] },
  { label: 'red', score: 0.4, box: [70, 30, 90, 45] },
];

describe('the page', { skip: noBrowser }, () => {
  let folder = '';
  let server: RunningServer;
  let browser: Browser;
  /** The pictures that the model of digits was asked about. */
  const seen: NdArray[] = [];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'modelwright-page-'));
    const labels = Array.from({ length: 10 }, (_, i) => String(i));
    await saveBrightnessModel(join(folder, 'digits'), {
      labels,
      preprocessing: { channels: 1, height: 28, width: 28 },
    });
    await saveBrightnessModel(join(folder, 'photos'), { channels: 3, labels: ['cat', 'dog'] });
    const digits = await serveModel(join(folder, 'digits'), { replicas: 1 });
    const watched: ServedModel = {
      ...digits,
      predictor: {
        input: 'picture',
        async read(c) {
          const bytes = new Uint8Array(await c.req.raw.clone().arrayBuffer());
          seen.push(await readImage(imageInput(digits.config), bytes));
          return digits.predictor!.read(c);
        },
      },
    };
    const photos = await serveModel(join(folder, 'photos'), { replicas: 1 });
    await saveCountingModel(join(folder, 'counting'));
    await saveTripsModel(join(folder, 'trips'));
    await saveDirections(join(folder, 'words'));
    await saveGreyGenerator(join(folder, 'greys'));
    const others = ['counting', 'trips', 'words', 'greys'].map((name) =>
      serveModel(join(folder, name), { replicas: 1 }),
    );
    const hearing: ServedModel = {
      ...photos,
      name: 'speech',
      predictor: {
        input: 'sound',
        async read(c) {
          const { samples } = await decodeAudio(new Uint8Array(await c.req.arrayBuffer())).catch(
            (error: Error) => {
              throw badRequest(error.message);
            },
          );
          return { streams: false, answer: async () => ({ text: `${samples.length} samples` }) };
        },
      },
      release: async () => undefined,
    };
    const answering = (name: string, input: 'picture' | 'pictures', answers: object[]): ServedModel => ({
      ...photos,
      name,
      predictor: { input, read: async () => ({ streams: false, answer: async () => answers.shift()! }) },
      release: async () => undefined,
    });
    const looking = [
      answering('cells', 'picture', [
        { width: 100, height: 60, detections: cells, milliseconds: 1 },
        { width: 100, height: 60, detections: [], milliseconds: 1 },
      ]),
      answering('faces', 'pictures', [
        {
          similar: [
            { name: 'anna/1.jpg', similarity: 0.875 },
            { name: 'ben/2.jpg', similarity: -0.1 },
          ],
          milliseconds: 1,
        },
      ]),
    ];
    const models = [watched, photos, hearing, ...looking, ...(await Promise.all(others))];
    server = await serve({ models, port: 0 });
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Opens the page, and checks that it asks no other server for anything and that nothing on it fails. */
  async function open(options: { locale?: string; width?: number; hasTouch?: boolean } = {}): Promise<Page> {
    const { locale = 'en-GB', width = 900, hasTouch = false } = options;
    const context = await browser.newContext({ locale, viewport: { width, height: 800 }, hasTouch });
    const page = await context.newPage();
    page.on('pageerror', (error) => assert.fail(error));
    page.on('console', (message) => {
      if (!message.text().includes('400 (Bad Request)'))
        assert.notEqual(message.type(), 'error', message.text());
    });
    page.on('request', (request) => assert.match(request.url(), new RegExp(`^(${server.url}|blob:|data:)`)));
    await page.goto(server.url);
    await page.getByText(/Draw here|在这里书写/).waitFor();
    return page;
  }

  async function shares(page: Page): Promise<number[]> {
    await page.locator('#bars li').first().waitFor();
    return (await page.locator('#bars .share').allTextContents()).map((text) => Number.parseFloat(text));
  }

  async function draw(page: Page): Promise<void> {
    const box = (await page.locator('#board').boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.2);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.8, { steps: 8 });
    await page.mouse.up();
  }

  it('shows the probability of each class for what is drawn, and clears', async () => {
    const page = await open();
    await draw(page);
    const values = await shares(page);
    assert.equal(values.length, 10);
    assert.ok(Math.abs(values.reduce((sum, value) => sum + value, 0) - 100) < 1);
    assert.deepEqual(await page.locator('#bars .name').allTextContents(), [...'0123456789']);
    assert.equal(await page.locator('#answer').textContent(), '9');
    await page.getByRole('button', { name: 'Clear' }).click();
    assert.equal(await page.locator('#bars li').count(), 0);
    await page.context().close();
  });

  it('sends what was drawn as 28 x 28 white on black, its centre of mass in the middle', async () => {
    const page = await open();
    const box = (await page.locator('#board').boundingBox())!;
    await page.mouse.click(box.x + 60, box.y + 80);
    await shares(page);
    const image = seen.at(-1)!;
    assert.deepEqual(image.shape, [1, 1, 28, 28]);
    const lit = image
      .toNumbers()
      .flatMap((value, i) => (value > 127 ? [[i % 28, Math.floor(i / 28)] as const] : []));
    for (const axis of [0, 1] as const) {
      const places = lit.map((place) => place[axis]);
      assert.ok(Math.abs(Math.min(...places) - 4) <= 1 && Math.abs(Math.max(...places) - 23) <= 1, `${axis}`);
    }
    await page.context().close();
  });

  it('can be drawn on with the keyboard', async () => {
    const page = await open();
    await page.locator('#board').focus();
    await page.keyboard.press('Space');
    for (let i = 0; i < 6; i++) await page.keyboard.press('ArrowDown');
    assert.equal((await shares(page)).length, 10);
    await page.context().close();
  });

  it('speaks Chinese where the browser does, and English when asked; fits a phone', async () => {
    const page = await open({ locale: 'zh-CN', width: 360, hasTouch: true });
    assert.equal(await page.locator('html').getAttribute('lang'), 'zh-CN');
    const box = (await page.locator('#board').boundingBox())!;
    await page.touchscreen.tap(box.x + 100, box.y + 100);
    assert.equal((await shares(page)).length, 10);
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360);
    await page.getByRole('button', { name: 'English' }).click();
    await page.getByRole('button', { name: 'Clear' }).waitFor();
    assert.equal(await page.locator('html').getAttribute('lang'), 'en');
    await page.context().close();
  });

  it('takes a picture for a model that is not for drawings, and says what is wrong with one', async () => {
    const page = await open();
    await page.getByLabel('Model', { exact: true }).selectOption('photos');
    assert.equal(await page.locator('#board').isVisible(), false);
    const file = (buffer: Uint8Array) => ({
      name: 'a.png',
      mimeType: 'image/png',
      buffer: Buffer.from(buffer),
    });
    await page.locator('#upload').setInputFiles(file(await encodePng(plainImage(200, 3))));
    assert.equal((await shares(page)).length, 2);
    assert.equal(await page.locator('#answer').textContent(), 'dog');
    const sound = { name: 'a.wav', mimeType: 'audio/wav', buffer: Buffer.of(1) };
    await page.locator('#upload').setInputFiles(sound);
    await page.getByText("No answer: 'a.wav' is no picture.").waitFor();
    await page.getByText('Drop a picture here').waitFor();
    // A picture that no browser shows: its name stands in its place.
    const unseen = { name: 'a.tiff', mimeType: 'image/tiff', buffer: Buffer.of(1, 2) };
    await page.locator('#upload').setInputFiles(unseen);
    await page.getByText('a.tiff').waitFor();
    assert.equal(await page.locator('#picture').isVisible(), false);
    await page.getByText(/No answer: .*image/).waitFor();
    await page.context().close();
  });

  it('draws boxes over a picture, and says when there is nothing to draw', async () => {
    const page = await open();
    await page.getByLabel('Model', { exact: true }).selectOption('cells');
    const picture = {
      name: 'cells.png',
      mimeType: 'image/png',
      buffer: Buffer.from(await encodePng(plainPicture(60, 100))),
    };
    await page.locator('#upload').setInputFiles(picture);
    await page.locator('#found rect').first().waitFor();
    assert.deepEqual(await page.locator('#bars .name').allTextContents(), ['white', 'red']);
    assert.deepEqual(await page.locator('#bars .share').allTextContents(), ['0.90', '0.40']);
    assert.deepEqual(await page.locator('#counts li').allTextContents(), ['red × 1', 'white × 1']);
    // The picture is shown as large as its square allows, in the middle.
    const shown = (await page.locator('#picture').boundingBox())!;
    const scale = Math.min(shown.width / 100, shown.height / 60);
    const [left, top] = [
      shown.x + (shown.width - 100 * scale) / 2,
      shown.y + (shown.height - 60 * scale) / 2,
    ];
    const drawn = await page.locator('#found rect').evaluateAll((all) =>
      all.map((each) => {
        const { x, y, width, height } = each.getBoundingClientRect();
        return [x, y, x + width, y + height];
      }),
    );
    for (const [i, { box }] of cells.entries()) {
      const expected = box.map((value, side) => (side % 2 === 0 ? left : top) + scale * value);
      for (const [side, value] of drawn[i]!.entries()) {
        assert.ok(Math.abs(value - expected[side]!) < 2, `box ${i}: ${drawn[i]} and not ${expected}`);
      }
    }
    await page.locator('#upload').setInputFiles({ ...picture, name: 'nothing.png' });
    await page.getByText('There is nothing on this picture that the model knows.').waitFor();
    assert.equal(await page.locator('#found rect').count(), 0);
    assert.equal(await page.locator('#counts').isVisible(), false);
    await page.context().close();
  });

  it('shows which pictures of a gallery are most like one', async () => {
    const page = await open();
    await page.getByLabel('Model', { exact: true }).selectOption('faces');
    const buffer = Buffer.from(await encodePng(plainPicture(30, 20)));
    await page.locator('#upload').setInputFiles({ name: 'b.png', mimeType: 'image/png', buffer });
    await page.getByText('Answered in').waitFor();
    assert.deepEqual(await page.locator('#bars .name').allTextContents(), ['anna/1.jpg', 'ben/2.jpg']);
    assert.deepEqual(await page.locator('#bars .share').allTextContents(), ['0.88', '-0.10']);
    await page.context().close();
  });

  /** The picture that the page shows, as it is saved, and the name it is saved by. */
  async function saved(page: Page): Promise<{ name: string; image: NdArray }> {
    const download = page.waitForEvent('download');
    await page.locator('#save').press('Enter');
    const file = await download;
    return {
      name: file.suggestedFilename(),
      image: await decodeImage(new Uint8Array(await readFile(await file.path())), { channels: 1 }),
    };
  }

  it('has pictures made, with the keyboard alone, and saves them', async () => {
    const page = await open();
    await page.getByLabel('Model', { exact: true }).selectOption('greys');
    const choice = page.getByLabel('Class');
    assert.deepEqual(await choice.locator('option').allTextContents(), ['Each in turn', 'dark', 'bright']);
    await choice.focus();
    for (const key of ['ArrowDown', 'ArrowDown', 'Tab', 'Digit5', 'Tab', 'Digit3', 'Enter'])
      await page.keyboard.press(key);
    await page.getByAltText('5 made pictures of the class bright, seed 3').waitFor();
    await page.getByText(/^Answered in [\d.]+ ms\.$/).waitFor();
    assert.deepEqual(await page.locator('#made-classes span').allTextContents(), []);
    const { name, image } = await saved(page);
    assert.equal(name, 'greys-bright-seed-3.png');
    const generator = await openImageGenerator(join(folder, 'greys'));
    assert.deepEqual(image, await generator.generateGrid({ class: 'bright', count: 5, seed: 3 }));

    await choice.selectOption('Each in turn');
    await page.getByLabel('Pictures').fill('6');
    await page.getByLabel('Walk to seed').fill('4');
    await page.getByLabel('Walk to seed').press('Enter');
    await page.getByAltText('6 made pictures, each class in turn, on the way from seed 3 to 4').waitFor();
    assert.deepEqual(await page.locator('#made-classes span').allTextContents(), ['dark', 'bright']);
    const walk = await saved(page);
    assert.equal(walk.name, 'greys-seed-3-to-4.png');
    assert.deepEqual(walk.image, await generator.generateGrid({ count: 6, seed: 3, towards: 4 }));
    await generator.release();

    await page.getByRole('button', { name: 'Another seed' }).click();
    await page.getByAltText(/on the way from seed/).waitFor();
    await page.getByRole('button', { name: 'Clear' }).click();
    assert.equal(await page.locator('#made').isVisible(), false);
    await page.context().close();
  });

  it('asks for no more pictures than there may be, and says what is wrong; in Chinese, on a phone', async () => {
    const page = await open({ locale: 'zh-CN', width: 360 });
    await page.getByLabel('模型', { exact: true }).selectOption('greys');
    const count = page.getByLabel('张数');
    await count.fill('500');
    const make = page.getByRole('button', { name: '生成' });
    await make.click();
    assert.equal(await page.locator('#count:invalid').count(), 1);
    assert.equal(await page.locator('#status').textContent(), '结果将显示在这里。');
    await count.evaluate((field) => field.removeAttribute('max'));
    await make.click();
    await page.getByText(/没有结果：count should be a number from 1 to 400, but it is 500/).waitFor();
    await count.fill('40');
    await make.click();
    await page.getByAltText('生成的 40 张图片，每类依次，种子 0').waitFor();
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360);
    await page.context().close();
  });

  it('takes a sound file, shows what is said in it, and says what is wrong', async () => {
    const page = await open();
    await page.getByLabel('Model', { exact: true }).selectOption('speech');
    await page.getByText('Play the model a sound').waitFor();
    assert.equal(await page.locator('#writing').isVisible(), false);
    const listen = (bytes: Uint8Array): Promise<void> =>
      page
        .locator('#upload')
        .setInputFiles({ name: 'a.wav', mimeType: 'audio/wav', buffer: Buffer.from(bytes) });
    await listen(encodeWav(tone(440, 0.1, 8000)));
    await page.getByText('800 samples').waitFor();
    await untilTrue(page, "Math.abs(document.querySelector('audio').duration - 0.1) < 0.01");
    const other = { name: 'a.png', mimeType: 'image/png', buffer: Buffer.of(1) };
    await page.locator('#upload').setInputFiles(other);
    await page.getByText("No answer: 'a.png' is no sound.").waitFor();
    assert.equal(await page.locator('audio').isVisible(), false);
    await listen(Uint8Array.of(1, 2, 3, 4));
    await page.getByText(/No answer: the sound is no sound that is known/).waitFor();
    await page.context().close();
  });

  it('has a box for text, marks entities, shows near words, and says what is wrong', async () => {
    const page = await open();
    const ask = async (model: string, text: string): Promise<void> => {
      await page.getByLabel('Model', { exact: true }).selectOption(model);
      await page.getByLabel('Your text').fill(text);
      await page.getByRole('button', { name: 'Ask' }).click();
      await page.getByText(/Answered in|No answer/).waitFor();
    };
    await ask('trips', 'two tickets for Friday, Rome to New York');
    assert.equal(await page.locator('#board').isVisible(), false);
    assert.deepEqual(await page.locator('mark').allTextContents(), ['FridayDAY', 'RomeFROM', 'New YorkTO']);
    await ask('words', 'east');
    assert.deepEqual(await page.locator('#bars .name').allTextContents(), ['northeast', 'north', 'west']);
    assert.deepEqual(await page.locator('#bars .share').allTextContents(), ['0.60', '0.00', '-0.80']);
    await page.getByLabel('Your text').fill('nort');
    await page.getByLabel('Your text').press('Control+Enter');
    await page.getByText(/'nort' is not in the vocabulary\. Did you mean north/).waitFor();
    await page.context().close();
  });

  it('shows text as it is made, in Chinese too', async () => {
    const page = await open({ locale: 'zh-CN' });
    await page.getByLabel('模型', { exact: true }).selectOption('counting');
    await page.getByLabel('您的文字').fill('0123');
    await page.getByRole('button', { name: '续写' }).click();
    await page.getByText('用时').waitFor();
    assert.match((await page.locator('#text').textContent())!, /^0123[\d\n]{200}$/);
    await page.context().close();
  });
});
