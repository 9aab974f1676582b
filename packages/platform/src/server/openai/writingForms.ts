import type { Abilities, ChatMessage, Writing, WritingOptions } from '../tasks/abilities.js';
import { ability } from './asking.js';
import type { Body } from './body.js';
import { textOfParts } from './moderations.js';

/** A prompt that texts are written to. */
export interface Prompt {
  readonly begin: (can: Abilities, options: WritingOptions) => Writing;
  /** What goes before the text that is written. */
  readonly before: string;
}

/** How one of the two kinds of completions speaks. */
export interface WritingForm {
  readonly ability: 'complete' | 'chat';
  /** How ids begin. */
  readonly id: string;
  /** What an answer and what a piece of one is called. */
  readonly object: string;
  readonly pieceObject: string;
  /** The most tokens where a request does not say; undefined leaves it to the task. */
  readonly maximumLength?: number;
  /** Fields that would change the answer, and their values that do not. */
  readonly refused: Readonly<Record<string, readonly unknown[]>>;
  prompts(body: Body): Prompt[];
  /** A choice with its whole text, and one with a piece. */
  whole(text: string): object;
  piece(text: string): object;
  /** Sent before the first piece of a choice. */
  readonly first?: object;
  /** Sent at the end of a choice. */
  readonly last: object;
}

/** The most prompts of a request. */
const mostPrompts = 64;

/** A text goes on. */
export const completions: WritingForm = {
  ability: 'complete',
  id: 'cmpl',
  object: 'text_completion',
  pieceObject: 'text_completion',
  maximumLength: 16,
  refused: { suffix: [''], logprobs: [], best_of: [1] },
  prompts(body) {
    const echo = body.flag('echo');
    return body.texts('prompt', mostPrompts).map((prompt) => ({
      begin: (can, options) => ability(can, 'complete')(prompt, options),
      before: echo ? prompt : '',
    }));
  },
  whole: (text) => ({ text }),
  piece: (text) => ({ text }),
  last: { text: '' },
};

/** Messages are answered. */
export const chat: WritingForm = {
  ability: 'chat',
  id: 'chatcmpl',
  object: 'chat.completion',
  pieceObject: 'chat.completion.chunk',
  refused: {
    logprobs: [false],
    top_logprobs: [0],
    tools: [],
    tool_choice: ['none', 'auto'],
    functions: [],
    response_format: [],
    modalities: [],
    audio: [],
  },
  prompts(body) {
    const messages = messagesOf(body);
    return [{ begin: (can, options) => ability(can, 'chat')(messages, options), before: '' }];
  },
  whole: (content) => ({ message: { role: 'assistant', content, refusal: null } }),
  piece: (content) => ({ delta: { content } }),
  first: { delta: { role: 'assistant', content: '' } },
  last: { delta: {} },
};

function messagesOf(body: Body): ChatMessage[] {
  const wrong = () => body.wrong('messages', 'a list of messages such as {"role": "user", "content": "..."}');
  const value = body.get('messages');
  if (!Array.isArray(value) || value.length === 0) throw wrong();
  return value.map((message: unknown): ChatMessage => {
    if (typeof message !== 'object' || message === null) throw wrong();
    const { role, content } = message as { readonly role?: unknown; readonly content?: unknown };
    if (typeof role !== 'string') throw wrong();
    if (Array.isArray(content)) return { role, content: textOfParts(content, wrong) };
    if (typeof content !== 'string') throw wrong();
    return { role, content };
  });
}
