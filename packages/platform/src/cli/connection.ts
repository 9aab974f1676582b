import { type Command, Option } from 'commander';
import type { PlatformClient } from '../client/client.js';
import type { OutputOptions } from './output.js';

/** What every command that asks a platform can be told. */
export interface ConnectionOptions extends OutputOptions {
  readonly server?: string;
  readonly key?: string;
}

/** Adds the options of a command that asks a platform. */
export function addConnection(command: Command): Command {
  return command
    .addOption(
      new Option('--server <url>', 'the platform (default: $MODELWRIGHT_SERVER, or http://127.0.0.1:8080)'),
    )
    .addOption(new Option('--key <key>', 'a key of the platform (default: $MODELWRIGHT_KEY)'))
    .option('--json', 'end with one line of JSON');
}

/** A client as the options say. */
export async function connect({ server, key }: ConnectionOptions): Promise<PlatformClient> {
  const { PlatformClient } = await import('../client/client.js');
  return new PlatformClient({ server, key });
}

/** Splits `name@version`; without `@` the version is the newest. */
export function nameAndVersion(text: string): { readonly name: string; readonly version: string } {
  const at = text.lastIndexOf('@');
  return at < 1
    ? { name: text, version: 'latest' }
    : { name: text.slice(0, at), version: text.slice(at + 1) };
}

/** A path of the API, its parts encoded. */
export const apiPath = (...parts: readonly string[]): string =>
  `/api/${parts.map(encodeURIComponent).join('/')}`;

/** A moment for people. */
export const momentText = (moment: string | null): string =>
  moment === null ? '' : moment.replace('T', ' ').replace(/\.\d+Z$/, '');
