import type { Tokenizer } from '../../data/text/index.js';
import { specialIds } from '../../data/text/vocabulary.js';
import { codeBlock, inlineCode } from '../../report/modelCard/markdown.js';
import { TextGenerator, type TextGeneratorParts } from './generator.js';

/** What a model made of a prompt. */
export interface Sample {
  readonly prompt: string;
  readonly text: string;
}

const sampleCount = 3;
const sampleLength = 200;
const promptLength = 8;

/** Beginnings of lines here and there in a text, of characters that the tokenizer knows. */
export function samplePrompts(text: string, tokenizer: Tokenizer): string[] {
  const prompts = text
    .split('\n')
    .map((line) => Array.from(line).slice(0, promptLength).join('').trim())
    .filter((prompt) => prompt !== '');
  const places = Array.from({ length: sampleCount }, (_, i) =>
    Math.floor((i * prompts.length) / sampleCount),
  );
  const found = places.map((place) =>
    prompts.slice(place).find((prompt) => !tokenizer.encode(prompt).includes(specialIds.unknown)),
  );
  return [...new Set(found.filter((prompt) => prompt !== undefined))];
}

/** Goes on with each prompt. */
export async function samplesOf(parts: TextGeneratorParts, prompts: readonly string[]): Promise<Sample[]> {
  const generator = await TextGenerator.open(parts);
  const samples: Sample[] = [];
  try {
    for (const [seed, prompt] of prompts.entries()) {
      let text = '';
      const options = { seed, maximumLength: sampleLength, truncate: true };
      for await (const piece of generator.generate(prompt, options)) text += piece;
      samples.push({ prompt, text });
    }
  } finally {
    await generator.release();
  }
  return samples;
}

/** Samples for a model card, in Markdown. */
export function samplesText(samples: readonly Sample[]): string {
  const shown = samples.map(
    ({ prompt, text }) => `From ${inlineCode(prompt)} on:\n\n${codeBlock('text', `${prompt}${text}`)}`,
  );
  return ['What it makes, at a temperature of 0.8:', ...shown].join('\n\n');
}
