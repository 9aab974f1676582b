// A small data set that is made, not downloaded: what people say of films, in English and Chinese.
import type { LabelledText } from '../../data/text/index.js';
import { Random } from '../../graph/random.js';

interface Phrases {
  readonly subjects: readonly string[];
  readonly adverbs: readonly string[];
  readonly positive: readonly string[];
  readonly negative: readonly string[];
  /** A sentence about a subject, an adverb and a judgement. */
  readonly frames: readonly ((subject: string, adverb: string, judgement: string) => string)[];
  /** The same, meaning the opposite. */
  readonly denials: readonly ((subject: string, judgement: string) => string)[];
}

const english: Phrases = {
  subjects: [
    'the film',
    'the plot',
    'the acting',
    'the ending',
    'the music',
    'the dialogue',
    'this story',
    'the camera work',
  ],
  adverbs: ['really', 'quite', 'truly', 'often', 'simply', 'rather', 'so'],
  positive: ['wonderful', 'moving', 'funny', 'brilliant', 'fresh', 'gripping', 'charming', 'clever'],
  negative: ['dull', 'boring', 'messy', 'predictable', 'awful', 'tired', 'clumsy', 'shallow'],
  frames: [
    (subject, adverb, judgement) => `${subject} is ${adverb} ${judgement}.`,
    (subject, adverb, judgement) => `I found that ${subject} was ${adverb} ${judgement}!`,
    (subject, adverb, judgement) => `${adverb} ${judgement}, ${subject} stays with me.`,
  ],
  denials: [
    (subject, judgement) => `${subject} is never ${judgement}.`,
    (subject, judgement) => `nobody could call ${subject} ${judgement}.`,
  ],
};

const chinese: Phrases = {
  subjects: ['这部电影', '剧情', '演技', '结局', '配乐', '台词', '这个故事', '画面'],
  adverbs: ['真的', '非常', '特别', '实在', '相当', '十分'],
  positive: ['精彩', '感人', '有趣', '出色', '新颖', '动人', '迷人', '巧妙'],
  negative: ['无聊', '乏味', '混乱', '老套', '糟糕', '沉闷', '生硬', '肤浅'],
  frames: [
    (subject, adverb, judgement) => `${subject}${adverb}${judgement}。`,
    (subject, adverb, judgement) => `我觉得${subject}${adverb}${judgement}！`,
    (subject, adverb, judgement) => `看完了，${subject}${adverb}${judgement}。`,
  ],
  denials: [
    (subject, judgement) => `${subject}一点也不${judgement}。`,
    (subject, judgement) => `没有人会说${subject}${judgement}。`,
  ],
};

/**
 * Reviews of films with the label `positive` or `negative`, half of them in Chinese. One in five says it by denying the opposite.
 * The same seed gives the same reviews.
 */
export function generateReviews(count: number, seed = 0): LabelledText[] {
  return Array.from({ length: count }, (_, i) => {
    const random = new Random(seed, i);
    const phrases = random.chance(0.5) ? english : chinese;
    const positive = i % 2 === 0;
    const denied = random.chance(0.2);
    const judgement = random.choice(positive === denied ? phrases.negative : phrases.positive);
    const subject = random.choice(phrases.subjects);
    const text = denied
      ? random.choice(phrases.denials)(subject, judgement)
      : random.choice(phrases.frames)(subject, random.choice(phrases.adverbs), judgement);
    return { text, label: positive ? 'positive' : 'negative', file: 'reviews', line: i + 1 };
  });
}
