/** How often each run of `order` items occurs, by the items joined. */
export function countRuns(items: readonly string[], order: number, separator: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (let start = 0; start + order <= items.length; start++) {
    const run = items.slice(start, start + order).join(separator);
    counts.set(run, (counts.get(run) ?? 0) + 1);
  }
  return counts;
}

/** How many runs two texts share, each as often as it occurs in both. */
export function countShared(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  let shared = 0;
  for (const [run, count] of a) shared += Math.min(count, b.get(run) ?? 0);
  return shared;
}

/** @throws RangeError unless there is at least one reference for each hypothesis */
export function checkReferences(
  who: string,
  hypotheses: readonly string[],
  references: readonly (readonly string[])[],
): void {
  if (hypotheses.length !== references.length) {
    throw new RangeError(
      `${who}: there are ${hypotheses.length} hypotheses and references for ${references.length}; expected a list of ` +
        'references for each hypothesis.',
    );
  }
  const without = references.findIndex((list) => list.length === 0);
  if (without >= 0)
    throw new RangeError(`${who}: hypothesis ${without} has no reference; expected at least one.`);
}
