import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Quota, Usage } from '../../client/client.js';
import { addConnection, type ConnectionOptions, connect, momentText } from '../connection.js';
import { examples } from '../help.js';
import { wholeNumber } from '../numbers.js';
import { bytesText, countText, writeResult } from '../output.js';

interface UsageOptions extends ConnectionOptions {
  readonly by: string;
  readonly from?: string;
  readonly to?: string;
  readonly forKey?: string;
  readonly model?: string;
  readonly csv?: boolean;
}

interface QuotaOptions extends ConnectionOptions {
  readonly forKey?: string;
  readonly model?: string;
  readonly requestsPerMinute?: number;
  readonly tokensPerMinute?: number;
  readonly requestsPerMonth?: number;
  readonly tokensPerMonth?: number;
}

/** `modelwright usage`: what was asked of models, and by whom. */
export function addUsage(program: Command): void {
  addConnection(program.command('usage').description('what was asked of models, and by whom'))
    .addOption(
      new Option('--by <period>', 'what is summed up')
        .choices(['hour', 'day', 'month', 'all'])
        .default('day'),
    )
    .option('--from <date>', 'such as 2027-01-31 (default: 30 days before the end)', moment)
    .option('--to <date>', 'until then (default: now)', moment)
    .option('--for-key <id>', 'of one key')
    .option('--model <name>', 'of one model')
    .option('--csv', 'write a table of comma-separated values')
    .addHelpText(
      'after',
      examples(['modelwright usage', 'modelwright usage --by month --from 2027-01-01 --csv > usage.csv']),
    )
    .action(show);
}

/** `modelwright quotas`: what may be asked of models. */
export function addQuotas(program: Command): void {
  const quotas = program
    .command('quotas')
    .description('bounds on what is asked of models: by key, by model, by both, or of all together');
  const most = 2 ** 31 - 1;
  const place = (command: Command): Command =>
    addConnection(command)
      .option('--for-key <id>', 'of one key (default: all together)')
      .option('--model <name>', 'on one model (default: all together)');
  place(quotas.command('set').description('set a quota, in place of the one before'))
    .option('--requests-per-minute <n>', 'requests a minute', wholeNumber(1, most))
    .option('--tokens-per-minute <n>', 'tokens a minute, of models for text', wholeNumber(1, most))
    .option('--requests-per-month <n>', 'requests a month', wholeNumber(1))
    .option('--tokens-per-month <n>', 'tokens a month, of models for text', wholeNumber(1))
    .action(set);
  addConnection(quotas.command('list').description('list quotas, with what was used this month')).action(
    list,
  );
  place(quotas.command('remove').description('take a quota away')).action(remove);
  quotas.addHelpText(
    'after',
    examples([
      'modelwright quotas set --for-key 07e51549eddb --requests-per-minute 60',
      'modelwright quotas set --model writer --tokens-per-month 1000000',
      'modelwright quotas list',
    ]),
  );
}

async function show({ by, from, to, forKey: key, model, csv, ...options }: UsageOptions): Promise<void> {
  const client = await connect(options);
  const query = { by, from, to, key, model };
  if (csv) {
    process.stdout.write(await client.text('/api/usage.csv', query));
    return;
  }
  const { usage } = await client.get<{ usage: Usage[] }>('/api/usage', query);
  const { tableText } = await import('modelwright/report');
  writeResult(options, { usage }, () =>
    tableText([
      [
        'from',
        'who',
        'model',
        'version',
        'requests',
        'errors',
        'refused',
        'tokens',
        'sent',
        'ms each',
        'jobs',
      ],
      ...usage.map((row) => [
        momentText(row.at).replace(' 00:00:00Z', ''),
        row.caller,
        row.model,
        row.version,
        ...[row.requests, row.errors, row.refused, row.tokens].map(countText),
        bytesText(row.bytes),
        row.requests === 0 ? '' : (row.milliseconds / row.requests).toFixed(1),
        row.jobSeconds === 0 ? '' : `${row.jobSeconds.toFixed(0)} s`,
      ]),
    ]),
  );
}

async function set({ forKey: key, model, ...options }: QuotaOptions): Promise<void> {
  const client = await connect(options);
  const { requestsPerMinute, tokensPerMinute, requestsPerMonth, tokensPerMonth } = options;
  const quota = { key, model, requestsPerMinute, tokensPerMinute, requestsPerMonth, tokensPerMonth };
  await client.put('/api/quotas', quota);
  writeResult(options, quota, () => 'The quota counts from now on.');
}

async function list(options: ConnectionOptions): Promise<void> {
  const client = await connect(options);
  const { quotas } = await client.get<{ quotas: Quota[] }>('/api/quotas');
  const { tableText } = await import('modelwright/report');
  const used = (count: number, most: number | null): string =>
    most === null ? countText(count) : `${countText(count)} of ${countText(most)}`;
  const bound = (most: number | null): string => (most === null ? '' : countText(most));
  writeResult(options, { quotas }, () =>
    tableText([
      ['key', 'model', 'requests/minute', 'tokens/minute', 'requests this month', 'tokens this month'],
      ...quotas.map((quota) => [
        quota.key || 'all',
        quota.model || 'all',
        bound(quota.requestsPerMinute),
        bound(quota.tokensPerMinute),
        used(quota.used.requests, quota.requestsPerMonth),
        used(quota.used.tokens, quota.tokensPerMonth),
      ]),
    ]),
  );
}

async function remove({ forKey: key, model, ...options }: QuotaOptions): Promise<void> {
  const client = await connect(options);
  await client.delete('/api/quotas', { key, model });
  writeResult(options, { key, model }, () => 'The quota is gone.');
}

function moment(text: string): string {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) throw new InvalidArgumentError('It should be a date such as 2027-01-31.');
  return date.toISOString();
}
