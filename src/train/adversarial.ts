/** Hinge losses of a discriminator (Lim & Ye, arXiv 1705.02894), as LlamaGen trains its tokenizer. */
import { ops, type Tensor } from "../engine/index.ts";

const { add, mean, mul, neg, relu } = ops;

/** What the discriminator minimises: real scores above 1, others below −1. */
export function discriminatorHinge(real: Tensor, fake: Tensor): Tensor {
  const wrongReal = mean(relu(add(neg(real), 1)));
  const wrongFake = mean(relu(add(fake, 1)));
  return mul(add(wrongReal, wrongFake), 0.5);
}

/** What the tokenizer adds to its loss: reconstructions that score high. */
export function generatorHinge(fake: Tensor): Tensor {
  return neg(mean(fake));
}
