import { join, parse } from 'node:path';
import { type Command, Option } from 'commander';
import type { LogFormat, LogLevel } from '../../watching/log.js';
import { dataRootOption } from '../dataRootOption.js';
import { examples } from '../help.js';
import { untilInterrupted } from '../interrupt.js';
import { startWorkers } from '../localWorkers.js';
import { positiveNumber, wholeNumber } from '../numbers.js';
import { objectsOption } from '../objectsOption.js';
import { type OutputOptions, writeResult } from '../output.js';
import { runMemoryOption } from '../servingOptions.js';

interface UpOptions extends OutputOptions {
  readonly folder: string;
  readonly databaseUrl?: string;
  readonly objects?: string;
  readonly port: number;
  readonly host: string;
  readonly insecureLocal?: boolean;
  readonly signingKey?: string;
  readonly timeout: number;
  readonly maxBody: number;
  readonly modelMemory?: number;
  readonly runMemory: number;
  readonly logLevel: LogLevel;
  readonly logFormat?: LogFormat;
  readonly workers: number;
  readonly lease: number;
  readonly dataRoot?: string;
}

/** Addresses that this machine alone reaches. */
const loopback = new Set(['127.0.0.1', '::1', 'localhost']);

/** `modelwright up`: the platform, until it is interrupted. */
export function addUp(program: Command): void {
  program
    .command('up')
    .description('start the platform: it keeps runs and models, and serves what is deployed')
    .option('-f, --folder <folder>', 'where it keeps everything', 'modelwright-platform')
    .addOption(
      new Option('--database-url <url>', 'a PostgreSQL server (default: a database in the folder)').env(
        'DATABASE_URL',
      ),
    )
    .addOption(objectsOption())
    .option('-p, --port <n>', 'port to listen at; 0 takes any that is free', wholeNumber(0, 65_535), 8080)
    .option('--host <address>', 'address to listen at; 0.0.0.0 lets other machines in', '127.0.0.1')
    .option('--insecure-local', 'ask for no keys; for this machine alone')
    .addOption(
      new Option('--signing-key <file>', 'a private Ed25519 key in PEM that signs models').env(
        'MODELWRIGHT_SIGNING_KEY',
      ),
    )
    .option('--timeout <seconds>', 'the most that a prediction may take', positiveNumber, 30)
    .option('--max-body <megabytes>', 'the largest body of a prediction', positiveNumber, 10)
    .option('--workers <n>', 'workers beside it that do jobs; 0 for none', wholeNumber(0, 1000), 1)
    .addOption(dataRootOption())
    .option('--lease <seconds>', 'after which a job of a silent worker goes to another', positiveNumber, 30)
    .addOption(
      new Option('--log-level <level>', 'what is written of requests and faults, on standard error')
        .choices(['debug', 'info', 'warn', 'error', 'silent'])
        .env('MODELWRIGHT_LOG_LEVEL')
        .default('info'),
    )
    .addOption(
      new Option('--log-format <format>', 'lines of JSON, or text (default: text on a terminal, else JSON)')
        .choices(['json', 'text'])
        .env('MODELWRIGHT_LOG_FORMAT'),
    )
    .option(
      '--model-memory <megabytes>',
      'the most that deployed models may take in memory together; those not asked for longest are closed (default: no bound)',
      positiveNumber,
    )
    .addOption(runMemoryOption().default(2000))
    .option('--json', 'say where it listens as one line of JSON')
    .addHelpText(
      'after',
      `${examples(['modelwright up', 'modelwright up --insecure-local', 'modelwright up --host 0.0.0.0 --database-url postgres://user:password@db/modelwright'])}

The first start makes an administrator's key, and shows it once. Give it to the other commands as MODELWRIGHT_KEY.
What it can be asked: GET /api/openapi.json.`,
    )
    .action(run);
}

async function run(options: UpOptions, command: Command): Promise<void> {
  if (options.insecureLocal && !loopback.has(options.host)) {
    command.error(
      `error: --insecure-local asks for no keys, so it listens at this machine alone, not at ${options.host}.`,
    );
  }
  const { openService } = await import('../../service.js');
  const { listenWith } = await import('../../server/serve.js');
  const { openStreams } = await import('../../server/soundStreams.js');
  const { openLog } = await import('../../watching/index.js');
  const format = options.logFormat ?? (process.stderr.isTTY ? 'text' : 'json');
  const log = openLog({ level: options.logLevel, format });
  let ready = true;
  const service = await openService({
    folder: options.folder,
    databaseUrl: options.databaseUrl,
    objects: options.objects,
    insecure: options.insecureLocal,
    signingKey: options.signingKey,
    timeout: options.timeout * 1000,
    maxBodyBytes: options.maxBody * 1_000_000,
    runMemory: options.runMemory * 1_000_000,
    modelMemory: options.modelMemory && options.modelMemory * 1_000_000,
    lease: options.lease * 1000,
    isReady: () => ready,
    log,
  });
  const server = await listenWith((request) => service.fetch(request), {
    ...options,
    direct: service.direct,
    streams: (server) =>
      openStreams(server, {
        accept: (request) => service.acceptStream(request),
        timeout: options.timeout * 1000,
        maxBodyBytes: options.maxBody * 1_000_000,
        onError: (err) => log.error({ err }, 'fault'),
      }),
  }).catch(async (error: Error) => {
    await service.close();
    throw error;
  });
  const { firstKey, workerKey: key } = service;
  const workers = startWorkers(options.workers, {
    ...{ server: addressFor(server.url), key, grace: 10 },
    dataRoot: options.dataRoot ?? (options.insecureLocal ? parse(process.cwd()).root : undefined),
  });
  const interrupted = untilInterrupted();
  writeResult(options, { url: server.url, ...(firstKey && { key: firstKey }) }, () => {
    const where = `The platform listens at ${server.url} and keeps everything in ${join(options.folder)}.`;
    if (options.insecureLocal) return `${where} No keys are asked for.`;
    if (!firstKey) return where;
    return `${where}\n\nAn administrator's key, shown this once:\n\n  export MODELWRIGHT_KEY=${firstKey}\n`;
  });
  await interrupted;
  await workers.close();
  ready = false;
  await server.close();
  await service.close();
}

/** Where this machine reaches a server that listens at all addresses. */
const addressFor = (url: string): string =>
  url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
