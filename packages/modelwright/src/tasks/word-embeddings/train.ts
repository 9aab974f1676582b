import { createHash } from 'node:crypto';
import { basename, resolve } from 'node:path';
import { type EpochRecord, modelCard } from '../../report/index.js';
import type { ModelConfig } from '../../saved/config.js';
import { checkModelDestination } from '../../saved/folder.js';
import { trainingPlatform } from '../../train/platform.js';
import { version } from '../../version.js';
import type { TrainResult } from '../events.js';
import { checkpointsOf, finishTraining } from '../trainNetwork.js';
import { readCheckpoint, writeCheckpoint } from './checkpoint.js';
import { type EncodedCorpus, encodeCorpus } from './corpus.js';
import { measureGrammar } from './evaluate.js';
import { type Method, methods } from './methods.js';
import type { WordEmbeddingsTrainOptions } from './options.js';
import { saveWordVectors } from './saved.js';
import { openSentences, type Settings, settingsFor } from './settings.js';
import { WordVectorTrainer } from './trainer.js';
import { buildWordVocabulary, type Vocabulary } from './vocabulary.js';
import { WordVectors } from './wordVectors.js';

/**
 * Learns word vectors from a text, and saves them with a model card. Checkpoints are kept after each epoch until the training is done.
 * @throws Error when the text cannot be read, has too few words, or the folder to save in holds something else
 */
export async function trainWordEmbeddings(options: WordEmbeddingsTrainOptions): Promise<TrainResult> {
  const { data, out, onEvent } = options;
  await checkModelDestination(out);
  const started = performance.now();
  const sentences = await openSentences(options);
  const vocabulary = buildWordVocabulary(sentences, {
    minimumCount: options.minimumCount,
    maximumSize: options.maximumWords,
  });
  const corpus = encodeCorpus(sentences, vocabulary);
  const settings = settingsFor(options, corpus.tokens.length);
  const training = await runTraining(corpus, vocabulary, settings, options);
  const { vectors, history, fingerprint } = training;
  const seconds = (performance.now() - started) / 1000;
  const measured = data === 'grammar' ? measureGrammar(vectors) : { examples: 0, metrics: {} };
  const metrics = { ...history.at(-1)?.train, ...measured.metrics };
  await saveWordVectors(vectors, out, {
    preprocessing: { language: options.language ?? 'en', lowercase: options.lowercase ?? true },
    training: {
      ...settings,
      seconds,
      fingerprint,
      history: { epochs: history.map((record) => ({ ...record })) },
    },
    card: (config) =>
      card(config, {
        out,
        data,
        settings,
        vectors,
        metrics,
        seconds,
        fingerprint,
        words: corpus.tokens.length,
        epochs: history.length,
      }),
  });
  onEvent?.({ kind: 'note', text: `${vectors.size} words, ${vectors.dimensions} dimensions` });
  return finishTraining(
    { ...options, seed: settings.seed },
    {
      task: 'word-embeddings',
      model: settings.method,
      metrics,
      epochs: history.length,
      started,
    },
  );
}

interface Training {
  readonly vectors: WordVectors;
  readonly history: readonly EpochRecord[];
  readonly fingerprint: string;
}

async function runTraining(
  corpus: EncodedCorpus,
  vocabulary: Vocabulary,
  settings: Settings,
  { out, resume, onEvent, signal }: WordEmbeddingsTrainOptions,
): Promise<Training> {
  const method: Method = methods[settings.method];
  const trainer = new WordVectorTrainer(
    method,
    method.batches(corpus, vocabulary, settings),
    vocabulary.size,
    settings,
  );
  const store = trainingPlatform().openStore(checkpointsOf(out));
  const fingerprint = fingerprintOf(corpus, vocabulary);
  const { epochs, learningRate, ...others } = settings;
  const identity = { ...others, learningRate, fingerprint };
  try {
    const before = resume
      ? await readCheckpoint(store, trainer.table, identity, checkpointsOf(out))
      : undefined;
    const history = [...(before?.epochs ?? [])];
    onEvent?.({
      kind: 'start',
      model: settings.method,
      parameters: trainer.table.values.length,
      classes: [],
      examples: { train: corpus.tokens.length, validation: 0 },
      epochs,
      stepsPerEpoch: trainer.stepsPerEpoch,
      batchSize: settings.batchSize,
    });
    let steps = history.at(-1)?.step ?? 0;
    for (let epoch = history.length; epoch < epochs && !signal?.aborted; epoch++) {
      const begun = performance.now();
      const onStep =
        onEvent &&
        (({ step, loss }: { step: number; loss: number }) =>
          onEvent({ kind: 'step', epoch: epoch + 1, step, metrics: { loss } }));
      const { step, loss } = await trainer.runEpoch(epoch, onStep, signal);
      if (signal?.aborted) break;
      steps += step;
      const record: EpochRecord = {
        epoch: epoch + 1,
        step: steps,
        seconds: (performance.now() - begun) / 1000,
        learningRate,
        train: { loss },
      };
      history.push(record);
      onEvent?.({ kind: 'epoch', record });
      await writeCheckpoint(store, trainer.table, { epochs: history }, identity);
    }
    return { vectors: new WordVectors(vocabulary, trainer.vectors()), history, fingerprint };
  } finally {
    await trainer.release();
  }
}

/** By which the same words in the same order are known again. */
function fingerprintOf({ tokens, starts }: EncodedCorpus, { words }: Vocabulary): string {
  const bytes = (array: Int32Array): Uint8Array =>
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  return createHash('sha256')
    .update(words.join('\n'))
    .update(bytes(tokens))
    .update(bytes(starts))
    .digest('hex');
}

interface CardParts {
  readonly out: string;
  readonly data: string;
  readonly settings: Settings;
  readonly vectors: WordVectors;
  readonly metrics: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly fingerprint: string;
  readonly words: number;
  readonly epochs: number;
}

function card(config: ModelConfig, parts: CardParts): string {
  const { settings, vectors, data, metrics } = parts;
  const { method, seed, epochs: _, ...hyperParameters } = settings;
  return modelCard({
    name: basename(resolve(parts.out)),
    task: config.task,
    description:
      `Vectors of ${vectors.dimensions} numbers for ${vectors.size} words, learnt with ${method}. ` +
      'Words that are used alike have vectors that point the same way. vocabulary.tsv lists the words in the order of the vectors.',
    inputs: config.inputs,
    outputs: config.outputs,
    trainingData: { name: data, examples: parts.words, fingerprint: parts.fingerprint },
    training: {
      hyperParameters: { method, optimizer: 'adagrad', ...hyperParameters },
      seed,
      epochs: parts.epochs,
      device: 'CPU',
      seconds: parts.seconds,
    },
    results: [{ dataset: { name: data, split: 'train', examples: parts.words }, metrics }],
    software: { modelwright: version, node: process.versions.node },
    limitations:
      'The vectors repeat what the text says of things, prejudices included. Words with few occurrences have poor vectors.',
  });
}
