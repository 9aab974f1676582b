/** Told what a served model does. */
export interface ModelWatch {
  /** A request waits for the model. @returns to be called when it waits no more; further calls count for nothing */
  waiting(): () => void;
  /** The model was run once, for so many requests' worth of work. @param seconds that it took */
  executed(batch: number, seconds: number): void;
  /** Text began to appear so many seconds after the request came. */
  firstToken(seconds: number): void;
  /** Text went on so many seconds after its last piece. */
  nextToken(seconds: number): void;
}

const nothing = (): void => undefined;

/** Takes no notice. */
export const unwatched: ModelWatch = {
  waiting: () => nothing,
  executed: nothing,
  firstToken: nothing,
  nextToken: nothing,
};
