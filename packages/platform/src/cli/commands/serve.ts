import type { Command } from 'commander';
import type { RunLimits } from 'modelwright/runtime';
import type { AppOptions } from '../../server/app.js';
import { examples } from '../help.js';
import { untilInterrupted } from '../interrupt.js';
import { positiveNumber, wholeNumber } from '../numbers.js';
import { type OutputOptions, writeResult } from '../output.js';
import {
  addServingOptions,
  runMemoryOption,
  type ServingOptions,
  servingSettings,
} from '../servingOptions.js';

interface ServeCommandOptions extends OutputOptions, ServingOptions {
  readonly port: number;
  readonly host: string;
  readonly timeout: number;
  readonly maxBody: number;
  readonly runMemory?: number;
}

/** `modelwright serve MODEL...`: answers requests until it is interrupted. */
export function addServe(program: Command): void {
  addServingOptions(
    program
      .command('serve')
      .description('serve saved models over HTTP, with a page to try them on')
      .argument('<models...>', 'folders of saved models; a model is called as its folder')
      .option('-p, --port <n>', 'port to listen at; 0 takes any that is free', wholeNumber(0, 65_535), 8080)
      .option('--host <address>', 'address to listen at; 0.0.0.0 lets other machines in', '127.0.0.1'),
  )
    .option('--timeout <seconds>', 'the most that a request may take', positiveNumber, 30)
    .option('--max-body <megabytes>', 'the largest body that is taken', positiveNumber, 10)
    .addOption(
      runMemoryOption().default(
        undefined,
        '2000 for ONNX files that were made elsewhere, no bound for others',
      ),
    )
    .option('--json', 'say where it listens as one line of JSON')
    .addHelpText(
      'after',
      `${examples(['modelwright serve models/digits', 'modelwright serve models/digits models/photos --host 0.0.0.0 --port 80'])}

Addresses:
  GET  /                                  a page to try a model on
  POST /predict, /models/NAME/predict     a picture or a sound; or {"text"}, {"prompt"} or {"word"}, as the task is
  WebSocket /models/NAME/stream           sound as it arrives, for models that write down speech
  GET  /v2, /v2/health/ready, /v2/models/NAME
  POST /v2/models/NAME/infer              the Open Inference Protocol V2
  /v1/models, /v1/chat/completions ...    OpenAI's API`,
    )
    .action(run);
}

async function run(directories: readonly string[], options: ServeCommandOptions): Promise<void> {
  const { serve } = await import('../../server/serve.js');
  const { serveModel } = await import('../../server/servedModel.js');
  const models: AppOptions['models'] = await Promise.all(
    directories.map(async (directory) =>
      serveModel(directory, { ...servingSettings(options), limits: await limitsOf(directory, options) }),
    ),
  );
  const server = await serve({
    models,
    port: options.port,
    host: options.host,
    timeout: options.timeout * 1000,
    maxBodyBytes: options.maxBody * 1_000_000,
  });
  const interrupted = untilInterrupted();
  const names = models.map(({ name }) => name);
  writeResult(
    options,
    { url: server.url, models: names },
    () => `Serving ${names.join(', ')} at ${server.url}`,
  );
  await interrupted;
  await server.close();
}

/** What a model may take: who serves one vouches for it, but not for an ONNX file that was made elsewhere. */
async function limitsOf(
  directory: string,
  { runMemory, timeout }: Pick<ServeCommandOptions, 'runMemory' | 'timeout'>,
): Promise<RunLimits | undefined> {
  const { onnxTask, readModelFolder } = await import('modelwright/saved');
  const megabytes = runMemory ?? ((await readModelFolder(directory)).config.task === onnxTask ? 2000 : 0);
  return megabytes > 0 ? { memory: megabytes * 1_000_000, timeout: timeout * 1000 } : undefined;
}
