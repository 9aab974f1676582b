import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from 'modelwright/saved';
import type { JobResult } from '../../store/jobSchema.js';
import { type AskingOptions, askedWith } from '../commands/predict.js';
import { oneLine } from '../errors.js';
import { type Predictor, parsed, type TextMaking } from '../tasks/task.js';
import { csvOf } from './csv.js';
import { inputsOf } from './inputs.js';
import type { Work, WorkHooks } from './work.js';

/** Inputs between two checkpoints. */
const partLength = 50;

type Row = Readonly<Record<string, unknown>>;

/**
 * Asks a model about many inputs, and writes `predictions.jsonl` or `predictions.csv`, a line an input in their order. An input that
 * cannot be predicted on has an `error` instead.
 */
export async function predictJob(
  { record, options, data, model, out, checkpoints, format = 'jsonl' }: Work,
  { signal, onShare }: WorkHooks,
): Promise<JobResult | undefined> {
  const started = performance.now();
  const { top, threshold, ...asking } = parsed<AskingOptions & { top: number; threshold?: number }>(options);
  const { asked, making } = askedWith(asking);
  // Anybody may have made the model: no index of it is read.
  const predictor = await record.openPredictor(model, { ...asked, out, exact: true });
  try {
    if (predictor.predictAlone) {
      const { json } = await predictor.predictAlone();
      await writeFile(join(out, 'predictions.json'), `${JSON.stringify(json)}\n`);
      return { seconds: (performance.now() - started) / 1000 };
    }
    const inputs = await inputsOf(data ?? '', record.input === 'text' ? 'text' : 'file');
    let rows = await partsOf(checkpoints);
    const ask = { predictor, top, making: { options: making, threshold }, kind: record.input };
    while (rows.length < inputs.length) {
      const part: Row[] = [];
      for (const input of inputs.slice(rows.length, rows.length + partLength)) {
        if (signal.aborted) return undefined;
        part.push(await predictOn(input, ask));
        onShare((rows.length + part.length) / inputs.length);
      }
      await mkdir(checkpoints, { recursive: true });
      const name = `part-${String(rows.length).padStart(9, '0')}.json`;
      await writeFileAtomic(join(checkpoints, name), JSON.stringify(part));
      rows = [...rows, ...part];
    }
    const text = format === 'csv' ? csvOf(rows) : rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    await writeFile(join(out, `predictions.${format}`), text);
    const failures = rows.filter((row) => row.error !== undefined).length;
    return { examples: rows.length, failures, seconds: (performance.now() - started) / 1000 };
  } finally {
    await predictor.release();
  }
}

interface Asking {
  readonly predictor: Predictor;
  readonly top: number;
  readonly making: TextMaking;
  /** What the column of the input is called. */
  readonly kind: string;
}

async function predictOn(
  { name, source }: { readonly name: string; readonly source: string },
  { predictor, top, making, kind }: Asking,
): Promise<Row> {
  try {
    const { json } = await predictor.predict(source, top, making);
    return { [kind]: name, ...json };
  } catch (error) {
    return { [kind]: name, error: oneLine(error) };
  }
}

/** What an earlier attempt has predicted. */
async function partsOf(folder: string): Promise<Row[]> {
  const names = (await readdir(folder).catch(() => []))
    .filter((name) => /^part-\d+\.json$/.test(name))
    .sort();
  const parts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return parts.flatMap((part) => JSON.parse(part) as Row[]);
}
