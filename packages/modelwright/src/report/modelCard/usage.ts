import { sizeOf } from '../../graph/array.js';
import { typedArrayOf } from '../../graph/dtype.js';
import type { ModelCardInfo, ModelCardTensor } from './info.js';
import { codeBlock } from './markdown.js';

/** How to use a saved model: on the command line, in TypeScript, and with ONNX Runtime alone. */
export function usageSection(info: ModelCardInfo): string {
  const sample = info.sampleInput ?? sampleInputFor(info.task);
  return [
    '## How to use',
    "On the command line, in this model's folder:",
    codeBlock('sh', `modelwright predict . ${shellQuoted(sample)}`),
    'In TypeScript:',
    codeBlock(
      'ts',
      [
        "import { loadModel } from 'modelwright';",
        '',
        "const model = await loadModel('.');",
        `console.log(await model.predict(${JSON.stringify(sample)}));`,
      ].join('\n'),
    ),
    'With ONNX Runtime alone, here over zeros where your data belongs:',
    codeBlock('js', onnxRuntimeSnippet(info.inputs, info.outputs)),
  ].join('\n\n');
}

/** A program that runs `onnx/model.onnx` once over zeros, open dimensions being 1. */
export function onnxRuntimeSnippet(
  inputs: readonly ModelCardTensor[],
  outputs: readonly ModelCardTensor[],
): string {
  const feeds = inputs.map(({ name, dtype, shape }) => {
    const sizes = shape.map((size) => (typeof size === 'number' ? size : 1));
    const values = `new ${typedArrayOf(dtype).name}(${sizeOf(sizes)})`;
    return `  ${propertyName(name)}: new Tensor('${dtype}', ${values}, [${sizes.join(', ')}]),`;
  });
  return [
    "import { InferenceSession, Tensor } from 'onnxruntime-node';",
    '',
    "const session = await InferenceSession.create('onnx/model.onnx');",
    'const results = await session.run({',
    ...feeds,
    '});',
    ...outputs.map(
      ({ name, shape }) => `console.log(${propertyOf('results', name)}.data); // [${shape.join(', ')}]`,
    ),
  ].join('\n');
}

function sampleInputFor(task: string): string {
  if (/^(image|object|depth|mask)/.test(task)) return 'picture.jpg';
  if (/^(audio|automatic-speech)/.test(task)) return 'sound.wav';
  if (/^(tabular|time-series)/.test(task)) return 'rows.csv';
  return 'Some text';
}

function shellQuoted(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function isIdentifier(name: string): boolean {
  return /^[A-Za-z_$][\w$]*$/.test(name);
}

function propertyName(name: string): string {
  return isIdentifier(name) ? name : JSON.stringify(name);
}

function propertyOf(object: string, name: string): string {
  return isIdentifier(name) ? `${object}.${name}` : `${object}[${JSON.stringify(name)}]`;
}
