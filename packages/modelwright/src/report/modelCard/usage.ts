import { sizeOf } from '../../graph/array.js';
import { typedArrayOf } from '../../graph/dtype.js';
import type { ModelCardInfo, ModelCardTensor } from './info.js';
import { codeBlock } from './markdown.js';

/** How to use a saved model: on the command line, in TypeScript, and with ONNX Runtime alone. */
export function usageSection(info: ModelCardInfo): string {
  return [
    '## How to use',
    ...(usages[info.task]?.(info.sampleInput) ?? plainUsage(info)),
    'With ONNX Runtime alone, here over zeros where your data belongs:',
    codeBlock('js', onnxRuntimeSnippet(info.inputs, info.outputs)),
  ].join('\n\n');
}

/** How the tasks that take raw data are used. */
const usages: Readonly<Record<string, (sample: string | undefined) => string[]>> = {
  'audio-classification': soundUsage,
  'automatic-speech-recognition': speechUsage,
  'image-classification': pictureUsage,
  'image-generation': () => predicting('--count 8 --seed 1 --out samples', pictureMaking),
  'image-similarity': () => predicting('a.jpg b.jpg', pictureComparing),
  'text-classification': textUsage,
  'token-classification': (sample) => textUsage(sample, 'openTokenClassifier'),
  'text-generation': generationUsage,
  translation: translationUsage,
};

/** On the command line, and in TypeScript. */
const predicting = (input: string, program: readonly string[]): string[] => [
  "On the command line, in this model's folder:",
  codeBlock('sh', `modelwright predict . ${input}`),
  'In TypeScript:',
  codeBlock('ts', program.join('\n')),
];

const pictureMaking = [
  "import { openImageGenerator } from 'modelwright/tasks';",
  '',
  "const model = await openImageGenerator('.');",
  'const pictures = await model.generate({ count: 8, seed: 1 });',
  'console.log(pictures[0].image.shape);',
];

const pictureComparing = [
  "import { openImageSimilarity } from 'modelwright/tasks';",
  '',
  "const model = await openImageSimilarity('.');",
  "console.log(model.compare(await model.embed('a.jpg'), await model.embed('b.jpg')));",
  "console.log(await model.nearest('a.jpg', 3));",
];

function textUsage(sample = 'A text to classify.', open = 'openTextClassifier'): string[] {
  return [
    ...predicting(shellQuoted(sample), [
      `import { ${open} } from 'modelwright/tasks';`,
      '',
      `const model = await ${open}('.');`,
      `console.log(await model.predict(${JSON.stringify(sample)}));`,
    ]),
    'The ids that the ONNX file takes are those of `tokenizer.json`, 0 at the end for padding.',
  ];
}

function generationUsage(sample = 'The beginning of a text'): string[] {
  return [
    ...predicting(`--prompt ${shellQuoted(sample)}`, [
      "import { openTextGenerator } from 'modelwright/tasks';",
      '',
      "const model = await openTextGenerator('.');",
      `for await (const piece of model.generate(${JSON.stringify(sample)})) process.stdout.write(piece);`,
    ]),
    'The ids that the ONNX files take are those of `tokenizer.json`. `onnx/step.onnx` makes a token from cached keys and values: ' +
      '`past.*` begin with 0 positions, and `present.*` of one step are `past.*` of the next.',
  ];
}

function translationUsage(sample = 'A text to translate.'): string[] {
  return [
    ...predicting(shellQuoted(sample), [
      "import { openTranslator } from 'modelwright/tasks';",
      '',
      "const translator = await openTranslator('.');",
      `console.log(await translator.translate(${JSON.stringify(sample)}));`,
    ]),
    'The ids that the ONNX files take are those of `tokenizer.json` for the source, 0 at the end for padding, and those of ' +
      '`target_tokenizer/tokenizer.json` for the target. `onnx/encoder.onnx` reads the source once; `onnx/step.onnx` then makes a token from ' +
      'what the encoder gave and cached keys and values: `past.*` begin with 0 positions, and `present.*` of one step are `past.*` of the next.',
  ];
}

function pictureUsage(sample = 'picture.jpg'): string[] {
  return fileUsage(sample, 'predictImages');
}

function speechUsage(sample = 'speech.wav'): string[] {
  return [
    "On the command line, in this model's folder:",
    codeBlock('sh', `modelwright predict . ${shellQuoted(sample)}`),
    'In TypeScript:',
    codeBlock(
      'ts',
      [
        "import { SpeechRecognizer } from 'modelwright/tasks';",
        '',
        "const model = await SpeechRecognizer.open('.');",
        `console.log(await model.recognize(${JSON.stringify(sample)}));`,
      ].join('\n'),
    ),
    'Class 0 of the ONNX file says nothing (blank); the others are the labels in `config.json`.',
  ];
}

function soundUsage(sample = 'sound.wav'): string[] {
  return [
    ...fileUsage(sample, 'predictSounds'),
    'The samples that the ONNX file takes are those of `readSound`: without silence at the ends, as loud as any other, in the middle.',
  ];
}

function fileUsage(sample: string, predict: string): string[] {
  return [
    ...predicting(shellQuoted(sample), [
      "import { openModel } from 'modelwright';",
      `import { ${predict} } from 'modelwright/tasks';`,
      '',
      "const model = await openModel('.');",
      `console.log(await ${predict}(model, [${JSON.stringify(sample)}]));`,
    ]),
  ];
}

function plainUsage({ inputs, outputs }: ModelCardInfo): string[] {
  const feeds = inputs.map(
    ({ name, dtype, shape }) => `${propertyName(name)}: new NdArray('${dtype}', [${sizesOf(shape)}])`,
  );
  return [
    'In TypeScript, here over zeros where your data belongs:',
    codeBlock(
      'ts',
      [
        "import { NdArray, openModel } from 'modelwright';",
        '',
        "const model = await openModel('.');",
        `const results = await model.run({ ${feeds.join(', ')} });`,
        ...outputs.map(({ name }) => `console.log(${propertyOf('results', name)});`),
      ].join('\n'),
    ),
  ];
}

const sizesOf = (shape: ModelCardTensor['shape']): string =>
  shape.map((size) => (typeof size === 'number' ? size : 1)).join(', ');

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
