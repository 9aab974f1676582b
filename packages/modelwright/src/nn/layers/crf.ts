import { formatShape } from '../../graph/shape.js';
import { spread } from '../../primitives/define.js';
import { concat, reshape } from '../../primitives/index.js';
import { requireFloats, requireWhole } from '../checks.js';
import { initializers } from '../initializers.js';
import type { Layer } from '../layer.js';
import { defineLayer } from '../registry.js';
import { packChain } from '../sequences/linearChain.js';

const small = initializers.uniform({ low: -0.1, high: 0.1 });

const make = defineLayer<{ readonly tags: number }>({
  type: 'crf',
  call(context, { tags }, emissions) {
    requireFloats(emissions!);
    if (emissions!.rank !== 3 || emissions!.shape[2] !== tags) {
      throw new TypeError(
        `expected scores of tags, [batch, time, ${tags}], but got ${formatShape(emissions!.shape)}. Put dense(${tags}) in front.`,
      );
    }
    const transitions = context.parameter('transitions', [tags, tags], small);
    const [starts, ends] = ['starts', 'ends'].map((name) => context.parameter(name, [tags], small));
    const boundary = concat([transitions, ...[starts!, ends!].map((row) => reshape(row, [1, tags]))], 0);
    return packChain(emissions!, boundary);
  },
  samples: () => [
    { name: 'crf', config: { tags: 3 }, inputs: [spread([2, 4, 3])] },
    { name: 'crf one position', config: { tags: 2 }, inputs: [spread([3, 1, 2])] },
  ],
});

/**
 * The end of a network that tags sequences: a linear-chain conditional random field (Lafferty et al., 2001; Lample et al., 2016).
 *
 * A sequence of tags y scores starts[y_1] + sum over t of x[t, y_t] + sum over t of transitions[y_t-1, y_t] + ends[y_last].
 * Input: what each position says of each tag, [batch, time, tags]. Output: all scores in one tensor, [batch, tags + 2 + time, tags],
 * rows of transitions, starts and ends first, as the loss `crfLoss` and `viterbi` take it. Parameters: transitions [tag before, tag],
 * starts [tags], ends [tags], uniform in ±0.1.
 * @throws RangeError unless tags is a whole number of at least 1
 */
export function crf(tags: number): Layer {
  requireWhole('crf', 'tags', tags);
  return make({ tags });
}
