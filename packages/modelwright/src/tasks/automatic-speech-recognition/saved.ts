import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NgramModel } from '../../data/text/index.js';
import { frontOptions } from '../../nn/networks/index.js';
import type { ModelConfig } from '../../saved/config.js';
import { readModelFolder } from '../../saved/folder.js';
import { load } from '../../train/save.js';
import type { TrainedModel } from '../../train/trained.js';
import { Alphabet } from './alphabet.js';
import { SpeechFraming } from './framing.js';

export const taskName = 'automatic-speech-recognition';
export const languageFile = 'language-model.arpa';
export const streamFile = 'onnx/stream.onnx';

/** A saved recogniser with what it needs beside its network. */
export interface SavedSpeechModel {
  readonly trained: TrainedModel;
  readonly alphabet: Alphabet;
  readonly framing: SpeechFraming;
  readonly language: NgramModel | undefined;
  /** How the training read its data. */
  readonly source: {
    readonly pattern?: string;
    readonly holdOut?: string;
    readonly strings?: readonly [number, number];
  };
}

/**
 * Reads a saved recogniser of speech.
 * @throws Error when the model is for something else, or a file is missing or damaged
 */
export async function readSpeechModel(directory: string): Promise<SavedSpeechModel> {
  const folder = await readModelFolder(directory);
  const { task, labels, preprocessing } = folder.config as ModelConfig;
  const { units, hasLanguageModel, pattern, holdOut, strings } = preprocessing ?? {};
  if (task !== taskName || !labels || (units !== 'character' && units !== 'word'))
    throw new Error(`${directory} is not a model that recognises speech: it is for ${task}.`);
  const arpa = join(folder.directory, languageFile);
  const language =
    hasLanguageModel === true
      ? NgramModel.fromArpa(
          await readFile(arpa, 'utf8').catch((cause: unknown) => {
            throw new Error(`${directory} has no ${languageFile}. Save or copy the model again.`, { cause });
          }),
          arpa,
        )
      : undefined;
  const trained = await load(directory);
  return {
    trained,
    alphabet: new Alphabet(units, labels.slice(1)),
    framing: new SpeechFraming(frontOptions(trained.model)),
    language,
    source: {
      ...(typeof pattern === 'string' && { pattern }),
      ...(typeof holdOut === 'string' && { holdOut }),
      ...(Array.isArray(strings) && { strings: strings as unknown as readonly [number, number] }),
    },
  };
}
