/** Exit statuses of the command line. */
export const exitStatus = { success: 0, failure: 1, usage: 2, interrupted: 130 } as const;

/** The command did its work, and the outcome is bad: what there is to say has been said already. */
export class SilentFailure extends Error {
  readonly status: number;

  constructor(status: number) {
    super();
    this.status = status;
  }
}

/** An error as one line: no line breaks, no stack. */
export function oneLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.trim().replace(/\s*\n\s*/g, ' ');
}
