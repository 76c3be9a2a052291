import { useState } from "react";
import { enter } from "../state/actions.ts";
import { Button } from "./controls.tsx";
import { Mark } from "./icons.tsx";

/** Asks for the token that the server asks for. */
export function TokenForm({ text }: { text: string }) {
  const [token, setToken] = useState("");
  return (
    <form
      className="problem"
      aria-label="The server's token"
      onSubmit={(event) => {
        event.preventDefault();
        void enter(token.trim());
      }}
    >
      <Mark size={40} />
      <h2>A token, please</h2>
      <p role="alert">{text} Whoever started the server knows it; it stays in this tab only.</p>
      <label htmlFor="token">Token</label>
      <div className="row">
        <input
          id="token"
          className="input grow"
          type="password"
          autoComplete="off"
          value={token}
          onChange={(event) => setToken(event.target.value)}
        />
        <Button type="submit" kind="primary" disabled={token.trim() === ""}>
          Go on
        </Button>
      </div>
    </form>
  );
}
