import { type Command, Option } from 'commander';
import type { Key } from '../../client/client.js';
import { addConnection, apiPath, type ConnectionOptions, connect, momentText } from '../connection.js';
import { examples } from '../help.js';
import { wholeNumber } from '../numbers.js';
import { writeResult } from '../output.js';

interface CreateOptions extends ConnectionOptions {
  readonly role: string;
  readonly model?: readonly string[];
  readonly days?: number;
}

/** `modelwright keys`: who may ask a platform. */
export function addKeys(program: Command): void {
  const keys = program.command('keys').description('keys of a platform');
  addConnection(
    keys.command('create').description('make a key; it is shown this once').argument('<name>', 'whose it is'),
  )
    .addOption(
      new Option('--role <role>', 'what it may do: everything, train and publish, ask models, or do jobs')
        .choices(['admin', 'developer', 'caller', 'worker'])
        .default('caller'),
    )
    .option('--model <name...>', 'models that it may ask (default: all)')
    .option('--days <n>', 'days until it expires (default: never)', wholeNumber(1, 36_500))
    .action(create);
  addConnection(keys.command('list').description('list keys')).action(list);
  addConnection(keys.command('revoke').description('take a key back').argument('<id>', 'its id')).action(
    revoke,
  );
  keys.addHelpText(
    'after',
    examples([
      'modelwright keys create website --role caller --model digits --days 90',
      'modelwright keys list',
    ]),
  );
}

async function create(name: string, options: CreateOptions): Promise<void> {
  const client = await connect(options);
  const { role, model, days } = options;
  const made = await client.post<{ id: string; key: string }>('/api/keys', {
    name,
    role,
    ...(model && { models: model }),
    ...(days !== undefined && { expiresAt: new Date(Date.now() + days * 86_400_000).toISOString() }),
  });
  writeResult(options, made, () => `${made.key}\n\nIt is shown this once. Its id is ${made.id}.`);
}

async function list(options: ConnectionOptions): Promise<void> {
  const client = await connect(options);
  const { keys } = await client.get<{ keys: Key[] }>('/api/keys');
  const { tableText } = await import('modelwright/report');
  writeResult(options, { keys }, () =>
    tableText([
      ['id', 'name', 'role', 'models', 'made', 'used', 'state'],
      ...keys.map((key) => [
        key.id,
        key.name,
        key.role,
        key.models?.join(', ') ?? 'all',
        momentText(key.createdAt),
        momentText(key.usedAt),
        stateOf(key),
      ]),
    ]),
  );
}

function stateOf({ revokedAt, expiresAt }: Key): string {
  if (revokedAt !== null) return 'revoked';
  if (expiresAt === null) return 'valid';
  return new Date(expiresAt) <= new Date() ? 'expired' : `valid until ${momentText(expiresAt)}`;
}

async function revoke(id: string, options: ConnectionOptions): Promise<void> {
  const client = await connect(options);
  await client.delete(apiPath('keys', id));
  writeResult(options, { id }, () => `The key ${id} is revoked.`);
}
