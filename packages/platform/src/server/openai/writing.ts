import { randomInt, randomUUID } from 'node:crypto';
import { noteTokens } from '../../watching/index.js';
import { eventStream } from '../eventStream.js';
import { type ModelApp, type ModelContext, route, type ServerContext, withDeadline } from '../routes.js';
import type { Abilities, Writing, WritingOptions } from '../tasks/abilities.js';
import type { AnswerContext } from '../tasks/task.js';
import { modelFor } from './asking.js';
import { Body } from './body.js';
import { openAiFault } from './faults.js';
import { chat, completions, type WritingForm } from './writingForms.js';

/** `POST /v1/completions` and `/v1/chat/completions`: texts, whole or as server-sent events. */
export function addWriting(app: ModelApp, server: ServerContext): void {
  route(app, 'POST', '/v1/completions', (c) => respond(c, server, completions));
  route(app, 'POST', '/v1/chat/completions', (c) => respond(c, server, chat));
}

/** One of the texts that are to be written. */
interface Wanted {
  readonly index: number;
  /** Whether it is the first of its prompt, whose tokens are counted. */
  readonly first: boolean;
  readonly seed: number;
  readonly begin: (can: Abilities, options: WritingOptions) => Writing;
  /** What goes before it. */
  readonly before: string;
}

interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
}

async function respond(c: ModelContext, server: ServerContext, form: WritingForm): Promise<Response> {
  const body = await Body.read(c);
  const model = await modelFor(c, body.get('model'), form.ability);
  body.refuse({ ...neverHeeded, ...form.refused });
  const stream = body.flag('stream');
  const settings = settingsOf(body, form);
  const wanted = wantedOf(body, form);
  const head = {
    id: `${form.id}-${randomUUID()}`,
    object: stream ? form.pieceObject : form.object,
    created: Math.floor(Date.now() / 1000),
    model: model.name,
    system_fingerprint: `${model.name}@${model.version}`,
  };
  if (!stream) {
    const choices = wanted.map(({ index, before }) => ({ index, text: before, reason: 'length' }));
    const send = (): void => undefined;
    const usage = await withDeadline(server, c.req.raw, (signal) =>
      model.use(
        (can, context) =>
          writeAll(wanted, can, { ...settings, signal: context.signal }, (index, piece, reason) => {
            const choice = choices[index]!;
            choice.text += piece;
            if (reason) choice.reason = reason;
          }),
        { signal, send },
      ),
    );
    return c.json({
      ...head,
      choices: choices.map(({ index, text, reason }) => ({
        index,
        ...form.whole(text),
        logprobs: null,
        finish_reason: reason,
      })),
      usage,
    });
  }
  const withUsage = wantsUsage(body);
  const answer = async (can: Abilities, { signal, send }: AnswerContext): Promise<object> => {
    const begun = new Set<number>();
    const tell = (index: number, part: object, reason: string | null): void =>
      send({
        ...head,
        choices: [{ index, ...part, logprobs: null, finish_reason: reason }],
        ...(withUsage && { usage: null }),
      });
    const usage = await writeAll(wanted, can, { ...settings, signal }, (index, piece, reason) => {
      if (!begun.has(index)) {
        begun.add(index);
        if (form.first) tell(index, form.first, null);
        const { before } = wanted[index]!;
        if (before !== '') tell(index, form.piece(before), null);
      }
      if (piece !== '') tell(index, form.piece(piece), null);
      if (reason) tell(index, form.last, reason);
    });
    if (withUsage) send({ ...head, choices: [], usage: { ...usage } });
    return {};
  };
  return eventStream(server, c.req.raw, (context) => model.use(answer, context), {
    done: '[DONE]',
    fault: openAiFault,
  });
}

/** Fields that would change the answer, and their values that do not. */
const neverHeeded: Readonly<Record<string, readonly unknown[]>> = {
  frequency_penalty: [0],
  presence_penalty: [0],
  logit_bias: [],
};

function settingsOf(body: Body, form: WritingForm): Omit<WritingOptions, 'signal'> {
  const maximumLength =
    body.wholeNumber('max_completion_tokens', 1, 100_000) ?? body.wholeNumber('max_tokens', 1, 100_000);
  return {
    maximumLength: maximumLength ?? form.maximumLength,
    temperature: body.number('temperature', 0, 2),
    topP: body.number('top_p', 1e-6, 1),
    stop: body.get('stop') === undefined ? [] : body.texts('stop', 4),
  };
}

function wantedOf(body: Body, form: WritingForm): Wanted[] {
  const prompts = form.prompts(body);
  const each = body.wholeNumber('n', 1, 16) ?? 1;
  const seed = body.wholeNumber('seed', 0, 2 ** 32 - 1) ?? randomInt(2 ** 32);
  return prompts.flatMap((prompt, p) =>
    Array.from({ length: each }, (_, i) => ({
      index: p * each + i,
      first: i === 0,
      seed: (seed + i) % 2 ** 32,
      ...prompt,
    })),
  );
}

/** Writes texts one after another. @param tell is told of each piece, and of each end with its reason */
async function writeAll(
  wanted: readonly Wanted[],
  can: Abilities,
  settings: WritingOptions,
  tell: (index: number, piece: string, reason?: string) => void,
): Promise<Usage> {
  const usage: Usage = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };
  for (const { index, first, seed, begin } of wanted) {
    const writing = begin(can, { ...settings, seed });
    let step = await writing.next();
    for (; !step.done; step = await writing.next()) tell(index, step.value);
    const { reason, promptTokens, tokens } = step.value;
    tell(index, '', reason);
    if (first) usage.prompt_tokens += promptTokens;
    usage.completion_tokens += tokens;
  }
  usage.total_tokens = usage.prompt_tokens + usage.completion_tokens;
  noteTokens(usage.total_tokens);
  return usage;
}

function wantsUsage(body: Body): boolean {
  const options = body.get('stream_options');
  return (
    typeof options === 'object' &&
    options !== null &&
    'include_usage' in options &&
    options.include_usage === true
  );
}
