import type { Command } from 'commander';
import type { Model, Version } from '../../client/client.js';
import {
  addConnection,
  apiPath,
  type ConnectionOptions,
  connect,
  momentText,
  nameAndVersion,
} from '../connection.js';
import { examples } from '../help.js';
import { bytesText, metricsText, writeResult } from '../output.js';

const reference = 'name, or name@version: a number or an alias; without it the newest';

/** `modelwright models`: the models that a platform keeps. */
export function addModels(program: Command): void {
  const models = program.command('models').description('the models that a platform keeps');
  addConnection(models.command('list').description('list models')).action(list);
  addConnection(
    models.command('show').description("a model's versions").argument('<model>', 'name of the model'),
  ).action(show);
  addConnection(
    models
      .command('push')
      .description('publish a saved model, or any ONNX file, as the next version')
      .argument('<folder>', 'folder of a saved model, or an ONNX file')
      .argument('<name>', 'name of the model'),
  )
    .option('--description <text>', 'what it is')
    .option('--run <id>', 'the run that made it')
    .option('--tag <tag...>', 'tags of the version')
    .option('--alias <alias>', 'point this alias at it')
    .action(push);
  addConnection(
    models
      .command('pull')
      .description('write the files of a version into a new folder')
      .argument('<model>', reference)
      .argument('<folder>', 'folder that is not there yet'),
  ).action(pull);
  addConnection(
    models
      .command('alias')
      .description('point an alias at a version')
      .argument('<model>', reference)
      .argument('<alias>', 'such as champion'),
  )
    .option('--remove', 'take the alias away')
    .action(alias);
  addConnection(
    models.command('delete').description('delete a version').argument('<model>', 'name@version'),
  ).action(remove);
  models.addHelpText(
    'after',
    examples([
      'modelwright models push models/digits digits --alias champion',
      'modelwright models push resnet50.onnx resnet50',
      'modelwright models alias digits@3 champion',
      'modelwright models pull digits@champion models/champion',
    ]),
  );
}

async function list(options: ConnectionOptions): Promise<void> {
  const client = await connect(options);
  const { models } = await client.get<{ models: Model[] }>('/api/models', { limit: 200 });
  const { tableText } = await import('modelwright/report');
  writeResult(options, { models }, () =>
    models.length === 0
      ? 'There are no models. Publish one: modelwright models push FOLDER NAME'
      : tableText([
          ['name', 'newest', 'versions', 'aliases', 'description'],
          ...models.map(({ name, latest, versions, aliases, description }) => [
            name,
            latest ?? '',
            versions,
            Object.entries(aliases)
              .map(([alias, version]) => `${alias}=${version}`)
              .join(', '),
            description,
          ]),
        ]),
  );
}

async function show(name: string, options: ConnectionOptions): Promise<void> {
  const client = await connect(options);
  const { versions } = await client.get<{ versions: Version[] }>(apiPath('models', name, 'versions'));
  const { tableText } = await import('modelwright/report');
  writeResult(options, { name, versions }, () =>
    tableText([
      ['version', 'task', 'aliases', 'tags', 'metrics', 'size', 'published', 'run'],
      ...versions.map(({ version, task, aliases, tags, metrics, files, createdAt, run }) => [
        version,
        task,
        aliases.join(', '),
        tags.join(', '),
        metricsText(metrics),
        bytesText(files.reduce((sum, { size }) => sum + size, 0)),
        momentText(createdAt),
        run ?? '',
      ]),
    ]),
  );
}

interface PushOptions extends ConnectionOptions {
  readonly description?: string;
  readonly run?: string;
  readonly tag?: readonly string[];
  readonly alias?: string;
}

async function push(folder: string, name: string, options: PushOptions): Promise<void> {
  const client = await connect(options);
  const { description, run, tag, alias } = options;
  const published = await withModelFolder(folder, (directory) =>
    client.publish(name, directory, {
      ...(description !== undefined && { description }),
      ...(run !== undefined && { run }),
      ...(tag && { tags: tag }),
    }),
  );
  if (alias !== undefined) {
    await client.put(apiPath('models', name, 'aliases', alias), { version: published.version });
  }
  writeResult(options, published, () => {
    const named = alias === undefined ? '' : `, called ${alias}`;
    return `Published ${folder} as version ${published.version} of ${name}${named}.`;
  });
}

/** Lends the folder of a saved model: the one that is given, or one made of an ONNX file. */
async function withModelFolder<Result>(
  path: string,
  use: (directory: string) => Promise<Result>,
): Promise<Result> {
  const { readModelFolder, saveOnnxFile } = await import('modelwright/saved');
  if (!path.endsWith('.onnx')) return use((await readModelFolder(path)).directory);
  const { mkdtemp, rm } = await import('node:fs/promises');
  const { tmpdir } = await import('node:os');
  const { join } = await import('node:path');
  const folder = await mkdtemp(join(tmpdir(), 'modelwright-onnx-'));
  try {
    await saveOnnxFile(path, join(folder, 'model'));
    return await use(join(folder, 'model'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function pull(model: string, folder: string, options: ConnectionOptions): Promise<void> {
  const { stat } = await import('node:fs/promises');
  const there = await stat(folder).catch(() => undefined);
  if (there) throw new Error(`${folder} is there already: nothing is written over. Choose another folder.`);
  const client = await connect(options);
  const { name, version } = nameAndVersion(model);
  const found = await client.get<Version>(apiPath('models', name, 'versions', version));
  await client.pull(name, String(found.version), folder);
  writeResult(options, { ...found, folder }, () => `Wrote version ${found.version} of ${name} to ${folder}.`);
}

async function alias(
  model: string,
  aliasName: string,
  options: ConnectionOptions & { readonly remove?: boolean },
): Promise<void> {
  const client = await connect(options);
  const { name, version } = nameAndVersion(model);
  const path = apiPath('models', name, 'aliases', aliasName);
  if (options.remove) {
    await client.delete(path);
    writeResult(options, { name, alias: aliasName }, () => `${name} has no ${aliasName} any more.`);
    return;
  }
  const found = await client.get<Version>(apiPath('models', name, 'versions', version));
  await client.put(path, { version: found.version });
  writeResult(
    options,
    { name, alias: aliasName, version: found.version },
    () => `${aliasName} of ${name} is version ${found.version}.`,
  );
}

async function remove(model: string, options: ConnectionOptions): Promise<void> {
  const { name, version } = nameAndVersion(model);
  if (version === 'latest') throw new Error(`Say which version to delete: ${name}@1, for instance.`);
  const client = await connect(options);
  await client.delete(apiPath('models', name, 'versions', version));
  writeResult(options, { name, version }, () => `Deleted version ${version} of ${name}.`);
}
