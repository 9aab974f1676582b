import type { Outcome } from './output.js';
import { goOn, type Model, predict } from './server.js';
import { type TextName, text } from './texts.js';

const find = <E extends HTMLElement = HTMLElement>(id: string): E => document.getElementById(id) as E;

/** What is asked for, by what a model takes. */
const hints = { text: 'write', prompt: 'begin', word: 'word' } as const satisfies Record<string, TextName>;

/** Asks a model about a text, or has it go on with one. */
export class TextInput {
  readonly #area = find<HTMLTextAreaElement>('writing');
  readonly #send = find<HTMLButtonElement>('send');
  readonly #onOutcome: (outcome: Outcome) => void;
  /** Ends the question that is under way. */
  #asking: AbortController | undefined;

  /** @param onOutcome called when there is something new to show */
  constructor(model: () => Model | undefined, onOutcome: (outcome: Outcome) => void) {
    this.#onOutcome = onOutcome;
    const ask = (): void => {
      const asked = model();
      if (this.#asking) this.#asking.abort();
      else if (asked) this.#ask(asked, this.#area.value);
    };
    this.#send.addEventListener('click', ask);
    this.#area.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.isComposing || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      ask();
    });
  }

  clear(): void {
    this.#asking?.abort();
    this.#asking = undefined;
    this.#area.value = '';
  }

  /** Writes its texts. */
  render({ input }: Model): void {
    find('hint').textContent = text(hints[input as keyof typeof hints]);
    this.#area.ariaLabel = text('writing');
    this.#area.rows = input === 'word' ? 1 : 8;
    this.#send.textContent = text(this.#asking ? 'stop' : input === 'prompt' ? 'goOn' : 'ask');
  }

  async #ask(model: Model, asked: string): Promise<void> {
    const asking = new AbortController();
    this.#asking = asking;
    let made = asked;
    const tell = (outcome: Outcome): void => {
      if (this.#asking === asking) this.#onOutcome(outcome);
    };
    const onPiece = (piece: string): void => {
      made += piece;
      tell({ text: made });
    };
    tell({});
    const isMade = model.input === 'prompt';
    const question = isMade ? goOn(model, asked, onPiece, asking.signal) : predict(model, asked);
    const outcome = await question.then(
      (answer): Outcome => {
        const shown = isMade || answer.entities ? made : answer.translation;
        return { answer, ...(shown !== undefined && { text: shown }) };
      },
      (error: Error): Outcome => (asking.signal.aborted ? { text: made } : { fault: error.message }),
    );
    if (this.#asking !== asking) return;
    this.#asking = undefined;
    this.#onOutcome(outcome);
  }
}
