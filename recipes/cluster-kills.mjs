// node recipes/cluster-kills.mjs [--jobs 200] [--workers 3] [--fronts 2] [--worker-kills 30] [--front-kills 5] [--nats-kills 3] [--poison 2]
// [--seed 1]: jobs of many kinds through a cluster while its processes are killed with SIGKILL at random and started again. Every job must end
// once, with the bytes of the single process; those that are poison (their pictures end the process that draws) with an error, and they alone
// lie among the dead letters. Ends with 1 where that is not so.
import { runKills } from "./lib/cluster-kills.mjs";
import { readFlags } from "./lib/flags.mjs";

const { values: flags } = readFlags({
  jobs: "200",
  workers: "3",
  fronts: "2",
  "worker-kills": "30",
  "front-kills": "5",
  "nats-kills": "3",
  poison: "2",
  seed: "1",
});
const number = (name) => Number(flags[name]);
const poison = number("poison");
const { seconds, killed, good, wrong, poisoned, dead } = await runKills(
  {
    jobs: number("jobs"),
    workers: number("workers"),
    fronts: number("fronts"),
    workerKills: number("worker-kills"),
    frontKills: number("front-kills"),
    natsKills: number("nats-kills"),
    poison,
    seed: number("seed"),
  },
  console.error,
);
console.log(
  `${good + poison} jobs in ${seconds.toFixed(0)} s; killed: ${killed[0]} workers, ${killed[1]} front ends, ${killed[2]} times the NATS server`,
);
console.log(
  `${good - wrong.length} of ${good} equal to the single process's, ${poisoned} of ${poison} poisonous ones failed as such`,
);
console.log(`dead letters: ${dead.length}, of them poison ${dead.filter(({ isPoison }) => isPoison).length}`);
for (const { id, status, error } of wrong.slice(0, 5)) console.log(id, status, error?.message ?? "");
const isRight =
  wrong.length === 0 && poisoned === poison && dead.length === poison && dead.every(({ isPoison }) => isPoison);
process.exit(isRight ? 0 : 1);
