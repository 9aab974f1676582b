import { randomBytes } from 'node:crypto';
import { type Command, Option } from 'commander';
import type { User } from '../../client/client.js';
import { addConnection, apiPath, type ConnectionOptions, connect, momentText } from '../connection.js';
import { examples } from '../help.js';
import { writeResult } from '../output.js';
import { readPassword } from '../password.js';

interface PasswordOptions extends ConnectionOptions {
  readonly generate?: boolean;
}

interface CreateOptions extends PasswordOptions {
  readonly role: string;
  readonly there?: boolean;
}

const generate: [string, string] = ['--generate', 'make a password up, and show it this once'];

/** `modelwright users`: people who sign in with a password. */
export function addUsers(program: Command): void {
  const users = program.command('users').description('people of a platform, who sign in with a password');
  addConnection(
    users
      .command('create')
      .description(
        "let a person into the key's project; the password is asked for, or read from standard input",
      )
      .argument('<name>', 'as they sign in'),
  )
    .addOption(
      new Option('--role <role>', 'what they may do: everything, train and publish, or ask models')
        .choices(['admin', 'developer', 'caller'])
        .default('developer'),
    )
    .option(...generate)
    .option('--there', 'they are in another project already, and keep their password')
    .action(create);
  addConnection(users.command('list').description('list people')).action(list);
  addConnection(
    users
      .command('password')
      .description('give a person another password; it signs them out everywhere')
      .argument('<name>', 'whose'),
  )
    .option(...generate)
    .action(password);
  addConnection(
    users
      .command('role')
      .description('change what a person may do')
      .argument('<name>', 'whose')
      .addArgument(
        users
          .createArgument('<role>', 'admin, developer or caller')
          .choices(['admin', 'developer', 'caller']),
      ),
  ).action(role);
  addConnection(
    users.command('remove').description('take a person out of the project').argument('<name>', 'whom'),
  ).action(remove);
  users.addHelpText(
    'after',
    examples([
      'modelwright users create li --role admin',
      'modelwright users create zhou --role developer --generate',
      'modelwright users password li',
    ]),
  );
}

async function create(name: string, options: CreateOptions): Promise<void> {
  const client = await connect(options);
  const given = options.there ? undefined : await passwordFor(name, options);
  await client.post('/api/users', { name, role: options.role, ...given });
  writeResult(options, { name, ...shown(options, given) }, () => `${name} is let in.${told(options, given)}`);
}

async function list(options: ConnectionOptions): Promise<void> {
  const client = await connect(options);
  const { users } = await client.get<{ users: User[] }>('/api/users');
  const { tableText } = await import('modelwright/report');
  writeResult(options, { users }, () =>
    tableText([
      ['name', 'role', 'let in', 'signed in'],
      ...users.map((user) => [user.name, user.role, momentText(user.createdAt), momentText(user.signedInAt)]),
    ]),
  );
}

async function password(name: string, options: PasswordOptions): Promise<void> {
  const client = await connect(options);
  const given = await passwordFor(name, options);
  await client.put(apiPath('users', name), given);
  writeResult(
    options,
    { name, ...shown(options, given) },
    () => `${name} has another password, and is signed out everywhere.${told(options, given)}`,
  );
}

async function role(name: string, wanted: string, options: ConnectionOptions): Promise<void> {
  const client = await connect(options);
  await client.put(apiPath('users', name), { role: wanted });
  writeResult(options, { name, role: wanted }, () => `${name} is ${wanted} now.`);
}

async function remove(name: string, options: ConnectionOptions): Promise<void> {
  const client = await connect(options);
  await client.delete(apiPath('users', name));
  writeResult(options, { name }, () => `${name} is out of the project.`);
}

async function passwordFor(name: string, { generate }: PasswordOptions): Promise<{ password: string }> {
  if (generate) return { password: randomBytes(15).toString('base64url') };
  return { password: await readPassword(`Password of ${name}`) };
}

const shown = ({ generate }: PasswordOptions, given: { password: string } | undefined) =>
  generate ? given : undefined;

const told = ({ generate }: PasswordOptions, given: { password: string } | undefined): string =>
  generate && given ? ` The password, shown this once:\n\n  ${given.password}\n` : '';
