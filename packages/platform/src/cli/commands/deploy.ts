import { type Command, Option } from 'commander';
import { addConnection, apiPath, type ConnectionOptions, connect, nameAndVersion } from '../connection.js';
import { examples } from '../help.js';
import { numberFrom } from '../numbers.js';
import { writeResult } from '../output.js';
import { addServingOptions, type ServingOptions, servingSettings } from '../servingOptions.js';

interface Deployed {
  readonly model: string;
  readonly reference: string;
  readonly version: number;
  readonly ready: boolean;
  readonly error?: string;
  readonly versions: readonly {
    readonly version: number;
    readonly share: number;
    readonly loaded: boolean;
    readonly requests: number;
    readonly failed: number;
  }[];
}

interface DeployOptions extends ConnectionOptions, ServingOptions {
  readonly canary?: number;
  readonly shadow?: boolean;
  readonly promote?: boolean;
  readonly end?: boolean;
  readonly remove?: boolean;
}

/** `modelwright deploy MODEL`: lets a version of a model answer requests; without a model it lists what does. */
export function addDeploy(program: Command): void {
  addServingOptions(
    addConnection(
      program
        .command('deploy')
        .description('let a version of a model on the platform answer requests')
        .argument(
          '[model]',
          'name@version: a number, or an alias that is followed; without it the list of deployments',
        ),
    ),
  )
    .addOption(
      new Option('--canary <percent>', 'let the version answer a share of the requests')
        .argParser(numberFrom(0.01, 99.99))
        .conflicts(['shadow', 'promote', 'end', 'remove']),
    )
    .addOption(
      new Option('--shadow', 'give the version copies of the requests; its answers go nowhere').conflicts([
        ...['promote', 'end', 'remove'],
      ]),
    )
    .addOption(
      new Option('--promote', 'deploy the version with the settings of the one before').conflicts([
        ...['end', 'remove'],
      ]),
    )
    .addOption(new Option('--end', 'end what --canary or --shadow began').conflicts('remove'))
    .option('--remove', 'end the deployment')
    .addHelpText(
      'after',
      examples([
        'modelwright deploy digits@champion',
        'modelwright deploy digits@champion --batch-size 16 --batch-window 2',
        'modelwright deploy digits@3 --canary 10',
        'modelwright deploy digits@3 --promote',
        'modelwright deploy',
        'modelwright deploy digits --remove',
      ]),
    )
    .action(deploy);
}

async function deploy(model: string | undefined, options: DeployOptions): Promise<void> {
  const client = await connect(options);
  if (model === undefined) {
    const result = await client.get<{ deployments: Deployed[] }>('/api/deployments');
    const { tableText } = await import('modelwright/report');
    writeResult(options, result, () =>
      result.deployments.length === 0
        ? 'Nothing is deployed. Deploy a model: modelwright deploy NAME@VERSION'
        : tableText([
            ['model', 'version', 'as', 'answers', 'requests', 'state'],
            ...result.deployments.flatMap(rowsOf),
          ]),
    );
    return;
  }
  const { name, version } = nameAndVersion(model);
  const path = apiPath('deployments', name);
  if (options.remove) {
    await client.delete(path);
    writeResult(options, { model: name }, () => `${name} is no longer deployed.`);
    return;
  }
  const challenger = apiPath('deployments', name, 'versions', version);
  if (options.canary !== undefined || options.shadow) {
    const share = options.canary ?? 0;
    const deployed = await client.put<Deployed>(challenger, { share });
    const does = options.shadow ? 'gets copies of the requests' : `answers ${share} % of the requests`;
    writeResult(options, deployed, () => `${model} ${does}, beside version ${deployed.version}.`);
    return;
  }
  if (options.end) {
    await client.delete(challenger);
    writeResult(options, { model: name, ended: version }, () => `${model} answers no more.`);
    return;
  }
  const deployed = options.promote
    ? await client.post<Deployed>(`${challenger}/promote`, {})
    : await client.put<Deployed>(path, { version, ...servingSettings(options) });
  writeResult(
    options,
    deployed,
    () => `Version ${deployed.version} of ${name} answers at ${client.server}/api/models/${name}/predict`,
  );
}

/** What a table tells of a deployment: a line a version. */
function rowsOf({ model, reference, version, ready, error, versions }: Deployed): (string | number)[][] {
  const state = ready ? 'ready' : (error ?? 'opening');
  if (versions.length === 0) return [[model, version, reference, '', '', state]];
  return versions.map((each, i) => [
    model,
    each.version,
    i === 0 ? reference : '',
    each.share === 0 ? 'shadow' : `${each.share} %`,
    each.failed > 0 ? `${each.requests} (${each.failed} failed)` : each.requests,
    ready && !each.loaded ? 'ready, not in memory' : state,
  ]);
}
