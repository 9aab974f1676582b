import type { SkippedFile } from '../data/source.js';

/** The most files that are named. */
const mostNamed = 5;

/** What a person is told of files that were left out; nothing where there are none. */
export function skippedNote(skipped: readonly SkippedFile[]): string[] {
  if (skipped.length === 0) return [];
  const named = skipped.slice(0, mostNamed).map(({ file, reason }) => `${file} (${reason})`);
  return [
    `${skipped.length} file(s) left out: ${named.join('; ')}${skipped.length > mostNamed ? '; ...' : ''}`,
  ];
}
