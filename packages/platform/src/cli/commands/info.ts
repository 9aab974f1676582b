import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { ModelConfig, TensorSpec } from 'modelwright/saved';
import { examples } from '../help.js';
import { bytesText, countText, fields, metricsText, type OutputOptions, writeResult } from '../output.js';

/** `modelwright info MODEL`: what a saved model or an ONNX file is. */
export function addInfo(program: Command): void {
  program
    .command('info')
    .description(
      'say what a model is: inputs, outputs, size, how it was trained; whether an ONNX file can be trained',
    )
    .argument('<model>', 'folder of a saved model, or an ONNX file')
    .option('--json', 'end with one line of JSON')
    .addHelpText('after', examples(['modelwright info models/digits', 'modelwright info resnet50.onnx']))
    .action(async (directory: string, options: OutputOptions) => {
      if (directory.endsWith('.onnx')) return writeOnnxInfo(directory, options);
      const { readModelFolder } = await import('modelwright/saved');
      const { config, parameters } = await readModelFolder(directory);
      const bytes = await folderBytes(directory);
      const { modelwright, task, inputs, outputs, labels, preprocessing, training } = config;
      const metrics = lastMetrics(config);
      const result = {
        directory,
        task,
        modelwright,
        inputs,
        outputs,
        labels,
        preprocessing,
        parameters,
        bytes,
        metrics,
        training,
      };
      writeResult(options, result, () =>
        fields([
          ['model', directory],
          ['task', task],
          ['inputs', inputs.map(tensorText).join(', ')],
          ['outputs', outputs.map(tensorText).join(', ')],
          ...(labels ? [['classes', labelsText(labels)] as const] : []),
          ['parameters', countText(parameters)],
          ['size', bytesText(bytes)],
          ...Object.entries(metrics).map(([split, values]) => [split, metricsText(values)] as const),
          ...trainingRows(config),
          ['saved by', `modelwright ${modelwright.version} (format ${modelwright.format})`],
        ]),
      );
    });
}

/** What an ONNX file holds, and whether all of it can be taken. */
async function writeOnnxInfo(path: string, options: OutputOptions): Promise<void> {
  const { inspectOnnx } = await import('modelwright/onnx');
  const { producer, opsets, inputs, outputs, nodes, operators, parameters, problems, reason } =
    await inspectOnnx(path);
  const { size: bytes } = await stat(path);
  const takes = parameters !== undefined;
  const result = {
    file: path,
    producer,
    opsets,
    inputs,
    outputs,
    nodes,
    operators,
    parameters,
    bytes,
    problems,
    reason,
  };
  writeResult(options, result, () =>
    [
      fields([
        ['file', path],
        ...(producer === '' ? [] : [['made by', producer] as const]),
        [
          'operators of',
          Object.entries(opsets)
            .map(([domain, version]) => `${domain || 'ONNX'} version ${version}`)
            .join(', '),
        ],
        ['inputs', inputs.map(tensorText).join(', ')],
        ['outputs', outputs.map(tensorText).join(', ')],
        ['size', bytesText(bytes)],
        ...(takes ? [['parameters', countText(parameters)] as const] : []),
        ['can be trained', takes ? 'yes' : 'no'],
      ]),
      '',
      ...operators.map(
        ({ operator, domain, count, supported }) =>
          `${supported ? ' ' : '!'} ${`${domain && `${domain}.`}${operator}`.padEnd(28)} ${String(count).padStart(5)}${supported ? '' : '  not supported'}`,
      ),
      ...(problems.length > 0 ? ['', 'In the way:'] : []),
      ...problems.map(({ operator, node, problem }) => `  ${operator} '${node}': ${problem}`),
      ...(reason ? ['', reason] : []),
    ].join('\n'),
  );
}

async function folderBytes(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true });
  const stats = await Promise.all(entries.map((entry) => stat(join(directory, entry))));
  return stats.reduce((sum, entry) => sum + (entry.isFile() ? entry.size : 0), 0);
}

function tensorText({ name, dtype, shape }: TensorSpec): string {
  return `${name}: ${dtype}[${shape.join(', ')}]`;
}

function labelsText(labels: readonly string[]): string {
  const shown = labels.slice(0, 10).join(', ');
  return `${labels.length} (${shown}${labels.length > 10 ? ', ...' : ''})`;
}

/** What was measured at the end of training, on each part of the data. */
function lastMetrics({ training, evaluation }: ModelConfig): Record<string, Record<string, number>> {
  const { epochs } = (training?.history ?? {}) as { epochs?: readonly Record<string, unknown>[] };
  const last = epochs?.at(-1) ?? {};
  const parts = { train: last.train, validation: last.validation, evaluation: evaluation?.metrics };
  return Object.fromEntries(
    Object.entries(parts).flatMap(([part, values]) =>
      values ? [[part, values as Record<string, number>]] : [],
    ),
  );
}

/** The simple facts about the training. */
function trainingRows({ training = {} }: ModelConfig): (readonly [string, string])[] {
  const names = [
    'optimizer',
    'learningRate',
    'batchSize',
    'epochs',
    'seed',
    'examples',
    'seconds',
    'device',
    'fingerprint',
  ];
  return names.flatMap((name) => {
    const value = training[name];
    if (typeof value === 'number') return [[spelledOut(name), numberText(value)] as const];
    return typeof value === 'string' ? [[spelledOut(name), value] as const] : [];
  });
}

/** `batchSize` as `batch size`. */
function spelledOut(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/** Whole numbers as they are, others to four digits. */
function numberText(value: number): string {
  return String(Number.isInteger(value) ? value : Number(value.toPrecision(4)));
}
