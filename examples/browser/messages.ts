/** What the page asks of the worker. */
export type Request =
  | { readonly kind: 'train'; readonly device: 'cpu' | 'webgpu' }
  | { readonly kind: 'stop' }
  | { readonly kind: 'classify'; readonly pixels: Uint8Array<ArrayBuffer> };

/** What the worker tells the page. */
export type Report =
  | {
      readonly kind: 'step';
      readonly step: number;
      readonly steps: number;
      readonly loss: number;
      readonly accuracy: number;
    }
  | { readonly kind: 'trained'; readonly loss: number; readonly accuracy: number; readonly seconds: number }
  | { readonly kind: 'classified'; readonly probabilities: readonly number[] }
  | { readonly kind: 'failed'; readonly message: string };
