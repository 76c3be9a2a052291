// Why two runs of one seed drew another token: how near its random number was to a boundary.

/**
 * @param ours, theirs events of one scale with the same tokens before it: `logits` [l, V], `tokens` [l]
 * @param place `at` of the token in the scale, `drawn` tokens of the picture before it, `filter` options, whether `greedy`
 * @param sampling the library's `imageStream` and `RowSampler`
 * @returns both tokens, what decided, and the distance from the boundary as a share of the row's probability
 */
export function firstDifference(ours, theirs, place, { imageStream, RowSampler }) {
  const { seed, classId, drawn, at, filter, greedy } = place;
  const tokens = [ours.tokens[at], theirs.tokens[at]];
  const V = ours.logits.length / ours.tokens.length;
  if (greedy) return { tokens, by: "a tie", distance: greedyGap(ours.logits.subarray(at * V, (at + 1) * V), tokens) };
  const sampler = new RowSampler(V);
  const row = (event, options) => {
    const { ids, weights, total } = sampler.filter(event.logits, at * V, options);
    return { ids: Array.from(ids), weights: Array.from(weights), total };
  };
  const [mine, other] = [row(ours, filter), row(theirs, filter)];
  if (mine.ids.join() === other.ids.join()) {
    const u = uniformAfter(imageStream(seed, classId, 0), drawn);
    return { tokens, by: "a draw's boundary", distance: boundaryDistance(mine, u) };
  }
  // The rows keep other tokens: the edge of top-p (or of top-k, where top-p keeps the same) is what both are near to.
  const whole = row(ours, { ...filter, topP: 0 });
  return { tokens, by: "the edge of what is kept", distance: edgeDistance(whole, mine, filter.topP) };
}

function uniformAfter(random, drawn) {
  for (let i = 0; i < drawn; i++) random.uniform();
  return random.uniform();
}

/** From `u` to the nearest place where one token's share of [0, 1) ends and the next one's begins. */
export function boundaryDistance({ weights, total }, u) {
  let sum = 0;
  let nearest = Infinity;
  for (const weight of weights.slice(0, -1)) {
    sum += weight;
    nearest = Math.min(nearest, Math.abs(u - sum / total));
  }
  return nearest;
}

/** From the share that top-p cut away, or would have with the least token kept, to the share that it may cut. */
export function edgeDistance(whole, kept, topP) {
  const cut = 1 - kept.total / whole.total;
  const least = Math.min(...kept.weights) / whole.total;
  return Math.min(Math.abs(cut - (1 - topP)), Math.abs(cut + least - (1 - topP)));
}

function greedyGap(row, tokens) {
  return Math.abs(row[tokens[0]] - row[tokens[1]]);
}
