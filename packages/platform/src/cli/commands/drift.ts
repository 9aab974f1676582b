import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { Command } from 'commander';
import type { DriftView, PlatformClient } from '../../client/client.js';
import { addConnection, apiPath, type ConnectionOptions, connect, momentText } from '../connection.js';
import { examples } from '../help.js';
import { numberFrom, wholeNumber } from '../numbers.js';
import { countText, writeResult } from '../output.js';

interface WatchOptions extends ConnectionOptions {
  readonly share: number;
  readonly threshold: number;
  readonly window: number;
  readonly webhook?: string;
}

/** `modelwright drift`: whether what comes to a model is like its training data. */
export function addDrift(program: Command): void {
  const drift = program
    .command('drift')
    .description('whether what comes to a deployed model is like its training data');
  const watched = (command: Command): Command =>
    addConnection(command)
      .option('--share <part>', 'of the requests that are looked at, 0 to 1', numberFrom(0, 1), 0.1)
      .option('--threshold <n>', 'population stability index that counts as drift', numberFrom(0, 100), 0.2)
      .option('--window <n>', 'examples that are compared at once', wholeNumber(50, 1_000_000), 500)
      .option('--webhook <url>', 'is told when drift begins and ends');
  watched(
    drift
      .command('baseline')
      .description('send the training data to a deployed model, and compare with it from then on')
      .argument('<model>', 'its name')
      .argument('<data...>', 'pictures, sounds, folders of them, or .jsonl files of requests'),
  ).action(baseline);
  watched(
    drift.command('watch').description('change how a model is looked at').argument('<model>', 'its name'),
  ).action(watch);
  addConnection(drift.command('show').description('what was found').argument('<model>', 'its name')).action(
    show,
  );
  addConnection(
    drift.command('remove').description('look at a model no more').argument('<model>', 'its name'),
  ).action(remove);
  drift.addHelpText(
    'after',
    examples([
      'modelwright drift baseline digits photos/train --share 0.1 --webhook https://example.org/alerts',
      'modelwright drift show digits',
    ]),
  );
}

async function baseline(model: string, data: readonly string[], options: WatchOptions): Promise<void> {
  const client = await connect(options);
  await client.put(apiPath('drift', model), { mode: 'baseline' });
  let sent = 0;
  for (const path of data) sent += await send(client, model, path);
  await client.put(apiPath('drift', model), settingsOf(options));
  writeResult(
    options,
    { model, sent },
    () => `${model} is compared with ${countText(sent)} examples from now on.`,
  );
}

/** Media types by the endings of files. */
const types: Readonly<Record<string, string>> = {
  ...{ '.png': 'image/png', '.jpg': 'image/jpeg', '.jpeg': 'image/jpeg', '.webp': 'image/webp' },
  ...{
    '.wav': 'audio/wav',
    '.flac': 'audio/flac',
    '.mp3': 'audio/mpeg',
    '.ogg': 'audio/ogg',
    '.opus': 'audio/ogg',
  },
};

/** Sends a file, or all files of a folder. @returns how many requests it were @throws Error for a file of another kind */
async function send(client: PlatformClient, model: string, path: string): Promise<number> {
  if ((await stat(path)).isDirectory()) {
    const names = (await readdir(path)).toSorted();
    let sent = 0;
    for (const name of names) sent += await send(client, model, join(path, name));
    return sent;
  }
  const ending = extname(path).toLowerCase();
  if (ending === '.jsonl') {
    const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line.trim() !== '');
    for (const line of lines) await client.predict(model, Buffer.from(line), 'application/json');
    return lines.length;
  }
  const type = types[ending];
  if (!type) throw new Error(`${path} is no picture, sound or .jsonl file of requests: leave it out.`);
  await client.predict(model, await readFile(path), type);
  return 1;
}

async function watch(model: string, options: WatchOptions): Promise<void> {
  const client = await connect(options);
  await client.put(apiPath('drift', model), settingsOf(options));
  writeResult(options, { model }, () => `${model} is looked at in this way from now on.`);
}

function settingsOf({ share, threshold, window, webhook }: WatchOptions): object {
  return { mode: 'watch', share, threshold, window, ...(webhook !== undefined && { webhook }) };
}

async function show(model: string, options: ConnectionOptions): Promise<void> {
  const client = await connect(options);
  const view = await client.get<DriftView>(apiPath('drift', model));
  const { tableText } = await import('modelwright/report');
  const { settings, versions } = view;
  writeResult(options, view, () => {
    const head = `${settings.mode}, ${settings.share} of the requests, ${settings.window} at once, drift above ${settings.threshold}`;
    const rows = versions.flatMap(({ version, baseline, examples, last }) =>
      Object.entries(last?.indices ?? { '': Number.NaN }).map(([feature, index]) => [
        version,
        countText(baseline),
        countText(examples),
        last ? momentText(last.at) : '',
        feature,
        Number.isNaN(index) ? '' : index.toFixed(3),
      ]),
    );
    return `${head}\n${tableText([['version', 'baseline', 'since', 'compared', 'feature', 'index'], ...rows])}`;
  });
}

async function remove(model: string, options: ConnectionOptions): Promise<void> {
  const client = await connect(options);
  await client.delete(apiPath('drift', model));
  writeResult(options, { model }, () => `${model} is looked at no more.`);
}
