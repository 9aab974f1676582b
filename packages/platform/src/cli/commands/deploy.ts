import type { Command } from 'commander';
import { addConnection, apiPath, type ConnectionOptions, connect, nameAndVersion } from '../connection.js';
import { examples } from '../help.js';
import { wholeNumber } from '../numbers.js';
import { writeResult } from '../output.js';

interface Deployed {
  readonly model: string;
  readonly reference: string;
  readonly version: number;
  readonly ready: boolean;
  readonly error?: string;
}

interface DeployOptions extends ConnectionOptions {
  readonly replicas?: number;
  readonly queue?: number;
  readonly remove?: boolean;
}

/** `modelwright deploy MODEL`: lets a version of a model answer requests; without a model it lists what does. */
export function addDeploy(program: Command): void {
  addConnection(
    program
      .command('deploy')
      .description('let a version of a model on the platform answer requests')
      .argument(
        '[model]',
        'name@version: a number, or an alias that is followed; without it the list of deployments',
      ),
  )
    .option('--replicas <n>', 'copies that run at once', wholeNumber(1, 64))
    .option('--queue <n>', 'the most requests that wait', wholeNumber(0, 100_000))
    .option('--remove', 'end the deployment')
    .addHelpText(
      'after',
      examples([
        'modelwright deploy digits@champion',
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
            ['model', 'version', 'as', 'state'],
            ...result.deployments.map((each) => [
              each.model,
              each.version,
              each.reference,
              each.ready ? 'ready' : (each.error ?? 'opening'),
            ]),
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
  const deployed = await client.put<Deployed>(path, {
    version,
    ...(options.replicas !== undefined && { replicas: options.replicas }),
    ...(options.queue !== undefined && { queueSize: options.queue }),
  });
  writeResult(
    options,
    deployed,
    () => `Version ${deployed.version} of ${name} answers at ${client.server}/api/models/${name}/predict`,
  );
}
