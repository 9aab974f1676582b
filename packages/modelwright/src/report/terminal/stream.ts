/** Where text is written: `process.stderr`, or anything like it. */
export interface TerminalStream {
  write(text: string): unknown;
  /** Whether a person looks at it, so that lines can be redrawn. */
  readonly isTTY?: boolean;
  /** Characters in a line. */
  readonly columns?: number;
}

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Whether lines can be redrawn: a terminal that understands escape sequences. */
export function canRedraw(stream: TerminalStream, environment: Environment): boolean {
  return stream.isTTY === true && environment.TERM !== 'dumb';
}

/** Whether to colour: where lines can be redrawn, unless NO_COLOR is set (https://no-color.org). */
export function canColor(stream: TerminalStream, environment: Environment): boolean {
  return canRedraw(stream, environment) && !environment.NO_COLOR;
}
