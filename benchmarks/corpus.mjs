// The text that tokenizers are timed on: a million characters of this repository's sources.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '..', 'packages', 'modelwright', 'src');

/** The lines of the text. */
export function corpus() {
  const files = readdirSync(folder, { recursive: true })
    .filter((file) => file.endsWith('.ts'))
    .sort();
  const text = files.map((file) => readFileSync(join(folder, file), 'utf8')).join('');
  return text.slice(0, 1_000_000).split('\n');
}
