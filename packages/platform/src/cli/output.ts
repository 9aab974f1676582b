/** What every command can be told about its output. */
export interface OutputOptions {
  /** Whether programs read the output. */
  readonly json?: boolean;
}

/** Writes the outcome of a command to standard output: one JSON object for programs, text for people. */
export function writeResult({ json = false }: OutputOptions, value: object, text: () => string): void {
  process.stdout.write(`${json ? JSON.stringify(value) : text()}\n`);
}

/** Writes a remark to standard error, where it is in nobody's way. */
export function writeNote(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** A table of names and values, aligned. */
export function fields(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}

/** Loss and metrics on one line: `accuracy 0.9912, loss 0.031`. */
export function metricsText(metrics: Readonly<Record<string, number>>): string {
  return Object.entries(metrics)
    .filter(([, value]) => Number.isFinite(value))
    .map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`)
    .join(', ');
}

/** Classes with how likely each is, one a line. */
export function shares(
  predictions: readonly { readonly label: string; readonly probability: number }[],
): string {
  return predictions
    .map(({ label, probability }) => `${(100 * probability).toFixed(1).padStart(5)}%  ${label}`)
    .join('\n');
}

/** A number of bytes for people, in powers of 1000: `1.2 MB`. */
export function bytesText(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${Number((bytes / 1000 ** power).toPrecision(3))} ${units[power]}`;
}

/** A whole number with its thousands set apart. */
export function countText(count: number): string {
  return count.toLocaleString('en-GB');
}
