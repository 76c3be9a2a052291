// What lies among a cluster's dead letters, read without flexvar's own code.
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";

/** @param {string} url */
export async function deadLetters(url) {
  const connection = await connect({ servers: url });
  const manager = await jetstreamManager(connection);
  const { state } = await manager.streams.info("FLEXVAR_DEAD");
  const letters = [];
  for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
    const message = await manager.streams.getMessage("FLEXVAR_DEAD", { seq });
    if (message === null) continue;
    // A job's picture, or a set's shard.
    const { id, set, number, fields, input } = message.json();
    letters.push({
      id: id ?? set,
      number,
      seed: (fields ?? input).seed,
      reason: decodeURIComponent(message.header.get("Flexvar-Reason")),
    });
  }
  await connection.close();
  return letters;
}
