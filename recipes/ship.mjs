// node recipes/ship.mjs RUN/model CARD.md models/NAME: stores a trained model in half precision with its card.
import { readFile } from "node:fs/promises";
import { storeHalf } from "../dist/index.js";
import { refuse } from "./lib/flags.mjs";

const [from, card, to] = process.argv.slice(2);
if (to === undefined) refuse("ship: expected RUN/model CARD.md models/NAME");
await storeHalf(from, to, await readFile(card, "utf8"));
console.log(`wrote ${to}`);
