/**
 * Messages to a thread or a process: those that are put in here in one go travel together, as each journey wakes the other side. One that
 * cannot be sent, such as an array whose memory was given away, keeps no other from it.
 */
export class Outbox<Message> {
  readonly #send: (messages: readonly Message[]) => void;
  readonly #refuse: (message: Message, error: Error) => void;
  readonly #messages: Message[] = [];

  /** @param refuse told of a message that cannot be sent */
  constructor(
    send: (messages: readonly Message[]) => void,
    refuse: (message: Message, error: Error) => void,
  ) {
    this.#send = send;
    this.#refuse = refuse;
  }

  put(message: Message): void {
    if (this.#messages.push(message) === 1) queueMicrotask(() => this.#flush(this.#messages.splice(0)));
  }

  /** Throws away what was not sent yet. */
  clear(): void {
    this.#messages.length = 0;
  }

  #flush(messages: readonly Message[]): void {
    if (messages.length === 0) return;
    try {
      this.#send(messages);
    } catch (error) {
      if (messages.length > 1) for (const message of messages) this.#flush([message]);
      else this.#refuse(messages[0]!, error as Error);
    }
  }
}
