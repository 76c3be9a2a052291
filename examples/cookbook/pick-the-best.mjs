/** Many drawn, the few kept that look most like what was asked for, by the model's own likelihood against other classes. */
import { encodePng, planarToRgb } from "flexvar";

/** @param pipe an open FlexVAR pipeline @returns {Promise<{ png: Uint8Array, margin: number }[]>} best first */
export async function pickTheBest(pipe, label, { others, of = 6, keep = 2, seed = 1 }) {
  const classIds = [label, ...others].map((name) => pipe.config.id2label.indexOf(name));
  const scored = [];
  for await (const step of pipe.generate({ classLabels: [label], count: of, seed })) {
    if (!step.isLast) continue;
    const all = await step.image();
    for (let i = 0; i < all.batch; i++) {
      const picture = planarToRgb(all, i);
      const scores = await pipe.score({ image: picture, classIds });
      const likelihoodOf = (id) => scores.find(({ classId }) => classId === id).logLikelihood;
      const [own, ...rest] = classIds.map(likelihoodOf);
      scored.push({ png: encodePng(picture), margin: own - Math.max(...rest) });
    }
  }
  return scored.sort((a, b) => b.margin - a.margin).slice(0, keep);
}
