import type { Command } from 'commander';
import { examples } from '../help.js';
import { bytesText, countText, type OutputOptions, writeNote, writeResult } from '../output.js';

/** `modelwright data list` and `modelwright data fetch NAME`: the datasets known by name. */
export function addData(program: Command): void {
  const data = program.command('data').description('the datasets that are known by name');
  data
    .command('list')
    .description('list the datasets')
    .option('--json', 'end with one line of JSON')
    .action(list);
  data
    .command('fetch')
    .description('bring a dataset to this machine')
    .argument('<name>', 'name of the dataset')
    .option('--json', 'end with one line of JSON')
    .addHelpText('after', examples(['modelwright data fetch mnist']))
    .action(fetchData);
  data.addHelpText('after', examples(['modelwright data list', 'modelwright data fetch mnist']));
}

async function list(options: OutputOptions): Promise<void> {
  const { catalogue } = await import('modelwright/data');
  const { tableText } = await import('modelwright/report');
  const datasets = catalogue.map(
    ({ name, title, task, description, train, test, downloadBytes, licence, source }) => {
      return { name, title, task, description, train, test, downloadBytes, licence, source };
    },
  );
  writeResult(options, { datasets }, () =>
    tableText([
      ['name', 'task', 'train', 'test', 'download', 'licence', 'description'],
      ...datasets.map(({ name, task, train, test, downloadBytes, licence, description }) => [
        name,
        task,
        countText(train),
        countText(test),
        downloadBytes === 0 ? 'none' : bytesText(downloadBytes),
        licence,
        description,
      ]),
    ]),
  );
}

async function fetchData(name: string, options: OutputOptions): Promise<void> {
  const { catalogue } = await import('modelwright/data');
  const dataset = catalogue.find((entry) => entry.name === name);
  if (!dataset) {
    throw new Error(
      `There is no dataset '${name}'. Datasets: ${catalogue.map((entry) => entry.name).join(', ')}.`,
    );
  }
  if (!dataset.fetch) {
    writeResult(options, { name }, () => `${name} is made on this machine: there is nothing to fetch.`);
    return;
  }
  let file: string | undefined;
  const directory = await dataset.fetch({
    onProgress(progress) {
      if (progress.file === file) return;
      file = progress.file;
      writeNote(`Fetching ${file}${progress.total === undefined ? '' : ` (${bytesText(progress.total)})`}`);
    },
  });
  writeResult(options, { name, directory }, () => `${name} is in ${directory}`);
}
