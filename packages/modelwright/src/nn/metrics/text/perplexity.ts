/**
 * How many tokens a model as unsure would choose among: exp(negative log-likelihood / tokens).
 * @param negativeLogLikelihood of all tokens together, in nats: their cross entropies added up
 */
export function perplexity(negativeLogLikelihood: number, tokens: number): number {
  return Math.exp(negativeLogLikelihood / tokens);
}

/**
 * How many bits a character of the text costs: negative log-likelihood / (characters ln 2). Unlike perplexity it can be compared
 * between tokenizers.
 * @param negativeLogLikelihood of all tokens together, in nats
 */
export function bitsPerCharacter(negativeLogLikelihood: number, characters: number): number {
  return negativeLogLikelihood / (characters * Math.LN2);
}
