// What the names of sound files say: '{label}_{speaker}_{take}.wav'.

/** Words found about a file, by their names: label, speaker, text ... */
export type Fields = Readonly<Record<string, string>>;

/**
 * Reads fields out of file names: `parser('{label}_{speaker}_{take}.wav')('3_theo_7.wav')` is { label: '3', speaker: 'theo', take: '7' }.
 * Without an ending in the pattern any ending fits. Undefined for names of another form.
 * @throws Error for a pattern without fields, or with one twice
 */
export function namePattern(pattern: string): (name: string) => Fields | undefined {
  const names = [...pattern.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
  if (names.length === 0 || new Set(names).size !== names.length) {
    throw new Error(
      `The pattern '${pattern}' needs fields in braces, each once, such as {label}_{speaker}_{take}.wav.`,
    );
  }
  const literal = (text: string): string => text.replace(/[.*+?^$()|[\]\\{}]/g, '\\$&');
  const body = pattern
    .split(/\{\w+\}/)
    .map(literal)
    .join('(.+?)');
  const expression = new RegExp(`^${body}${/\.\w+$/.test(pattern) ? '' : '(?:\\.\\w+)?'}$`, 'u');
  return (name) => {
    const found = expression.exec(name);
    return found ? Object.fromEntries(names.map((field, i) => [field, found[i + 1]!])) : undefined;
  };
}

/**
 * A condition on fields: 'speaker=theo', 'speaker=theo,lucas', 'take=0-4', several joined by a space.
 * @throws Error when it has another form
 */
export function fieldCondition(condition: string): (fields: Fields) => boolean {
  const parts = condition
    .trim()
    .split(/\s+/)
    .map((part) => {
      const found = /^(\w+)=(.+)$/u.exec(part);
      if (!found) {
        throw new Error(
          `'${condition}' is no condition on fields; expected one such as speaker=theo,lucas or take=0-4.`,
        );
      }
      return { name: found[1]!, values: found[2]!.split(',').map(valueTest) };
    });
  return (fields) =>
    parts.every(({ name, values }) => {
      const value = fields[name];
      if (value === undefined) {
        throw new Error(
          `The condition '${condition}' asks for '${name}', but the data has ${Object.keys(fields).join(', ') || 'no fields'}.`,
        );
      }
      return values.some((fits) => fits(value));
    });
}

function valueTest(wanted: string): (value: string) => boolean {
  const bounds = /^(\d+)-(\d+)$/.exec(wanted);
  if (!bounds) return (value) => value === wanted;
  const [low, high] = [Number(bounds[1]), Number(bounds[2])];
  return (value) => /^\d+$/.test(value) && Number(value) >= low && Number(value) <= high;
}
