// Why two runs of one seed drew another token: how near the draw was to the other one.

/**
 * @param ours, theirs events of one scale with the same tokens before it: `logits` [l, V], `tokens` [l]
 * @param place `at` of the token in the scale, `drawn` tokens of the picture before it, `filter` options, whether `greedy`
 * @param sampling the library's `imageStream`, `RowSampler` and `raceTime`
 * @returns both tokens, what decided, and the distance: of the two in logits over temperature, or at an edge as a share of probability
 */
export function firstDifference(ours, theirs, place, { imageStream, RowSampler, raceTime }) {
  const { seed, classId, drawn, at, filter, greedy } = place;
  const tokens = [ours.tokens[at], theirs.tokens[at]];
  const V = ours.logits.length / ours.tokens.length;
  if (greedy) {
    const [a, b] = tokens.map((token) => ours.logits[at * V + token]);
    return { tokens, by: "a tie", distance: Math.abs(a - b) };
  }
  const sampler = new RowSampler(V);
  const row = (event, options) => {
    const { ids, weights, total } = sampler.filter(event.logits, at * V, options);
    return { ids: Array.from(ids), weights: Array.from(weights), total };
  };
  const [mine, other] = [row(ours, filter), row(theirs, filter)];
  if (tokens.every((token) => mine.ids.includes(token) && other.ids.includes(token))) {
    const u = uniformAfter(imageStream(seed, classId, 0), drawn);
    const [a, b] = tokens.map((token) => Math.log(raceTime(u, token, mine.weights[mine.ids.indexOf(token)])));
    return { tokens, by: "a draw", distance: Math.abs(a - b) };
  }
  // One of the two is kept by one side only: the edge of top-p (or of top-k, where top-p keeps the same) is what both are near to.
  const whole = row(ours, { ...filter, topP: 0 });
  return { tokens, by: "the edge of what is kept", distance: edgeDistance(whole, mine, filter.topP) };
}

function uniformAfter(random, drawn) {
  for (let i = 0; i < drawn; i++) random.uniform();
  return random.uniform();
}

/** From the share that top-p cut away, or would have with the least token kept, to the share that it may cut. */
export function edgeDistance(whole, kept, topP) {
  const cut = 1 - kept.total / whole.total;
  const least = Math.min(...kept.weights) / whole.total;
  return Math.min(Math.abs(cut - (1 - topP)), Math.abs(cut + least - (1 - topP)));
}
