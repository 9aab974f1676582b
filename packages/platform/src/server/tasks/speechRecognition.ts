import { type AudioClip, decodeAudio, PcmReader } from 'modelwright/data';
import type { ModelConfig } from 'modelwright/saved';
import { type SpeechDecodingOptions, SpeechRecognizer } from 'modelwright/tasks';
import { badRequest } from '../errors.js';
import { fileBytes, numberIn, soundFile } from '../reading.js';
import type { ServedTask } from './task.js';

/** The longest sound of a request, in seconds. */
const mostSeconds = 600;

/** Beams and the weight of the language model, as the address asks for them. @throws ServiceError 400 */
function decodingOf(query: (name: string) => string | undefined): SpeechDecodingOptions {
  return {
    beams: numberIn(query, 'beams', { low: 1, high: 256, whole: true }),
    languageWeight: numberIn(query, 'languageWeight', { low: 0, high: 100 }),
  };
}

/** The sound in a file, as a model takes it. @throws ServiceError 400 when it is none, is damaged or too long */
function clipOf(bytes: Uint8Array, { preprocessing }: ModelConfig): Promise<AudioClip> {
  const options = { sampleRate: Number(preprocessing?.sampleRate), maximumSeconds: mostSeconds };
  return decodeAudio(bytes, options).catch((error: Error) => {
    throw badRequest(error.message);
  });
}

/** A sound, as the body or the first file of a form, or as it arrives: what is said in it, and when. */
export const speechRecognition: ServedTask<SpeechRecognizer> = {
  input: 'sound',
  open: ({ directory, runtime, threads }) => SpeechRecognizer.open(directory, { runtime, threads }),
  release: (recognizer) => recognizer.release(),
  async read(c, config) {
    const options = decodingOf((name) => c.req.query(name));
    const clip = await clipOf(await fileBytes(c, soundFile), config);
    return { answer: (recognizer) => recognizer.recognize(clip, options) };
  },
  abilities: (recognizer, config) => ({
    transcribe: async (sound) => recognizer.recognize(await clipOf(sound, config)),
  }),
  canStream: ({ preprocessing }) => preprocessing?.streams === true,
  async stream(recognizer, query) {
    const sampleRate = numberIn(query, 'sampleRate', { low: 1000, high: 384_000, whole: true });
    const stream = await recognizer.stream({ sampleRate, ...decodingOf(query) });
    const reader = new PcmReader();
    return {
      write: async (bytes) => ({ text: await stream.write(reader.push(bytes)) }),
      end: () => stream.end(),
    };
  },
};
